/**
 * What each setting of Kafka has to do with safety, by hand. Long because it names them all: a test fails when Kafka's
 * tables hold a setting that is not classified here.
 */
import type { Scope } from './table.js';

export type Bearing = 'modelled' | 'no bearing on safety' | 'could matter, not modelled';

export interface BearingRow {
  readonly bearing: Bearing;
  /** What it does in the model, or why it does nothing there. */
  readonly sentence: string;
}

/** Settings that the model acts on, with one sentence each. */
const modelled: Readonly<Record<Scope, Readonly<Record<string, string>>>> = {
  broker: {
    'transaction.abort.timed.out.transaction.cleanup.interval.ms':
      'How often a coordinator looks for transactions that are open for too long.',
    'transaction.max.timeout.ms': 'The longest transaction.timeout.ms that a coordinator takes.',
    'transaction.partition.verification.enable':
      'Before the first append of a transaction a leader asks the coordinator whether it is open (KIP-890).',
    'transaction.state.log.min.isr': 'min.insync.replicas of __transaction_state.',
    'transaction.state.log.num.partitions': 'Partitions of __transaction_state; those are simulated that are used.',
    'transaction.state.log.replication.factor': 'Replicas of __transaction_state.',
    'transaction.state.log.segment.bytes': 'How large a segment of __transaction_state grows.',
    'group.consumer.assignors': 'KIP-848: how coordinators divide partitions; the first, unless members name another.',
    'group.consumer.heartbeat.interval.ms': 'KIP-848: how often members are to tell that they live.',
    'group.consumer.max.heartbeat.interval.ms': 'KIP-848: bounds group.consumer.heartbeat.interval.ms.',
    'group.consumer.max.session.timeout.ms': 'KIP-848: bounds group.consumer.session.timeout.ms.',
    'group.consumer.max.size': 'KIP-848: the most members of a group.',
    'group.consumer.migration.policy':
      'KIP-848: whether a group with members of one protocol goes over to the other while it is in use.',
    'group.consumer.min.heartbeat.interval.ms': 'KIP-848: bounds group.consumer.heartbeat.interval.ms.',
    'group.consumer.min.session.timeout.ms': 'KIP-848: bounds group.consumer.session.timeout.ms.',
    'group.consumer.session.timeout.ms': 'KIP-848: a member that was not heard for so long is put out of its group.',
    'group.initial.rebalance.delay.ms': 'How long the first rebalance of an empty group waits for more members.',
    'group.max.session.timeout.ms': 'The longest session.timeout.ms that a coordinator takes.',
    'group.max.size': 'The most members of a group.',
    'group.min.session.timeout.ms': 'The shortest session.timeout.ms that a coordinator takes.',
    'offsets.commit.required.acks':
      'How many replicas must have a committed offset before it is acknowledged: all (-1).',
    'offsets.commit.timeout.ms': 'A commit that is not replicated within so long fails; it may have been written.',
    'offsets.retention.check.interval.ms': 'How often a coordinator looks for offsets to forget.',
    'offsets.retention.minutes': 'The offsets of a group without members are forgotten after so long.',
    'offsets.topic.num.partitions': 'Partitions of __consumer_offsets; those are simulated that are used.',
    'offsets.topic.replication.factor': 'Replicas of __consumer_offsets.',
    'offsets.topic.segment.bytes': 'How large a segment of __consumer_offsets grows.',
    'auto.leader.rebalance.enable': 'The controller moves leadership back to the preferred replica, by clean election.',
    'broker.heartbeat.interval.ms': 'How often a broker tells the controller that it lives.',
    'broker.id': 'Ids of the brokers; one file stands for all, so the cluster numbers them from 1.',
    'broker.rack': 'The rack of a broker: replicas are spread over racks.',
    'broker.session.timeout.ms':
      'A broker that is silent for so long is fenced: it leads nothing and leaves every ISR.',
    'connections.max.idle.ms': 'A connection without traffic is closed after so long.',
    'controlled.shutdown.enable': 'A broker that stops in order hands its leaderships over first.',
    'controller.quorum.append.linger.ms': 'How long the active controller collects decisions before it writes them.',
    'controller.quorum.bootstrap.servers':
      'Whom to ask who leads the quorum: all voters here. Without controller.quorum.voters these stand in the log (KIP-853).',
    'controller.quorum.election.backoff.max.ms': 'The longest wait before a controller stands for election again.',
    'controller.quorum.election.timeout.ms': 'How long an election may go on without a result.',
    'controller.quorum.fetch.timeout.ms':
      'A leader of the quorum that is silent for so long is replaced; one that no majority fetches from for half as long again resigns.',
    'controller.quorum.request.timeout.ms': 'How long a controller, or a broker, waits for an answer of the quorum.',
    'controller.quorum.retry.backoff.ms': 'The wait before the quorum is asked again.',
    'controller.quorum.voters': 'Who decides about leaders and ISR.',
    'default.replication.factor': 'Replicas of a topic that names no replication factor.',
    'initial.broker.registration.timeout.ms': 'A starting broker that cannot register within so long gives up.',
    'inter.broker.protocol.version':
      'Under ZooKeeper: the release whose requests brokers and the controller speak, whatever newer one they run.',
    'leader.imbalance.check.interval.seconds': 'How often the controller looks for leaderships to move back.',
    'log.cleaner.backoff.ms': 'How long the log cleaner rests when no log is dirty enough.',
    'log.cleaner.dedupe.buffer.size': 'How many keys the log cleaner can remember in one round.',
    'log.cleaner.enable': 'Whether compacted logs are compacted at all.',
    'log.cleaner.io.buffer.load.factor': 'How full the memory of the log cleaner may get.',
    'log.flush.offset.checkpoint.interval.ms':
      'How often recovery points are written to disk; after a crash a log is scanned from there.',
    'log.flush.scheduler.interval.ms': 'How often the broker looks for logs to flush by time (flush.ms).',
    'log.flush.start.offset.checkpoint.interval.ms':
      'How often log starts are written to disk; a crash before may bring deleted records back.',
    'log.initial.task.delay.ms':
      'How long after its start a broker begins to flush, checkpoint and delete by the clock.',
    'log.retention.check.interval.ms': 'How often the broker looks for segments to delete by time or size.',
    'message.max.bytes': 'Larger batches are refused (MESSAGE_TOO_LARGE).',
    'metadata.log.max.record.bytes.between.snapshots': 'After so many bytes of decisions a snapshot takes their place.',
    'metadata.log.max.snapshot.interval.ms': 'After so long a snapshot takes the place of the decisions before it.',
    'metadata.log.segment.bytes': 'The log of decisions is kept in segments of this size, and dropped by segments.',
    'metadata.max.idle.interval.ms':
      'The active controller writes at least this often, so that brokers hear what is committed.',
    'log.dir.failure.timeout.ms':
      'A broker that cannot tell the controller for so long that a log directory has failed stops (KIP-858).',
    'log.dirs':
      'Several directories, comma-separated, are so many disks: each can fail by itself, with the replicas that lie there.',
    'metadata.max.retention.bytes': 'Decisions below a snapshot are kept until the log is larger than this.',
    'min.insync.replicas':
      'With acks=all a write needs so many replicas in sync; with fewer it is refused. Checked for acks=all only.',
    'node.id': 'Ids of the machines; one file stands for all, so the cluster numbers them from 1.',
    'num.partitions': 'Partitions of a topic that names no number.',
    'process.roles':
      'KRaft: what a node is. With broker,controller the controllers are brokers, too: one process, one fate.',
    'producer.id.expiration.ms': 'A leader forgets a silent producer, and with it what tells its duplicates.',
    'replica.fetch.backoff.ms': 'How long a follower waits after a failed fetch.',
    'replica.fetch.max.bytes': 'Bytes of a partition in one answer to a follower.',
    'replica.fetch.min.bytes': 'A fetch of a follower is parked until so many bytes are there.',
    'replica.fetch.response.max.bytes': 'Bytes of one whole answer to a follower.',
    'replica.fetch.wait.max.ms': 'How long a fetch of a follower is parked when there is nothing new.',
    'replica.high.watermark.checkpoint.interval.ms':
      'How often high watermarks are written to disk; a restarted broker begins with what it finds there.',
    'replica.lag.time.max.ms': 'A follower that has not caught up for so long is dropped from the ISR.',
    'replica.selector.class':
      'With the RackAwareReplicaSelector a leader sends consumers to a follower in their rack, which serves up to its own high watermark.',
    'replica.socket.timeout.ms': 'How long a follower waits for an answer of its leader.',
    'unclean.leader.election.enable':
      'When no replica in sync is left, a lagging one may lead: availability for acknowledged records.',
    'unclean.leader.election.interval.ms': 'How often the controller looks for partitions to elect uncleanly.',
    'zookeeper.connect': 'The control plane is ZooKeeper; several hosts are so many servers.',
    'zookeeper.session.timeout.ms':
      'ZooKeeper drops a broker that it has not heard for so long: its leaderships move, and the controller with them.',
  },
  topic: {
    'cleanup.policy':
      'Old segments are deleted by time and size (delete); of each key only the newest record is kept (compact); or both.',
    'delete.retention.ms':
      'How long compaction keeps a tombstone, so that whoever reads the key hears of its deletion.',
    'file.delete.delay.ms': 'How long the file of a deleted segment stays on the disk.',
    'flush.messages': 'After so many records the log is flushed to the platter; 1 flushes before each acknowledgement.',
    'flush.ms': 'A log that was not flushed for so long is flushed, when log.flush.scheduler.interval.ms comes round.',
    'max.message.bytes': 'Larger batches are refused (MESSAGE_TOO_LARGE).',
    'max.compaction.lag.ms': 'A record that is older than this is compacted, however little of the log is dirty.',
    'min.cleanable.dirty.ratio': 'A log is compacted when more than this share of it was written since it last was.',
    'min.compaction.lag.ms': 'Records younger than this are not compacted.',
    'min.insync.replicas':
      'With acks=all a write needs so many replicas in sync; with fewer it is refused. Checked for acks=all only.',
    'retention.bytes': 'Segments are deleted from the oldest on while the log is larger than this.',
    'retention.ms': 'Segments whose youngest record is older than this are deleted.',
    'segment.bytes': 'A log rolls to a new segment at this size, and the old one is flushed.',
    'segment.jitter.ms': 'A segment may roll by so much earlier than segment.ms, as drawn.',
    'segment.ms': 'A log rolls to a new segment when its records span so much time.',
    'unclean.leader.election.enable':
      'When no replica in sync is left, a lagging one may lead: availability for acknowledged records.',
  },
  producer: {
    'transaction.timeout.ms': 'A transaction that is open for longer is aborted by its coordinator.',
    'transactional.id': 'The producer writes in transactions, and fences whoever has the same id.',
    acks: 'Who must have a record before it is acknowledged: nobody (0), the leader (1), every replica in sync (all).',
    'batch.size': 'Bytes of one batch of records.',
    'buffer.memory': 'Bytes of records that may wait; then send() blocks.',
    'connections.max.idle.ms': 'A connection without traffic is closed after so long.',
    'delivery.timeout.ms': 'A record that is not acknowledged within so long fails; it may have been written.',
    'enable.idempotence': 'The broker recognises a batch that is sent again, and refuses one out of sequence.',
    'linger.ms': 'How long a batch waits for more records.',
    'max.block.ms': 'How long send() may wait for metadata and memory.',
    'max.in.flight.requests.per.connection': 'Requests to one broker that may wait for their answers at once.',
    'max.request.size': 'Bytes of one request.',
    'metadata.max.age.ms': 'Metadata is fetched again after so long, whatever happens.',
    'partitioner.adaptive.partitioning.enable': 'Records without a key prefer brokers that answer fast.',
    'partitioner.availability.timeout.ms': 'Records without a key avoid brokers that have not answered for so long.',
    'partitioner.class':
      "Where records go, keys or none: Kafka's own RoundRobinPartitioner, UniformStickyPartitioner or DefaultPartitioner.",
    'partitioner.ignore.keys': 'Records with a key are partitioned as if they had none.',
    'reconnect.backoff.max.ms': 'The longest wait before connecting again.',
    'reconnect.backoff.ms': 'The first wait before connecting again.',
    'request.timeout.ms': 'A request without an answer for so long is given up and its connection closed.',
    retries: 'How often a batch is sent again; delivery.timeout.ms bounds it in practice.',
    'retry.backoff.max.ms': 'The longest wait before sending again.',
    'retry.backoff.ms': 'The first wait before sending again.',
    'socket.connection.setup.timeout.max.ms': 'The longest wait for a connection to be made.',
    'socket.connection.setup.timeout.ms': 'The first wait for a connection to be made.',
  },
  consumer: {
    'auto.offset.reset': 'Where reading begins without a position, or with one that no longer exists.',
    'auto.commit.interval.ms': 'How often poll() commits by itself, with enable.auto.commit.',
    'enable.auto.commit': 'poll() commits by itself what earlier calls of it have returned, processed or not.',
    'group.id': 'The consumer subscribes as a member of this group, which shares the partitions.',
    'group.instance.id': 'A static member: it may be gone for session.timeout.ms and keeps its partitions.',
    'group.protocol':
      'Who says which member has what: classic, a leader among them for all at once; consumer, the coordinator one by one (KIP-848).',
    'group.remote.assignor': "With group.protocol: consumer, how the group's coordinator divides the partitions.",
    'heartbeat.interval.ms': 'How often a member tells its coordinator that it lives (group.protocol: classic).',
    'max.poll.interval.ms': 'A member whose application does not poll for so long leaves its group by itself.',
    'partition.assignment.strategy': 'How the leader of a group divides the partitions among its members.',
    'session.timeout.ms': 'A member of which its coordinator hears nothing for so long is put out of its group.',
    'client.rack':
      'The rack of the consumer: where the brokers select replicas by rack, it reads from a follower in its own.',
    'connections.max.idle.ms': 'A connection without traffic is closed after so long.',
    'default.api.timeout.ms': 'How long a blocking call of the consumer may take.',
    'fetch.max.bytes': 'Bytes of one answer.',
    'fetch.max.wait.ms': 'How long the leader holds a fetch with too little to answer.',
    'fetch.min.bytes': 'The leader holds a fetch until so many bytes are there.',
    'isolation.level': 'Whether records of open and aborted transactions are read.',
    'max.partition.fetch.bytes': 'Bytes of one partition in an answer.',
    'max.poll.records': 'Records that one poll() returns.',
    'metadata.max.age.ms': 'Metadata is fetched again after so long, whatever happens.',
    'reconnect.backoff.max.ms': 'The longest wait before connecting again.',
    'reconnect.backoff.ms': 'The first wait before connecting again.',
    'request.timeout.ms': 'A request without an answer for so long is given up and its connection closed.',
    'retry.backoff.max.ms': 'The longest wait before asking again.',
    'retry.backoff.ms': 'The first wait before asking again.',
    'socket.connection.setup.timeout.max.ms': 'The longest wait for a connection to be made.',
    'socket.connection.setup.timeout.ms': 'The first wait for a connection to be made.',
  },
};

/** Settings that could change what a trial finds and that the model does not know, by what they are about. */
const couldMatter: Readonly<Record<Scope, readonly (readonly [why: string, names: readonly string[]])[]>> = {
  broker: [
    ['The metadata log lies in the first of log.dirs in the model.', ['metadata.log.dir']],
    ['A follower has one fetcher for each leader in the model.', ['num.replica.fetchers']],
    ['The time-outs between brokers and the controller are fixed in the model.', ['request.timeout.ms']],
    [
      "The controllers' log is rolled and dropped by size alone in the model, not by time.",
      [
        'internal.metadata.delete.delay.millis',
        'internal.metadata.log.segment.bytes',
        'metadata.log.segment.min.bytes',
        'metadata.log.segment.ms',
        'metadata.max.retention.ms',
      ],
    ],
    ['How often silent producers are looked for is fixed in the model.', ['producer.id.expiration.check.interval.ms']],
    ['Eligible leader replicas follow the rules of the version in the model.', ['eligible.leader.replicas.enable']],
    [
      'ZooKeeper is not in this build.',
      [
        'broker.id.generation.enable',
        'controlled.shutdown.max.retries',
        'controlled.shutdown.retry.backoff.ms',
        'controller.socket.timeout.ms',
        'leader.imbalance.per.broker.percentage',
        'reserved.broker.max.id',
      ],
    ],
    ['Transactions are not in this build.', ['max.request.partition.size.limit']],
  ],
  topic: [
    [
      'Indexes are not modelled: a log never rolls because one is full.',
      ['internal.segment.bytes', 'segment.index.bytes'],
    ],
    [
      'Throttled replication is not modelled.',
      ['follower.replication.throttled.replicas', 'leader.replication.throttled.replicas'],
    ],
    [
      'Timestamps of records are not checked in the model.',
      ['message.timestamp.after.max.ms', 'message.timestamp.before.max.ms', 'message.timestamp.difference.max.ms'],
    ],
    ['Tiered storage is not modelled.', ['local.retention.bytes', 'local.retention.ms']],
  ],
  producer: [
    ['Two-phase commits are not in this build.', ['transaction.two.phase.commit.enable']],
    ['Classes of your own are not run.', ['interceptor.classes']],
    [
      'A client always knows the whole cluster in the model.',
      ['metadata.recovery.rebootstrap.trigger.ms', 'metadata.recovery.strategy'],
    ],
  ],
  consumer: [
    ['A closed consumer always leaves its group in the model.', ['internal.leave.group.on.close']],
    [
      'All brokers of the model know stable offsets, or none does.',
      ['internal.throw.on.fetch.stable.offset.unsupported'],
    ],
    ['Share groups are not modelled.', ['share.acknowledgement.mode']],
    ['Checksums are always checked in the model.', ['check.crcs']],
    ['Classes of your own are not run.', ['interceptor.classes']],
    [
      'A client always knows the whole cluster in the model.',
      ['metadata.recovery.rebootstrap.trigger.ms', 'metadata.recovery.strategy'],
    ],
  ],
};

/** Settings that decide about speed, size, names and access only. */
const noBearing: Readonly<Record<Scope, readonly string[]>> = {
  broker: [
    'log.cleaner.io.buffer.size',
    'log.cleaner.io.max.bytes.per.second',
    'log.cleaner.threads',
    'alter.config.policy.class.name',
    'authorizer.class.name',
    'auto.create.topics.enable',
    'auto.include.jmx.reporter',
    'background.threads',
    'client.quota.callback.class',
    'compression.gzip.level',
    'compression.lz4.level',
    'compression.type',
    'compression.zstd.level',
    'connection.failed.authentication.delay.ms',
    'connections.max.reauth.ms',
    'control.plane.listener.name',
    'controller.listener.names',
    'controller.performance.always.log.threshold.ms',
    'controller.performance.sample.period.ms',
    'create.topic.policy.class.name',
    'delete.records.purgatory.purge.interval.requests',
    'delete.topic.enable',
    'early.start.listeners',
    'fetch.max.bytes',
    'fetch.purgatory.purge.interval.requests',
    'inter.broker.listener.name',
    'internal.metadata.max.batch.size.in.bytes',
    'internal.metadata.max.fetch.size.in.bytes',
    'log.dir',
    'max.connection.creation.rate',
    'max.connections',
    'max.connections.per.ip',
    'max.connections.per.ip.overrides',
    'max.incremental.fetch.session.cache.slots',
    'num.io.threads',
    'num.network.threads',
    'num.recovery.threads.per.data.dir',
    'num.replica.alter.log.dirs.threads',
    'principal.builder.class',
    'producer.purgatory.purge.interval.requests',
    'queued.max.request.bytes',
    'queued.max.requests',
    'replica.socket.receive.buffer.bytes',
    'server.max.startup.time.ms',
    'socket.connection.setup.timeout.max.ms',
    'socket.connection.setup.timeout.ms',
    'socket.listen.backlog.size',
    'socket.receive.buffer.bytes',
    'socket.request.max.bytes',
    'socket.send.buffer.bytes',
    'unstable.api.versions.enable',
    'unstable.feature.versions.enable',
  ],
  topic: [
    'compression.gzip.level',
    'compression.lz4.level',
    'compression.type',
    'compression.zstd.level',
    'index.interval.bytes',
    'message.downconversion.enable',
    'message.format.version',
    'message.timestamp.type',
    'preallocate',
  ],
  producer: [
    'bootstrap.servers',
    'client.dns.lookup',
    'client.id',
    'compression.gzip.level',
    'compression.lz4.level',
    'compression.type',
    'compression.zstd.level',
    'enable.metrics.push',
    'key.serializer',
    'metadata.max.idle.ms',
    'receive.buffer.bytes',
    'send.buffer.bytes',
    'value.serializer',
  ],
  consumer: [
    'allow.auto.create.topics',
    'bootstrap.servers',
    'client.dns.lookup',
    'client.id',
    'enable.metrics.push',
    'exclude.internal.topics',
    'key.deserializer',
    'receive.buffer.bytes',
    'send.buffer.bytes',
    'value.deserializer',
  ],
};

/** Whole families, by the beginning of their names; looked up after the single names. */
const families: readonly (readonly [prefix: string, scopes: readonly Scope[] | null, row: BearingRow])[] = [
  family('sasl.', null, 'Authentication is not part of the model.'),
  family('ssl.', null, 'Encryption is not part of the model.'),
  family('security.', null, 'Access is not part of the model.'),
  family('metric.', null, 'Metrics are not part of the model.'),
  family('metrics.', null, 'Metrics are not part of the model.'),
  family('auto.include.jmx', null, 'Metrics are not part of the model.'),
  family('telemetry.', ['broker'], 'Metrics are not part of the model.'),
  family('kafka.metrics.', ['broker'], 'Metrics are not part of the model.'),
  family('listener', ['broker'], 'Addresses are widened to the cluster: the network is simulated.'),
  family('advertised.', ['broker'], 'Addresses are widened to the cluster: the network is simulated.'),
  family('password.', ['broker'], 'Secrets are not part of the model.'),
  family('delegation.token.', ['broker'], 'Authentication is not part of the model.'),
  family('quota.', ['broker'], 'Quotas are not part of the model.'),
  family('controller.quota.', ['broker'], 'Quotas are not part of the model.'),
  family('replication.quota.', ['broker'], 'Quotas are not part of the model.'),
  family('alter.log.dirs.', ['broker'], 'Quotas are not part of the model.'),
  [
    'zookeeper.',
    ['broker'],
    {
      bearing: 'could matter, not modelled',
      sentence: 'How brokers connect to ZooKeeper; only the session time-out is modelled.',
    },
  ],
  ...['group.', 'offset.', 'offsets.', 'share.'].map((prefix): (typeof families)[number] => [
    prefix,
    ['broker'],
    { bearing: 'could matter, not modelled', sentence: 'The model has no part of groups that looks at it.' },
  ]),
  ...['transaction.', 'transactional.', 'add.partitions.'].map((prefix): (typeof families)[number] => [
    prefix,
    ['broker'],
    { bearing: 'could matter, not modelled', sentence: 'The model has no part of transactions that looks at it.' },
  ]),
  [
    'remote.',
    ['broker', 'topic'],
    { bearing: 'could matter, not modelled', sentence: 'Tiered storage is not modelled.' },
  ],
];

function family(prefix: string, scopes: readonly Scope[] | null, sentence: string): (typeof families)[number] {
  return [prefix, scopes, { bearing: 'no bearing on safety', sentence }];
}

/** Every name that stands here by itself: each must be a setting of some release. */
export function classifiedNames(scope: Scope): readonly string[] {
  return [...Object.keys(modelled[scope]), ...couldMatter[scope].flatMap(([, names]) => names), ...noBearing[scope]];
}

/**
 * The bearing of a setting by its own name; undefined if this table does not know it. A broker setting that is only the
 * default of a topic setting has the bearing of that one: `table.ts` looks there.
 */
export function bearingByName(scope: Scope, name: string): BearingRow | undefined {
  const acted = modelled[scope][name];
  if (acted !== undefined) return { bearing: 'modelled', sentence: acted };
  for (const [why, names] of couldMatter[scope]) {
    if (names.includes(name)) return { bearing: 'could matter, not modelled', sentence: why };
  }
  if (noBearing[scope].includes(name)) {
    return {
      bearing: 'no bearing on safety',
      sentence: 'Speed, size, names or access: nothing that a guarantee rests on.',
    };
  }
  return families.find(
    ([prefix, scopes]) => name.startsWith(prefix) && (scopes === null || scopes.includes(scope)),
  )?.[2];
}
