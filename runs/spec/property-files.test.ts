import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadedSpec, loadSpec } from './load.js';
import { resolveCluster } from './resolve.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'harrow-properties-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A broker and controller in one, as people first try KRaft. */
const combined = `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
controller.listener.names=CONTROLLER
num.network.threads=3
log.dirs=/var/lib/kafka
num.partitions=4
offsets.topic.replication.factor=1
log.retention.hours=168
offset.metadata.max.bytes=1024
log.flush.interval.messages=1
`;

function load(files: Parameters<typeof loadSpec>[0]): LoadedSpec {
  return loadSpec(files);
}

describe("a broker's property file", () => {
  it('stands for all brokers, and what is done otherwise is said', () => {
    const { spec, warnings } = load({ server: file('server.properties', combined) });
    expect(spec).toMatchObject({ name: 'server', brokers: 3, control: { mode: 'kraft', controllers: 3 } });
    expect(spec.topics).toMatchObject([{ name: 'server', partitions: 4, replicationFactor: 3 }]);
    expect(spec.notes).toEqual([
      "one broker's file stands for all: ids, listeners, voters and a ZooKeeper of one are widened to the cluster",
      'replication factor 3 is assumed: nothing names one',
    ]);
    expect(warnings).toEqual([]);
  });

  it('with both roles makes brokers of the controllers, of as many as there are', () => {
    const server = file('server.properties', combined);
    expect(resolveCluster(load({ server }).spec)).toMatchObject({ brokers: 3, controllers: 3, combined: true });
    const two = load({ server, brokers: '2' }).spec;
    expect(resolveCluster(two)).toMatchObject({ brokers: 2, controllers: 2, combined: true });
    const apart = file('apart.properties', 'process.roles=broker\n');
    expect(resolveCluster(load({ server: apart }).spec).combined).toBeUndefined();
  });

  it('is refused with a role that there is none of, or more voters than brokers', () => {
    const strange = file('strange.properties', 'process.roles=broker,controler\n');
    expect(() => load({ server: strange })).toThrow('process.roles: "controler" is neither broker nor controller');
    const voters = '1@a:1,2@b:1,3@c:1,4@d:1,5@e:1';
    const many = file('many.properties', `process.roles=broker,controller\ncontroller.quorum.voters=${voters}\n`);
    expect(() => load({ server: many })).toThrow('5 controllers of 3 brokers');
  });

  it('gives topics their defaults, under other names', () => {
    const { spec } = load({ server: file('server.properties', combined) });
    expect(resolveCluster(spec).topics[0]!.settings['flush.messages']).toBe(1);
  });

  it('lists what could matter and is not modelled, where it differs from the default, and never its value', () => {
    const { spec } = load({ server: file('server.properties', combined) });
    expect(spec.notModelled).toEqual(['offset.metadata.max.bytes']);
    expect(JSON.stringify(spec)).not.toContain('/var/lib/kafka');
  });

  it('is run by as many brokers as --brokers says', () => {
    const { spec } = load({ server: file('server.properties', combined), brokers: '2' });
    expect(spec.brokers).toBe(2);
    expect(spec.topics[0]!.replicationFactor).toBe(2);
  });

  it('means ZooKeeper where it says where that is: a server on one host is widened to three, several hosts are so many', () => {
    const one = file('zk.properties', 'broker.id=0\nzookeeper.connect=localhost:2181\n');
    expect(load({ server: one }).spec.control).toEqual({ mode: 'zookeeper', controllers: 3 });
    const five = file('zk.properties', 'broker.id=0\nzookeeper.connect=a:2181,b:2181,c:2181,d:2181,e:2181\n');
    expect(load({ server: five }).spec.control).toEqual({ mode: 'zookeeper', controllers: 5 });
  });

  it('with bootstrap servers and no voters keeps those in the log, by their directories (KIP-853)', () => {
    const server = file(
      'dynamic.properties',
      'process.roles=broker\ncontroller.quorum.bootstrap.servers=a:1,b:1,c:1\n',
    );
    expect(load({ server }).spec).toMatchObject({
      control: { mode: 'kraft', controllers: 3 },
      rules: { 'voter-identity': 'id-and-directory' },
    });
    const fixed = file('fixed.properties', 'process.roles=broker\ncontroller.quorum.voters=1@a:1,2@b:1,3@c:1\n');
    expect(load({ server: fixed }).spec.rules).toEqual({});
  });

  it('has as many controllers as it names voters', () => {
    const path = file('server.properties', 'process.roles=broker\ncontroller.quorum.voters=1@a:1,2@b:1,3@c:1\n');
    expect(load({ server: path }).spec.control).toEqual({ mode: 'kraft', controllers: 3 });
  });

  it('is warned about for unknown names, as Kafka does', () => {
    const path = file('server.properties', 'process.roles=broker\nmy.metrics.topic=x\nlinger.ms=5\n');
    expect(load({ server: path }).warnings.map((warning) => warning.slice(path.length))).toEqual([
      ':2:1  warning: unknown broker setting my.metrics.topic: Kafka ignores it',
      ':3:1  warning: unknown broker setting linger.ms: Kafka ignores it (it is a producer setting)',
    ]);
  });

  it('is warned about once for many unknown names', () => {
    const names = ['a.b', 'c.d', 'e.f', 'g.h'];
    const path = file('server.properties', ['process.roles=broker', ...names.map((name) => `my.${name}=x`)].join('\n'));
    expect(load({ server: path, vary: ['acks=1,all'] }).warnings.map((warning) => warning.slice(path.length))).toEqual([
      '  warning: Kafka ignores 4 names that it does not know here: my.a.b (line 2), my.c.d (line 3), my.e.f (line 4), my.g.h (line 5)',
    ]);
  });

  it('is refused where none of its names is one of a broker', () => {
    const path = file('consumer.properties', 'group.id=g\nauto.offset.reset=latest\nmax.poll.records=5\n');
    expect(() => load({ server: path })).toThrow(
      ':1:1  none of the 3 names in this file is a broker setting of Kafka 3.9.1; consumer settings are among them: is it another kind of file?',
    );
  });

  it('is refused for a near miss of a setting that matters', () => {
    const path = file('server.properties', 'process.roles=broker\nunclean.leader.election.enabled=true\n');
    expect(() => load({ server: path })).toThrow('did you mean unclean.leader.election.enable?');
  });

  it('has to agree with itself about ids', () => {
    const path = file('server.properties', 'process.roles=broker\nnode.id=1\nbroker.id=2\n');
    expect(() => load({ server: path })).toThrow("broker.id 2 is not node.id 1; Kafka's broker would refuse to start");
  });
});

describe("clients' property files", () => {
  it('are run as they are; with a group.id the consumer subscribes', () => {
    const { spec } = load({
      producer: file('producer.properties', 'bootstrap.servers=localhost:9092\ncompression.type=none\nacks=1\n'),
      consumer: file('consumer.properties', 'bootstrap.servers=localhost:9092\ngroup.id=readers\n'),
    });
    expect(spec.notes).toEqual([
      'replication factor 3 is assumed: nothing names one',
      'acks=1 switches idempotence off (you did not set enable.idempotence; its default gives way silently)',
    ]);
    expect(spec.notModelled).toEqual([]);
    expect(resolveCluster(spec).consumers[0]!.member).toMatchObject({
      settings: { 'group.id': 'readers', 'enable.auto.commit': true },
      commit: 'auto',
    });
    expect(resolveCluster(spec).producers[0]!.settings).toMatchObject({ acks: 1, 'enable.idempotence': false });
  });

  it('keep passwords to themselves', () => {
    const path = file('producer.properties', 'ssl.key.password=hunter2\nsasl.jaas.config=user and hunter2\n');
    expect(JSON.stringify(load({ producer: path }))).not.toContain('hunter2');
  });

  it('may ask for transactions', () => {
    const path = file('producer.properties', 'transactional.id=t\n');
    expect(JSON.stringify(load({ producer: path }))).toContain('"exactly-once"');
  });
});

describe("a topic's property file", () => {
  it('takes partitions and replication.factor beside settings', () => {
    const path = file('orders.properties', 'partitions=6\nreplication.factor=2\nmin.insync.replicas=2\n');
    const { spec } = load({ topic: path });
    expect(spec.topics).toMatchObject([{ name: 'orders', partitions: 6, replicationFactor: 2 }]);
    expect(resolveCluster(spec).topics[0]!.settings['min.insync.replicas']).toBe(2);
  });

  it('wants whole numbers', () => {
    expect(() => load({ topic: file('orders.properties', 'partitions=many\n') })).toThrow(
      'partitions: "many" is not a whole number above 0',
    );
  });
});

describe('what is there to read', () => {
  it.each([
    [{}, /which spec\? Give a file, a preset/],
    [{ input: 'acks-2' }, /acks-2 is neither a file nor a preset; did you mean acks-0\?/],
    [{ input: './nowhere.yaml' }, /\.\/nowhere\.yaml: there is no such file/],
    [{ server: './nowhere.properties' }, /\.\/nowhere\.properties: there is no such file/],
    [{ input: '.' }, /\.: is a folder, not a file/],
  ])('%j', (request, said) => {
    expect(() => loadSpec(request)).toThrow(said);
  });

  it('is a spec or property files, not both', () => {
    const path = file('p.properties', 'acks=1');
    expect(() => load({ input: 'durable', producer: path })).toThrow('two specs: give a spec or property files');
  });

  it('may be named by a spec: values in the spec win', () => {
    const server = file(
      'server.properties',
      'process.roles=broker\nreplica.lag.time.max.ms=20000\nunclean.leader.election.enable=true\n',
    );
    const text = `cluster: { settings: { from: ${JSON.stringify(server)}, replica.lag.time.max.ms: 25000 } }`;
    const { spec } = load({ input: 'spec.yaml', text });
    expect(spec.brokerSettings['replica.lag.time.max.ms']!.value).toBe(25000);
    expect(spec.brokerSettings['unclean.leader.election.enable']).toMatchObject({
      value: true,
      origin: { kind: 'file', file: server, line: 3 },
    });
  });
});
