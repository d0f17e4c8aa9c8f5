/**
 * Named interesting states, recognised from probes. A campaign counts the trials that reached each, so that a clean run in
 * which no log was ever truncated does not pass for evidence.
 *
 * A recogniser belongs to one trial, is fed that trial's probes of its kinds in order, and answers true when the situation
 * is reached.
 */
import { KernelProbe } from '../kernel/probes.js';
import type { Situation, System } from '../system.js';
import { DeposedLeaders } from './deposed-leaders.js';
import { groupSituations } from './group-situations.js';
import { logDirSituations } from './log-dir-situations.js';
import { ElectionReason, LogStartReason, LossReason, Probe, Removal, TruncateReason } from './probes.js';
import { numberPartitions } from './partition-table.js';
import { KafkaError } from './protocol/errors.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import { reassignmentSituations } from './reassignment-situations.js';
import { releaseSituations } from './release-situations.js';
import { SendOrder } from './send-order.js';
import { settingsSituations } from './settings-situations.js';
import { always, needing, situation, type Recogniser } from './situation.js';
import type { KafkaSystem } from './system.js';

/** Why faults alone, however many, do not bring a situation about: what else a spec must have. */
const NEEDS = {
  reassignments:
    'an administrator who moves replicas, Kafka 2.4 or later: a spec that lists the fault partition-reassigned',
  additions: 'an administrator who adds partitions: a spec that lists the fault partitions-added',
  alterations:
    'an administrator who alters settings of topics, Kafka 0.11 or later: a spec that lists the fault settings-altered',
  voterChanges:
    'an administrator who changes the voters of the metadata quorum, Kafka 3.9 or later: a spec that lists the fault voter-removed',
  logDirs: 'brokers with several log directories: log.dirs',
  upgrade: 'an administrator who installs another release: a spec that lists the fault rolling-upgrade',
  eligibleLeaderReplicas: 'eligible leader replicas: Kafka 4.1, or the rule eligible-leader-replicas (KIP-966)',
  noHighWatermarkGate:
    'a high watermark that moves while the ISR is smaller than min.insync.replicas: before Kafka 3.7 (KAFKA-15583)',
  compaction: 'a topic with cleanup.policy=compact',
  deletion: 'retention that is over within the trial, or an administrator who deletes records',
  unsyncedQuorum: 'a quorum that does not sync its log: the defect KAFKA-10533',
  zookeeper: 'ZooKeeper: control mode zookeeper',
  oldZookeeper: 'ZooKeeper, and Kafka before 2.1',
  groups: 'consumers with a group.id, and for some a protocol or transactions of theirs',
} as const;

export const kafkaSituations: readonly Situation[] = [
  situation(
    'isr-shrank',
    'An ISR lost a member: it fell behind, or the controller fenced it.',
    [Probe.partitionChanged],
    () => isrChange((before, after) => (before & ~after) !== 0),
  ),
  situation('isr-expanded', 'A replica caught up and entered an ISR.', [Probe.partitionChanged], () =>
    isrChange((before, after) => (after & ~before) !== 0),
  ),
  situation(
    'isr-below-min',
    'An ISR became smaller than min.insync.replicas: acks=all is refused.',
    [Probe.partitionChanged],
    (system) => (_kind, _machine, key, _leader, _epoch, isr) =>
      sizeOf(isr) < kafka(system).view().minInsyncReplicas(key),
  ),
  situation('leader-moved', 'A partition got another leader.', [Probe.elected], leaderMoved),
  situation(
    'leader-moved-on-purpose',
    'Leadership was moved from a live leader: to the preferred replica, or by an administrator.',
    [Probe.elected],
    () => (_kind, _machine, _key, _leader, _epoch, _old, reason) =>
      reason === ElectionReason.preferred || reason === ElectionReason.transferred,
  ),
  ...needing(NEEDS.reassignments, ...reassignmentSituations),
  ...needing(NEEDS.logDirs, ...logDirSituations),
  ...needing(NEEDS.upgrade, ...releaseSituations),
  ...needing(
    NEEDS.voterChanges,
    situation(
      'voters-changed',
      'A voter was added to the metadata quorum or removed from it, and a majority of the new voters committed that (KIP-853).',
      [Probe.quorumVoters],
      always,
    ),
  ),
  ...needing(
    NEEDS.additions,
    situation('partitions-created', 'A topic that was in use got another partition.', [Probe.elected], (system) => {
      const { isAddition } = numberPartitions(kafka(system).spec.topics);
      return (_kind, _machine, key) => isAddition[key];
    }),
  ),
  ...needing(NEEDS.alterations, ...settingsSituations),
  situation(
    'unclean-election',
    'A replica from outside the ISR was elected.',
    [Probe.elected],
    () => (_kind, _machine, _key, _leader, _epoch, _old, reason) => reason === ElectionReason.unclean,
  ),
  ...needing(
    NEEDS.eligibleLeaderReplicas,
    situation(
      'elr-elected',
      'A replica that was eligible to lead, though outside the ISR, was elected (KIP-966).',
      [Probe.elected],
      () => (_kind, _machine, _key, _leader, _epoch, _old, reason) => reason === ElectionReason.eligible,
    ),
    situation(
      'elr-kept',
      'A replica left an ISR below min.insync.replicas and stayed eligible to lead (KIP-966).',
      [Probe.elrChanged],
      () => (_kind, _machine, _key, elr) => elr !== 0,
    ),
    situation(
      'elr-member-removed',
      'A replica came back from a stop that was not in order, and was eligible no more (KIP-966).',
      [Probe.brokerRegistered, Probe.elrChanged, Probe.partitionChanged],
      removedFromElr,
    ),
    situation(
      'isr-empty',
      'An ISR lost its last member: an eligible leader replica, or the last known leader, has to come back.',
      [Probe.partitionChanged],
      () => (_kind, _machine, _key, _leader, _epoch, isr) => isr === 0,
    ),
    situation(
      'last-known-leader-elected',
      'Nobody was known to be complete any more, and whoever led last was elected as it was (KIP-966).',
      [Probe.elected],
      () => (_kind, _machine, _key, _leader, _epoch, _old, reason) => reason === ElectionReason.lastKnownLeader,
    ),
  ),
  situation(
    'no-leader',
    'A partition had no leader.',
    [Probe.partitionChanged],
    () => (_kind, _machine, _key, leader) => leader === NO_LEADER,
  ),
  situation(
    'frozen-isr',
    'The last member of an ISR was away and nobody else could be elected: the partition waited for it.',
    [Probe.partitionChanged],
    (system) => (_kind, _machine, key, leader, _epoch, isr) =>
      leader === NO_LEADER && sizeOf(isr) === 1 && system.replicas(key).length > 1,
  ),
  situation(
    'log-truncated',
    'A follower cut off records that its leader does not have.',
    [Probe.truncate],
    () => (_kind, _machine, _key, _end, _oldEnd, reason) => reason !== TruncateReason.recovery,
  ),
  situation(
    'log-truncated-below-high-watermark',
    'A follower cut off records below its own high watermark.',
    [Probe.truncate, Probe.highWatermark, Probe.logLoaded],
    truncatedBelowHighWatermark,
  ),
  situation(
    'follower-high-watermark-went-back',
    'A follower took over a lower high watermark from its leader.',
    [Probe.highWatermark],
    () => (_kind, _machine, _key, highWatermark, old, _epoch, asLeader) => asLeader === 0 && highWatermark < old,
  ),
  situation(
    'retry-deduplicated',
    'A leader recognised the retry of a batch that it had already appended.',
    [Probe.deduplicated],
    always,
  ),
  refused(
    'out-of-order-sequence-refused',
    'A leader refused a batch whose sequence does not follow the last one.',
    KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ),
  refused(
    'writes-refused',
    'A leader refused acks=all, its ISR being smaller than min.insync.replicas (NOT_ENOUGH_REPLICAS).',
    KafkaError.NOT_ENOUGH_REPLICAS,
  ),
  ...needing(
    NEEDS.noHighWatermarkGate,
    refused(
      'not-enough-replicas-after-append',
      'A batch was appended, and the ISR was too small when its answer was due (NOT_ENOUGH_REPLICAS_AFTER_APPEND).',
      KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    ),
  ),
  refused(
    'request-timed-out-in-purgatory',
    'A batch was appended, and its replication took longer than the request would wait.',
    KafkaError.REQUEST_TIMED_OUT,
  ),
  situation(
    'two-leaders-at-once',
    'Two running brokers believed that they led a partition: the deposed one still acted, or both wrote the same offset.',
    DeposedLeaders.kinds([Probe.append, Probe.readServed, Probe.acknowledged]),
    twoLeaders,
  ),
  situation(
    'deposed-leader-acknowledged',
    'A broker acknowledged a write after another had taken its leadership over.',
    DeposedLeaders.kinds([Probe.acknowledged]),
    deposedLeaderActed,
  ),
  situation(
    'stale-read-served',
    'A broker served a read after another had taken its leadership over.',
    DeposedLeaders.kinds([Probe.readServed]),
    deposedLeaderActed,
  ),
  situation(
    'stale-fetch-fenced',
    'A fetch was refused because it named an older leader epoch than the leader had.',
    [Probe.fetchRefused],
    () => (_kind, _machine, _key, error) => error === KafkaError.FENCED_LEADER_EPOCH,
  ),
  situation('broker-fenced', 'The controller fenced a broker: its session was over.', [Probe.brokerFenced], always),
  situation(
    'broker-restarted-unclean',
    'A broker came back after a kill or power loss and recovered its logs.',
    [Probe.logLoaded],
    () => (_kind, _machine, _key, _end, _highWatermark, unclean) => unclean === 1,
  ),
  situation(
    'unsynced-data-lost',
    'Power loss took records that were written and not yet fsynced.',
    [Probe.dataLost],
    () => (_kind, _machine, _key, _first, _oldEnd, reason) => reason === LossReason.powerLoss,
  ),
  situation('segment-rolled', 'A log began a new segment, and flushed the one before.', [Probe.segmentRolled], always),
  ...needing(
    NEEDS.compaction,
    situation(
      'log-compacted',
      'The log cleaner removed a record that a later one of its key superseded.',
      [Probe.compacted],
      () => (_kind, _machine, _key, _offset, _epoch, _value, supersededBy) => supersededBy >= 0,
    ),
    situation(
      'tombstone-dropped',
      'The log cleaner removed a tombstone, delete.retention.ms after it had met it.',
      [Probe.compacted],
      () => (_kind, _machine, _key, _offset, _epoch, _value, why) => why === Removal.tombstone,
    ),
    situation(
      'gap-copied',
      'A follower copied a log from which its leader had compacted something away.',
      [Probe.logGap],
      always,
    ),
  ),
  situation(
    'log-cut-by-recovery',
    'A broker that started found a damaged batch and dropped all that followed.',
    [Probe.truncate],
    () => (_kind, _machine, _key, _end, _oldEnd, reason) => reason === TruncateReason.recovery,
  ),
  situation(
    'damaged-batch-read',
    'A reader met a batch with a wrong checksum (CORRUPT_MESSAGE): below the recovery point nobody had looked.',
    [Probe.fetchRefused],
    () => (_kind, _machine, _key, error) => error === KafkaError.CORRUPT_MESSAGE,
  ),
  ...needing(
    NEEDS.deletion,
    situation(
      'records-deleted',
      'A log began later: old segments were deleted by policy, or records on request.',
      [Probe.logStart],
      () => (_kind, _machine, _key, _start, _old, reason) =>
        reason === LogStartReason.segmentDeletion || reason === LogStartReason.clientDeletion,
    ),
  ),
  situation(
    'producer-window-shortened',
    "A replica's knowledge of a producer was cut to its newest batch, or expired: it recognises no older batch of it.",
    [Probe.producerWindow],
    always,
  ),
  situation(
    'duplicate-registration-refused',
    "A restarted broker had to wait for the end of its former life's session.",
    [Probe.registrationRefused],
    () => (_kind, _machine, _key, _broker, error) => error === KafkaError.DUPLICATE_BROKER_REGISTRATION,
  ),
  situation('alter-partition-refused', 'The controller refused an ISR change.', [Probe.alterPartitionRefused], always),
  situation(
    'controller-restarted',
    'A controller took over again after itself and granted every broker a fresh session.',
    [Probe.controllerReady],
    () => succession((before, now) => before === now),
  ),
  situation(
    'controller-failed-over',
    'Another controller took over and granted every broker a fresh session.',
    [Probe.controllerReady],
    () => succession((before, now) => before !== now),
  ),
  situation(
    'controller-resigned',
    'The leader of the quorum gave up: no majority fetched from it any more.',
    [Probe.quorumResigned],
    always,
  ),
  situation(
    'uncommitted-decision-reverted',
    'A deposed controller took back what it had decided and no majority had.',
    [Probe.uncommittedReverted],
    always,
  ),
  situation(
    'metadata-snapshot-loaded',
    'A controller or a broker took up the cluster from a snapshot of the metadata.',
    [Probe.metadataSnapshotLoaded],
    always,
  ),
  ...needing(
    NEEDS.unsyncedQuorum,
    situation(
      'committed-metadata-lost',
      'The controllers decided once more what they had already committed.',
      [Probe.metadataLost],
      always,
    ),
  ),
  ...needing(
    NEEDS.zookeeper,
    situation(
      'two-controllers-at-once',
      'A broker that was no longer the controller had not heard of it when the next one began to act (ZooKeeper).',
      [Probe.controllerReady, Probe.controllerResigned, KernelProbe.processKilled, KernelProbe.powerLost],
      twoControllers,
    ),
  ),
  ...needing(
    NEEDS.oldZookeeper,
    situation(
      'zombie-controller-wrote',
      "A former controller overwrote a partition's state after another had been elected (ZooKeeper, before 2.1).",
      [Probe.staleControllerWrote],
      always,
    ),
  ),
  ...needing(
    NEEDS.zookeeper,
    situation(
      'broker-session-expired',
      'ZooKeeper ended the session of a client that it had not heard.',
      [Probe.sessionExpired],
      always,
    ),
    situation(
      'zookeeper-leader-changed',
      'The ZooKeeper ensemble got another leader.',
      [Probe.ensembleLed],
      ensembleLeaderChanged,
    ),
  ),
  situation('batch-retried', 'A producer sent a batch once more.', [Probe.batchRetried], always),
  situation('batch-expired', 'A producer gave a batch up: delivery.timeout.ms.', [Probe.batchExpired], always),
  situation(
    'delivery-order-changed',
    'A leader appended two batches of a producer in another order than that in which they were first sent.',
    SendOrder.kinds,
    deliveryOrderChanged,
  ),
  ...needing(NEEDS.groups, ...groupSituations),
];

/** About the controller that was in charge before and the one that is now. */
function succession(is: (before: number, now: number) => boolean): Recogniser {
  let before = 0;
  return (_kind, machine) => {
    const reached = before !== 0 && is(before, machine);
    before = machine;
    return reached;
  };
}

/** A broker answered a produce request with this error. */
function refused(name: string, sentence: string, error: number): Situation {
  return situation(name, sentence, [Probe.refused], () => (_kind, _machine, _key, answered) => answered === error);
}

function kafka(system: System): KafkaSystem {
  return system as KafkaSystem;
}

/** Number of brokers in a bit mask. */
function sizeOf(mask: number): number {
  let size = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) size++;
  return size;
}

function isrChange(matters: (before: number, after: number) => boolean): Recogniser {
  const isrs: (number | undefined)[] = [];
  return (_kind, _machine, key, _leader, _epoch, isr) => {
    const before = isrs[key];
    isrs[key] = isr;
    return before !== undefined && matters(before, isr);
  };
}

/** Another than the last that led, be it with a time without a leader between. */
function leaderMoved(): Recogniser {
  const leaders: (number | undefined)[] = [];
  return (_kind, _machine, key, leader) => {
    if (leader === NO_LEADER) return false;
    const before = leaders[key];
    leaders[key] = leader;
    return before !== undefined && before !== leader;
  };
}

function truncatedBelowHighWatermark(): Recogniser {
  /** By machine, then key. */
  const highWatermarks: number[][] = [];
  return (kind, machine, key, a, b) => {
    const known = (highWatermarks[machine] ??= []);
    if (kind === Probe.truncate) return a < (known[key] ?? 0);
    known[key] = kind === Probe.logLoaded ? b : a;
    return false;
  };
}

/** A broker has registered, and what the controller decides next of a partition leaves it neither in the ELR nor in the ISR. */
function removedFromElr(system: System): Recogniser {
  const view = kafka(system).view();
  const eligible: number[] = [];
  /** By key: who left the ELR with the decision that is being announced. */
  const gone: number[] = [];
  let registered = 0;
  return (kind, _machine, key, a, _b, isr) => {
    if (kind === Probe.brokerRegistered) {
      registered = 1 << a;
    } else if (kind === Probe.elrChanged) {
      gone[key] = (eligible[key] ?? 0) & ~a;
      eligible[key] = a;
    } else {
      const removed = (gone[key] ?? 0) & ~isr & registered;
      gone[key] = 0;
      return removed !== 0 && sizeOf(isr) < view.minInsyncReplicas(key);
    }
    return false;
  };
}

/** Under KRaft controllers are ready too, with a log. */
function twoControllers(): Recogniser {
  const active = new Set<number>();
  return (kind, machine, _key, offset) => {
    if (kind !== Probe.controllerReady) {
      active.delete(machine);
      return false;
    }
    if (offset < 0) active.add(machine);
    return active.size > 1;
  };
}

function ensembleLeaderChanged(): Recogniser {
  let last = 0;
  return (_kind, machine) => {
    const isOther = last !== 0 && last !== machine;
    last = machine;
    return isOther;
  };
}

/** Any of the kinds of probes besides those about who leads is a leader's deed. */
function deposedLeaderActed(): Recogniser {
  const leaders = new DeposedLeaders();
  return (kind, machine, key, a) => !leaders.follow(kind, machine, key, a) && leaders.isDeposed(machine, key);
}

/** A write that the deposed leader had taken before it was deposed counts once its successor writes at the same offset. */
function twoLeaders(): Recogniser {
  const leaders = new DeposedLeaders();
  return (kind, machine, key, a, _b, _c, d) => {
    if (leaders.follow(kind, machine, key, a)) return false;
    if (kind !== Probe.append) return leaders.isDeposed(machine, key);
    if (d === 0) return false;
    leaders.appended(machine, key, a);
    return leaders.isDeposed(machine, key) || leaders.isForkedAt(machine, key, a);
  };
}

function deliveryOrderChanged(): Recogniser {
  const order = new SendOrder();
  return (kind, machine, key, _a, b, c, d) => {
    if (kind === Probe.batchSent) {
      order.sent(machine, key, b);
      return false;
    }
    return kind === Probe.append && d === 1 && order.appended(key, c);
  };
}
