/** What settings leave open, a row each: what can happen, why, and what would close it. */
import type { HistoryHeader } from '../../../histories/operation.js';
import type { Gap } from '../../checker.js';
import {
  allowsUnclean,
  allProducers,
  allTransactional,
  fencesFormerOwners,
  hasRule,
  keepsUnsynced,
  partitionsOf,
  type PartitionSettings,
  type ProducerGuarantees,
} from '../settings.js';

const acksZero: Gap = {
  id: 'acks-0',
  sentence:
    'Under acks=0 a record may be lost at any time, even before a broker has it: the producer asks nobody whether it arrived.',
  source: 'Kafka documentation, producer configuration: acks',
  applies: (header) => someProducer(header, ({ acks }) => acks === 0),
  closedBy: 'acks=all',
};

const acksOne: Gap = {
  id: 'acks-1',
  sentence:
    'Under acks=1 an acknowledged record is lost when leadership changes before a follower has fetched it, or when the leader was deposed already and has not heard of it. min.insync.replicas is not asked.',
  source: 'Kafka documentation, producer configuration: acks',
  applies: (header) => someProducer(header, ({ acks }) => acks === 1),
  closedBy: 'acks=all',
};

const oneReplica: Gap = {
  id: 'one-replica',
  sentence:
    'With replication.factor=1 there is no other copy: while the broker is away the partition takes no writes, and what its disk loses is lost.',
  source: 'Kafka documentation, Replication',
  applies: (header) => somePartition(header, ({ replicas }) => replicas === 1),
  closedBy: 'replication.factor=3 with min.insync.replicas=2',
};

const ackedByOne: Gap = {
  id: 'min-insync-replicas-1',
  sentence:
    'With min.insync.replicas=1 the ISR may shrink to the leader alone; acks=all then asks nobody else, and what that one replica loses afterwards is lost.',
  source: 'Kafka documentation, topic configuration: min.insync.replicas',
  applies: (header) =>
    hasAcksAll(header) &&
    somePartition(header, ({ replicas, minInsyncReplicas }) => replicas > 1 && minInsyncReplicas <= 1),
  closedBy: 'min.insync.replicas=2',
};

const unclean: Gap = {
  id: 'unclean-election',
  sentence:
    'With unclean.leader.election.enable=true a replica outside the ISR may be elected when no member is left, and acknowledged records that it lacks are lost.',
  source: 'KIP-106',
  applies: allowsUnclean,
  closedBy: 'unclean.leader.election.enable=false',
};

const frozenIsr: Gap = {
  id: 'last-replica-standing',
  sentence:
    'The last member of an ISR stays in it whatever happens to its disk. If power loss takes its unsynced tail, it is elected all the same, cleanly, and acknowledged records are lost.',
  source: 'KIP-966 (motivation)',
  applies: (header) => keepsUnsynced(header) && !hasRule(header, 'eligibleLeaderReplicas'),
  closedBy: 'flush.messages=1, or eligible leader replicas (Kafka 4.1)',
};

const tooManyImpaired: Gap = {
  id: 'too-many-impaired',
  sentence:
    'With eligible leader replicas too, records are lost when min.insync.replicas or more replicas of a partition lose unsynced data at once: a rack, or the whole room, without power.',
  source: 'KIP-966',
  applies: (header) => keepsUnsynced(header) && hasRule(header, 'eligibleLeaderReplicas'),
  closedBy: 'flush.messages=1',
};

const lastKnownLeader: Gap = {
  id: 'last-known-leader',
  sentence:
    'With eligible leader replicas a broker that was killed counts as one that lost data. When no replica is left that stopped in order, whoever led last is elected, and acknowledged records that power loss took from it are lost, though killed replicas still have them.',
  source: 'KIP-966; PartitionChangeBuilder.canElectLastKnownLeader',
  applies: (header) => keepsUnsynced(header) && hasRule(header, 'eligibleLeaderReplicas'),
  closedBy: 'flush.messages=1',
};

const bitRot: Gap = {
  id: 'bit-rot',
  sentence:
    'A batch that the disk damages is noticed by whoever reads it, never by who acknowledged it: it is lost on that replica, and on a leader it keeps followers and readers from getting any further.',
  source: 'UnifiedLog.analyzeAndValidateRecords; AbstractFetcherThread on CorruptRecordException',
  applies: () => true,
  closedBy: null,
};

const duplicates: Gap = {
  id: 'retries-without-idempotence',
  sentence:
    'Without idempotence a batch whose answer is lost is sent again, and stands in the log twice if the first attempt had been appended.',
  source: 'KIP-98 (motivation)',
  applies: (header) => someProducer(header, ({ idempotent, retries }) => !idempotent && retries > 0),
  closedBy: 'enable.idempotence=true (with acks=all, and at most 5 in flight)',
};

const reordering: Gap = {
  id: 'in-flight-without-idempotence',
  sentence:
    'Without idempotence a batch that is retried stands behind the batches that were in flight with it: records of a key out of order.',
  source: 'Kafka documentation, producer configuration: max.in.flight.requests.per.connection',
  applies: (header) => someProducer(header, (one) => !one.idempotent && one.retries > 0 && one.maxInFlight > 1),
  closedBy: 'enable.idempotence=true, or max.in.flight.requests.per.connection=1',
};

const lateRequests: Gap = {
  id: 'late-request',
  sentence:
    "Without idempotence a request may outlive its client's wait: its records are appended after the producer has given them up, behind later ones.",
  source:
    'NetworkClient.handleTimedOutRequests: a time-out closes the connection, and what was written to it still arrives',
  applies: (header) => someProducer(header, ({ idempotent }) => !idempotent),
  closedBy: 'enable.idempotence=true',
};

const idempotenceEnds: Gap = {
  id: 'idempotence-ends-with-the-session',
  sentence:
    'Idempotence ends with the producer session: what an application sends again after a restart, or after a send that timed out, is written again.',
  source: 'KIP-98',
  applies: (header) => someProducer(header, ({ idempotent }) => idempotent) && !allTransactional(header),
  closedBy: 'transactional.id, or an application that can tell repeated records',
};

const readsUncommitted: Gap = {
  id: 'read-uncommitted',
  sentence:
    'A consumer with isolation.level=read_uncommitted, the default, reads what a transaction wrote before it is known whether that is committed.',
  source: 'KIP-98; Kafka documentation, consumer configuration: isolation.level',
  applies: ({ settings }) =>
    hasClientSetting(settings, 'transactional.id', (id) => id !== '') &&
    hasClientSetting(settings, 'isolation.level', (level) => level !== 'read_committed'),
  closedBy: 'isolation.level=read_committed',
};

const zombies: Gap = {
  id: 'offsets-without-group-metadata',
  sentence:
    'Offsets that are sent to a transaction with the name of the group alone are taken from anybody: a member that was paused, and replaced, commits what another has processed meanwhile.',
  source: 'KIP-447 (motivation); KafkaProducer.sendOffsetsToTransaction(offsets, consumerGroupId)',
  applies: (header) => !fencesFormerOwners(header),
  closedBy:
    'sendOffsetsToTransaction(offsets, consumer.groupMetadata()), fencing: group-metadata; before Kafka 2.5 a transactional.id for each partition, fencing: partition',
};

const writesStop: Gap = {
  id: 'min-insync-replicas-equals-replication-factor',
  sentence:
    'With min.insync.replicas equal to the replication factor one absent broker stops all writes under acks=all; nothing is lost by it.',
  source: 'Kafka documentation, topic configuration: min.insync.replicas',
  applies: (header) =>
    hasAcksAll(header) &&
    somePartition(header, ({ replicas, minInsyncReplicas }) => replicas > 1 && minInsyncReplicas >= replicas),
  closedBy: 'min.insync.replicas below the replication factor',
};

/** Of a spec in which somebody alters min.insync.replicas. */
export const eligibleForgotten: Gap = {
  id: 'eligible-replicas-cleared',
  sentence:
    'Altering min.insync.replicas makes the controller forget which replicas are eligible to lead, and which led last: of what was acknowledged before only the ISR is known to have it, and a partition without a leader, whose ISR is empty, is left with nobody who may lead it.',
  source: 'KIP-966; ConfigurationControlManager.createClearElrRecordsAsNeeded',
  applies: (header) => hasRule(header, 'eligibleLeaderReplicas'),
  closedBy: null,
};

export const gaps: readonly Gap[] = [
  acksZero,
  acksOne,
  oneReplica,
  ackedByOne,
  unclean,
  frozenIsr,
  tooManyImpaired,
  lastKnownLeader,
  bitRot,
  duplicates,
  reordering,
  lateRequests,
  idempotenceEnds,
  readsUncommitted,
  zombies,
  writesStop,
];

function hasClientSetting(
  settings: HistoryHeader['settings'],
  name: string,
  is: (value: string | number | boolean) => boolean,
): boolean {
  return Object.entries(settings).some(([key, value]) => (key === name || key.endsWith(`:${name}`)) && is(value));
}

function hasAcksAll(header: HistoryHeader): boolean {
  return someProducer(header, ({ acks }) => acks === 'all');
}

function someProducer(header: HistoryHeader, is: (producer: ProducerGuarantees) => boolean): boolean {
  return allProducers(header).some(is);
}

function somePartition(header: HistoryHeader, is: (partition: PartitionSettings) => boolean): boolean {
  return partitionsOf(header).some(is);
}
