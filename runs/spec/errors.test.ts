import { describe, expect, it } from 'vitest';
import { loadSpec } from './load.js';
import { SpecError } from './problems.js';

/** What `harrow campaign spec.yaml` says of this text. */
function errorsOf(text: string): string {
  try {
    loadSpec({ input: 'spec.yaml', text });
  } catch (error) {
    if (error instanceof SpecError) return error.message;
    throw error;
  }
  return 'no error';
}

/** The first line of what is said, for specs with one error. */
function errorOf(text: string): string {
  return errorsOf(text).split('\n')[0]!;
}

const STREAMS =
  'workload: { type: streams }\ntopics: { in: {}, log: { settings: { cleanup.policy: compact } }, out: {} }';
const PIPELINE = 'workload: { type: pipeline }\ntopics: { in: {}, out: {} }';

describe('errors in a spec', () => {
  it('are said all at once, each at its place, with the nearest right name', () => {
    const text = `name: payments
kafka: "3.9"
cluster:
  brokers: 6
  settings:
    unclean.leader.election.enabled: false
topics:
  payments.captured:
    partitions: 6
    replication.factor: 7
producers:
  checkout:
    settings:
      acks: quorum
      enable.idempotence: true
      max.in.flight.requests.per.connection: 10
faults:
  - leader-cutoff
`;
    expect(errorsOf(text)).toBe(
      `
spec.yaml:6:5    unknown broker setting
   6 |     unclean.leader.election.enabled: false
     |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ did you mean unclean.leader.election.enable?
spec.yaml:10:25  replication.factor 7 needs 7 brokers; line 4 gives 6
spec.yaml:14:13  acks: "quorum" is none of all, -1, 0, 1
spec.yaml:16:46  10 in flight with enable.idempotence: true; Kafka's producer would refuse to start (at most 5)
spec.yaml:18:5   unknown fault leader-cutoff; did you mean leader-cut-off?   (all: npx harrow faults)

5 errors. Nothing ran, nothing was written. exit 64`.slice(1),
    );
  });

  it('of a key that is written one level too high say where it belongs', () => {
    expect(errorsOf('control: kraft\n')).toContain('it belongs under cluster');
    const flat =
      'min.insync.replicas: 2\ntopics: { orders: { min.insync.replicas: 2 } }\nproducers: { p: { acks: 1 } }\n';
    const notes = errorsOf(flat)
      .split('\n')
      .filter((line) => line.includes('^'));
    expect(notes.map((line) => line.replace(/.*\^ /, ''))).toEqual([
      "a setting of Kafka's: it belongs under cluster.settings or topic",
      "a setting of Kafka's: it belongs under settings",
      "a setting of Kafka's: it belongs under settings",
    ]);
  });

  it('of YAML itself name the place', () => {
    expect(errorOf('brokers: [1, 2\n')).toMatch(/^spec\.yaml:2:1 +not valid YAML: /);
    expect(errorOf('brokers: 1\nbrokers: 2\n')).toBe('spec.yaml:2:1  not valid YAML: Map keys must be unique');
    expect(errorOf('- a\n- b\n')).toBe('spec.yaml:1:1  a spec is a map of keys (see npx harrow init)');
    expect(errorOf('')).toBe('spec.yaml:1:1  a spec is a map of keys (see npx harrow init)');
  });

  it.each([
    // Structure
    ['brokers: three', 'spec.yaml:1:10  brokers: "three" is not a whole number'],
    ['brokers: 0', 'spec.yaml:1:10  brokers: 0 is below 1'],
    ['brokers: 31', 'spec.yaml:1:10  31 brokers: at most 30 can be simulated'],
    ['brokers: 3\ncluster: { brokers: 3 }', 'spec.yaml:1:1  brokers is given twice: here and in cluster'],
    ['topic: {}\ntopics: {}', 'spec.yaml:1:1  topic is the short form of topics: write one of them'],
    ['workload: { over: 60 }', 'spec.yaml:1:19  over: 60 is no duration like 500ms, 60s or 2m'],
    ['workload: { over: 1d }', 'spec.yaml:1:19  over: "1d" is no duration like 500ms, 60s or 2m'],
    ['profile: calm', 'spec.yaml:1:10  profile: "calm" is none of network, one-at-a-time, within-assumptions, storm'],
    ['faults: leader-killed', 'spec.yaml:1:9  faults: "leader-killed" is not a list of faults'],
    [
      'late-requests: false\nfaults: [response-lost]',
      'spec.yaml:2:10  late-requests: false draws none of these faults: a request can outlive the wait of its client under each',
    ],
    [
      'faults: [{ request-delayed: { request: EndTx } }]',
      'spec.yaml:1:40  there is no request EndTx; did you mean EndTxn?',
    ],
    [
      'faults: [partition-reassigned]',
      'spec.yaml:1:10  partition-reassigned has nowhere to move a replica to: every one of the 3 brokers has a replica of every partition',
    ],
    [
      'brokers: 4\nfaults: [{ partition-reassigned: { replicas: "b2,b3,b7" } }]',
      'spec.yaml:2:46  there is no broker b7: they are b1 to b4',
    ],
    [
      'brokers: 4\nfaults: [{ partition-reassigned: { replicas: [b2, b2, b4] } }]',
      'spec.yaml:2:46  replicas: b2, b2, b4: a broker has one replica of a partition at most',
    ],
    ['faults: [voter-removed]', 'no error'],
    [
      'kafka: "3.7"\nfaults: [voter-removed]',
      'spec.yaml:2:10  voter-removed: Kafka 3.7 has no RemoveRaftVoter (KIP-853, 3.9)',
    ],
    [
      'cluster: { control: zookeeper }\nfaults: [voter-removed]',
      'spec.yaml:2:10  voter-removed: the spec runs ZooKeeper, and the voters are those of a KRaft quorum',
    ],
    [
      'rules: { voter-identity: id }\nfaults: [voter-removed]',
      'spec.yaml:2:10  voter-removed: rule voter-identity: id is kraft.version=0, whose voters never change',
    ],
    [
      'cluster: { control: { controllers: 1 } }\nfaults: [voter-removed]',
      'spec.yaml:2:10  voter-removed: it takes 3 controllers, of whom two go on voting; the spec has 1',
    ],
    ['faults: [{ request-delayed: { nth: { of: 2 } } }]', 'spec.yaml:1:36  nth: is neither a word nor a number'],
    [
      'cluster: { control: { mode: zookeeper }, settings: { process.roles: broker } }',
      'spec.yaml:1:69  process.roles is of KRaft, and the spec runs ZooKeeper',
    ],
    ['late-requests: never', 'spec.yaml:1:16  late-requests: "never" is no true or false'],
    ['topic: { acks: [all] }', 'spec.yaml:1:16  acks: is not a plain value'],
    // Versions and control planes
    ['kafka: "4.1"', 'no error'],
    ['kafka: 3.10', 'no error'],
    ['kafka: "3.5"', 'no error'],
    ['kafka: "3.8"', 'no error'],
    ['kafka: "0.10"', 'no error'],
    [
      'kafka: "0.7"',
      'spec.yaml:1:8  kafka: 0.7 is older than every release that Harrow knows; it runs 0.8.2, 0.10.2, 0.11, 1.1, 2.0, 2.1, 2.5, 2.7, 3.3, 3.5, 3.7, 3.9, 4.0, 4.1',
    ],
    ['kafka: "4.0"', 'no error'],
    ['kafka: "4.0"\ncluster: { control: zookeeper }', 'spec.yaml:2:21  Kafka 4.0 never ran with ZooKeeper'],
    ['kafka: latest', 'spec.yaml:1:8  kafka: "latest" is no version like "3.9"'],
    ['cluster: { control: zookeeper }', 'no error'],
    ['kafka: "3.7"\ncluster: { control: { mode: zookeeper, servers: 5 } }', 'no error'],
    [
      'cluster: { control: { mode: zookeeper, servers: 4 } }',
      'spec.yaml:1:49  4 servers: an ensemble has 1, 3 or 5 in this build',
    ],
    [
      'cluster: { control: { mode: zookeeper, controllers: 3 } }',
      'spec.yaml:1:53  under ZooKeeper a broker is the controller: servers says how large the ensemble is',
    ],
    [
      'cluster: { control: { servers: 3 } }',
      'spec.yaml:1:32  servers are of ZooKeeper, and the spec runs KRaft: controllers says how many decide',
    ],
    ['cluster: { control: { controllers: 7 } }', 'spec.yaml:1:36  7 controllers: a quorum has at most 5'],
    // Settings
    [
      'producer: { acks: 1, enable.idempotence: true }',
      "spec.yaml:1:19  acks 1 with enable.idempotence: true; Kafka's producer would refuse to start (acks=all)",
    ],
    [
      'producer: { retries: 0, enable.idempotence: true }',
      "spec.yaml:1:22  retries 0 with enable.idempotence: true; Kafka's producer would refuse to start (at least 1)",
    ],
    [
      'kafka: "4.1"\nproducer: { partitioner.class: org.apache.kafka.clients.producer.UniformStickyPartitioner }',
      'spec.yaml:2:32  Kafka 4.1.1 has no org.apache.kafka.clients.producer.UniformStickyPartitioner; ' +
        'its producer would refuse to start',
    ],
    [
      'rules: { message-format: 1 }\nproducer: { enable.idempotence: true }',
      'spec.yaml:2:33  an idempotent producer needs message format 2, and rule message-format is 1; set enable.idempotence: false',
    ],
    [
      'kafka: "0.11"\nproducer: { enable.idempotence: true, max.in.flight.requests.per.connection: 5 }',
      "spec.yaml:2:78  5 in flight with enable.idempotence: true; Kafka's producer would refuse to start (at most 1)",
    ],
    [
      'producer: { transactional.id: tx, enable.idempotence: false }',
      "spec.yaml:1:31  transactional.id with enable.idempotence: false; Kafka's producer would refuse to start",
    ],
    [
      'producer: { transactional.id: tx, acks: 1 }',
      "spec.yaml:1:41  acks 1 with enable.idempotence: true; Kafka's producer would refuse to start (acks=all)",
    ],
    [
      'workload: { type: transactions }',
      'spec.yaml:1:19  type: transactions needs a transactional.id, and producer has none',
    ],
    [
      'producer: { delivery.timeout.ms: 1000 }',
      'spec.yaml:1:34  delivery.timeout.ms 1000 is below linger.ms 0 + request.timeout.ms 30000; ' +
        "Kafka's producer would refuse to start",
    ],
    [
      'cluster: { settings: { replica.fetch.wait.max.ms: 40000 } }',
      'spec.yaml:1:51  replica.fetch.wait.max.ms 40000 is above replica.socket.timeout.ms 30000; ' +
        "Kafka's broker would refuse to start",
    ],
    ['topic: { min.insync.replicas: 0 }', 'spec.yaml:1:31  min.insync.replicas: 0 is below 1'],
    ['topic: { min.insync.replicas: two }', 'spec.yaml:1:31  min.insync.replicas: two is not a whole number'],
    [
      'topic: { unclean.leader.election.enable: maybe }',
      'spec.yaml:1:42  unclean.leader.election.enable: maybe is neither true nor false',
    ],
    ['producer: { batch.size: 99999999999 }', "spec.yaml:1:25  batch.size: 99999999999 does not fit in Kafka's int"],
    [
      'topic: { name: "my orders" }',
      'spec.yaml:1:16  "my orders" is no topic name: Kafka takes letters, digits, . _ and -',
    ],
    // Members of groups
    [
      'consumer: { group.id: g, group.protocol: consumer }',
      'spec.yaml:1:42  group.protocol: consumer (KIP-848) is of Kafka 4.0, and the spec runs 3.9.1: before, it was a preview that brokers offer only with group.coordinator.rebalance.protocols',
    ],
    [
      'kafka: "4.1"\nconsumer: { group.protocol: consumer, session.timeout.ms: 10000 }',
      "spec.yaml:2:59  session.timeout.ms cannot be set with group.protocol: consumer; Kafka's consumer would refuse to start (the coordinator counts it: group.consumer.session.timeout.ms of the brokers)",
    ],
    [
      'kafka: "4.1"\nconsumer: { group.protocol: consumer, group.remote.assignor: sticky }',
      "spec.yaml:2:62  group.remote.assignor: sticky is none of Kafka's own assignors: uniform, range",
    ],
    [
      'kafka: "4.1"\nconsumer: { auto.offset.reset: "by_duration:PT1H" }',
      'spec.yaml:2:32  auto.offset.reset: by_duration:PT1H: the look-up of offsets by timestamp (KIP-1106) is not in this build; it runs earliest, latest and none',
    ],
    [
      'kafka: "4.1"\nconsumer: { group.remote.assignor: range }',
      "spec.yaml:2:36  group.remote.assignor cannot be set with group.protocol: classic; Kafka's consumer would refuse to start",
    ],
    [
      'kafka: "4.1"\ncluster: { settings: { group.consumer.session.timeout.ms: 6000 } }',
      "spec.yaml:2:59  group.consumer.session.timeout.ms 6000 is below group.consumer.min.session.timeout.ms 45000; Kafka's broker would refuse to start",
    ],
    [
      'kafka: "4.1"\ncluster: { settings: { group.consumer.migration.policy: downgrade } }\nconsumers: { a: { settings: { group.id: g } }, b: { settings: { group.id: g, group.protocol: consumer } } }\nworkload: { type: queue }',
      'spec.yaml:2:57  group g has members of both protocols, and with group.consumer.migration.policy downgrade Kafka lets none of KIP-848 into a classic group',
    ],
    // Applications that consume, transform and produce
    [
      'consumer: { commit: in-transaction }',
      'spec.yaml:1:21  commit: in-transaction needs a transactional.id: consumer has none in producer',
    ],
    [
      'consumer: { commit: in-transaction, producer: { transactional.id: t } }',
      'spec.yaml:1:21  commit: in-transaction needs workload type: pipeline',
    ],
    [
      'workload: { type: pipeline }\nconsumer: { commit: in-transaction, producer: { transactional.id: t } }',
      'spec.yaml:1:19  type: pipeline needs two topics: what is made of records goes to the last',
    ],
    ['workload: { type: pipeline }', 'spec.yaml:1:19  type: pipeline needs a consumer with commit: in-transaction'],
    [
      'consumer: { fencing: none }',
      'spec.yaml:1:22  fencing and producer are of consumers with commit: in-transaction',
    ],
    [
      `kafka: "4.0"\n${PIPELINE}\nconsumer: { commit: in-transaction, fencing: none, producer: { transactional.id: t } }`,
      'spec.yaml:4:46  fencing: none is sendOffsetsToTransaction(offsets, groupId), which Kafka has no more since 4.0',
    ],
    [
      `kafka: "2.1"\n${PIPELINE}\nconsumer: { commit: in-transaction, fencing: group-metadata, producer: { transactional.id: t } }`,
      'spec.yaml:4:46  fencing: group-metadata is of Kafka 2.5 (KIP-447), and the spec runs 2.1; fencing: partition is the way before it',
    ],
    // Kafka Streams
    [
      'consumer: { streams: { processing.guarantee: exactly_once_v2 } }',
      'spec.yaml:1:13  streams of a consumer needs workload type: streams',
    ],
    [
      'workload: { type: streams }',
      'spec.yaml:1:19  type: streams needs one kind of consumers with streams, and there are 0',
    ],
    [
      `workload: { type: streams }\ntopics: { in: {}, out: {} }\nconsumer: { streams: {} }`,
      'spec.yaml:1:19  type: streams needs three topics, the input, its changelog and the output, in this order; there are 2',
    ],
    [
      `${STREAMS.replace(' { cleanup.policy: compact }', ' {}')}\nconsumer: { streams: {} }`,
      'spec.yaml:1:19  the changelog log needs cleanup.policy: compact, as Kafka Streams creates it; it has delete',
    ],
    [
      `${STREAMS}\nconsumer: { streams: { processing.guarantee: exactly_once } }`,
      'spec.yaml:3:46  processing.guarantee: exactly_once is run as Kafka to 2.5 has it, and from 2.6 on exactly_once_v2 is, and the spec runs 3.9',
    ],
    [
      `kafka: "4.0"\n${STREAMS}\nconsumer: { streams: { processing.guarantee: exactly_once } }`,
      'spec.yaml:4:46  processing.guarantee: exactly_once was removed in Kafka 4.0, exactly_once_v2 is in its place, and the spec runs 4.0',
    ],
    [
      `kafka: "2.1"\n${STREAMS}\nconsumer: { streams: { processing.guarantee: exactly_once_v2 } }`,
      'spec.yaml:4:46  processing.guarantee: exactly_once_v2 needs Kafka 2.6 (KIP-447), and the spec runs 2.1',
    ],
    [
      `${STREAMS}\nconsumer: { streams: { processing.guarantee: exactly_once_beta } }`,
      'spec.yaml:3:46  processing.guarantee: exactly_once_beta is exactly_once_v2, under the name that it had until 3.0',
    ],
    [
      `${STREAMS}\nconsumer: { streams: { num.standby.replicas: 1 } }`,
      'spec.yaml:3:46  num.standby.replicas: 1: standby tasks are not in this build',
    ],
    [
      `${STREAMS}\nconsumer: { streams: { processing.garantee: exactly_once_v2 } }`,
      'spec.yaml:3:24  unknown streams setting',
    ],
    [
      `${STREAMS}\nconsumer: { streams: { processing.guarantee: exactly_once_v2, commit.interval.ms: 30000 } }`,
      'spec.yaml:3:83  transaction.timeout.ms 10000 is below commit.interval.ms 30000; Kafka Streams would refuse to start',
    ],
    [
      `${STREAMS}\nconsumer: { streams: {}, producer: { transactional.id: t } }`,
      'spec.yaml:3:56  transactional.id: Kafka Streams makes it itself',
    ],
    [
      `${STREAMS}\nconsumer: { streams: {}, settings: { enable.auto.commit: true } }`,
      'spec.yaml:3:58  enable.auto.commit: true: Kafka Streams sets it to false',
    ],
    [
      `${STREAMS}\nconsumer: { streams: {}, commit: auto }`,
      'spec.yaml:3:34  commit and fencing are what processing.guarantee says',
    ],
    // What a consumer refuses to start with
    [
      'consumer: { group.id: g, session.timeout.ms: 3000 }',
      "spec.yaml:1:46  heartbeat.interval.ms 3000 is not below session.timeout.ms 3000; Kafka's consumer would refuse to start",
    ],
    [
      'consumer: { group.id: g, partition.assignment.strategy: com.example.Mine }',
      "spec.yaml:1:57  partition.assignment.strategy: com.example.Mine is none of Kafka's own assignors",
    ],
    [
      'consumer: { commit: after-processing, enable.auto.commit: true }',
      'spec.yaml:1:59  enable.auto.commit: true is not what commit: after-processing means',
    ],
    [
      'require: [processed-at-least-once]',
      'spec.yaml:1:11  processed-at-least-once needs a consumer that subscribes: workload queue, commit or group.id',
    ],
    [
      'producer: { client: kafkajs@2.2.4 }',
      'spec.yaml:1:21  client: kafkajs@2.2.4 cannot be run: this build has the Java client only (java)',
    ],
    // Faults, requirements, expectations, rules
    [
      'faults: [power-loss: { at-moost: 1 }]',
      'spec.yaml:1:34  power-loss has no parameter at-moost; did you mean at-most?',
    ],
    [
      'faults: [broker-killed: { after: 3s }]',
      'spec.yaml:1:34  broker-killed has no parameter after: it takes topic, from, to, machine, role, partition',
    ],
    [
      'faults: [request-delayed: { machine: p7 }]',
      'spec.yaml:1:38  request-delayed: there is no machine p7; did you mean p0?',
    ],
    [
      'brokers: 2\nfaults: [broker-killed: { machine: checkout }]',
      'spec.yaml:2:36  broker-killed: there is no machine checkout; there are b1, b2, controller1, controller2, controller3, p0, c0',
    ],
    [
      'faults: [request-delayed: { role: leadr }]',
      'spec.yaml:1:35  request-delayed: nobody plays leadr; did you mean leader?',
    ],
    [
      'faults: [broker-killed: { role: zookeeper-leader }]',
      'spec.yaml:1:33  broker-killed: nobody plays zookeeper-leader under KRaft',
    ],
    [
      'faults: [broker-killed: { machine: b1, role: leader }]',
      'spec.yaml:1:46  broker-killed: a machine by its name or a role, not both',
    ],
    [
      'faults: [rolling-restart: { how: gracefull }]',
      'spec.yaml:1:34  how: gracefull is none of graceful, kill; did you mean graceful?',
    ],
    [
      'kafka: "4.1"\nconsumer: { group.protocol: consumr }',
      'spec.yaml:2:29  group.protocol: "consumr" is none of consumer, classic; did you mean consumer?',
    ],
    [
      'faults: [leader-killed: { from: 2m }]',
      'spec.yaml:1:33  from: 2m is not within the safety phase (workload over)',
    ],
    ['faults: [leader-killed: { from: 9s, to: 4s }]', 'spec.yaml:1:41  to: 4s is not after from'],
    ['faults: [leader-killed: { to: 4s }]', 'spec.yaml:1:31  to: needs a from'],
    ['require: [no-lost-write]', 'spec.yaml:1:11  unknown requirement no-lost-write; did you mean no-lost-writes?'],
    ['require: [key-order: { within: 3s }]', 'spec.yaml:1:32  within: only writable-again has a bound'],
    ['expect: [lost-writes]', 'spec.yaml:1:10  unknown anomaly lost-writes; did you mean lost-write?'],
    [
      'expect-situations: [two-leaders]',
      'spec.yaml:1:21  unknown situation two-leaders   (all: npx harrow situations)',
    ],
    [
      'rules: { truncations: on-fetch }',
      'spec.yaml:1:10  unknown rule truncations; did you mean truncation?   (all: npx harrow versions)',
    ],
    [
      'rules: { truncation: on-fetsh }',
      'spec.yaml:1:10  rule truncation: on-fetsh is none of ' +
        'high-watermark, epoch-end-offset, epoch-and-end-offset, fenced, on-fetch; did you mean on-fetch?',
    ],
    ['rules: { high-watermark-gate: 1 }', 'spec.yaml:1:10  rule high-watermark-gate: 1 is none of false, true'],
    ['rules: { high-watermark-gate: false }', 'no error'],
    [
      'rules: { controller-epoch-in-writes: false }',
      'spec.yaml:1:10  rule controller-epoch-in-writes: only ZooKeeper has it, and the spec runs KRaft',
    ],
    ['rules: { voter-identity: id-and-directory }', 'no error'],
    ['defects: [KAFKA-18106]', 'no error'],
    ['rules: { stable-offset-fetch: false }', 'no error'],
    ['defects: [KAFKA-9807]', 'spec.yaml:1:11  defect KAFKA-9807 is not in this build: the model cannot show it yet'],
    [
      'defects: [KAFKA-18107]',
      'spec.yaml:1:11  unknown defect KAFKA-18107; did you mean KAFKA-18106?   (all: npx harrow versions)',
    ],
    [
      'defects: [KAFKA-14359]',
      'spec.yaml:1:11  defect KAFKA-14359 is no switch: it follows from the rule sequence-without-state',
    ],
    ['as-released: maybe', 'spec.yaml:1:14  as-released: "maybe" is no true or false'],
    // Kept trials
    ['seed: 1\nplan: { format: harrow/plan }', 'spec.yaml:2:7  version is missing'],
    ['plan: 7', 'spec.yaml:1:7  plan: 7 is no map'],
    // Variants
    ['vary: { acks: [1, 2] }', 'spec.yaml:1:19  acks: "2" is none of all, -1, 0, 1'],
    ['vary: { ack: [1] }', 'spec.yaml:1:15  unknown setting ack; did you mean acks?'],
    [
      'vary: { request.timeout.ms: [1000, 2000] }',
      'spec.yaml:1:30  request.timeout.ms is a setting of several scopes: ' +
        'write broker:request.timeout.ms or producer:request.timeout.ms or consumer:request.timeout.ms',
    ],
  ])('%s', (text, said) => {
    expect(errorOf(text)).toBe(said);
  });

  it('do not show what stands behind an unknown name, unless it was meant for a setting that is modelled', () => {
    const said = errorsOf('cluster:\n  settings:\n    ssl.key.pasword: hunter2\n    broker.sesion.timeout.ms: 9000\n');
    expect(said).not.toContain('hunter2');
    expect(said).toContain('ssl.key.pasword');
    expect(said).toContain('broker.sesion.timeout.ms: 9000');
  });

  it('do not show the value of a setting that the model does not act on', () => {
    const said = errorsOf('cluster: { settings: { log.index.size.max.bytes: s3cret } }');
    expect(said).toContain('log.index.size.max.bytes: is not a whole number');
    expect(said).not.toContain('s3cret');
  });

  it('name the scope or the release that knows a setting', () => {
    expect(errorsOf('cluster: { settings: { linger.ms: 5 } }')).toContain('it is a producer setting');
    expect(errorsOf('cluster: { settings: { group.streams.session.timeout.ms: 5 } }')).toContain('Kafka 4.1 knows it');
  });

  it('of a plan that another spec was drawn for are said, rather than run into', () => {
    const said = errorsOf(`seed: 1
plan:
  format: harrow/plan
  version: 1
  profile: storm
  strikes: [{ fault: meteor, target: { kind: machine, machine: b1 }, when: { at: 0.5, for: 9 }, with: {} }]
  workload: [{ at: 0, client: 3, f: send, topic: 2, recordKey: null, value: 1 }]
  settings: {}
  healAll: true
  healPick: 0
`);
    expect(said).toContain('spec.yaml:2:1  the plan has a fault that this version does not know: meteor\n');
    expect(said).toContain('spec.yaml:2:1  the plan sends through client 3; this spec has 1 producers\n');
    expect(said).toContain('spec.yaml:2:1  the plan sends to topic 2; this spec has 1 topics\n');
  });

  it('of several variants are said once', () => {
    expect(errorsOf('topic: { min.insync.replica: 2 }\nvary: { acks: [0, 1, all] }')).toContain('\n1 error. ');
  });
});

describe('settings that are to be altered', () => {
  const altered = (parameters: string, rest = ''): string =>
    `topics: { a: { partitions: 3 } }\nfaults: [{ settings-altered: { ${parameters} } }]\n${rest}`;
  const unclean = 'unclean.leader.election.enable';

  it.each([
    ['from: 5s', '', `settings-altered needs what is altered, and to what: min.insync.replicas, ${unclean}`],
    ['min.insync.replica: 1', '', 'did you mean min.insync.replicas?'],
    ['retention.ms: 1000', '', 'settings-altered has no parameter retention.ms'],
    ['min.insync.replicas: 0', '', 'min.insync.replicas: 0 is no whole number from 1 to 30'],
    [`${unclean}: maybe`, '', `${unclean}: maybe is none of unchanged, true, false`],
    ['min.insync.replicas: 1', 'kafka: "0.10.2"', 'settings-altered: Kafka 0.10.2 has no AlterConfigs (KIP-133, 0.11)'],
    [
      `${unclean}: true`,
      'kafka: "3.7"',
      `settings-altered: a KRaft controller of Kafka 3.7 takes no notice of ${unclean} (KAFKA-12670, 3.9)`,
    ],
  ])('%s %s: %s', (parameters, rest, problem) => {
    expect(errorsOf(altered(parameters, rest))).toContain(problem);
  });
});

describe('partitions that are to be added', () => {
  const added = (parameters: string, rest = ''): string =>
    `topics: { a: { partitions: 3 } }\nfaults: [{ partitions-added: { ${parameters} } }]\n${rest}`;

  it.each([
    ['from: 5s', '', 'partitions-added needs partitions: how many the topic has from then on'],
    ['partitions: 3', '', 'partitions: a begins with 3, and never loses any'],
    ['partitions: 4', 'kafka: "0.11"', 'partitions-added: Kafka 0.11 has no CreatePartitions (KIP-195, 1.0)'],
  ])('%s %s: %s', (parameters, rest, problem) => {
    expect(errorOf(added(parameters, rest))).toContain(problem);
  });

  it('are none of a streams application', () => {
    const text = `${STREAMS}\nconsumers: { c: { commit: in-transaction } }\nfaults: [{ partitions-added: { partitions: 4 } }]`;
    expect(errorsOf(text)).toContain('partitions-added: not with workload streams');
  });
});
