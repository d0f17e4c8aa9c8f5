/** What Kafka promises the members of consumer groups. */
import type { Guarantee } from '../../checker.js';
import { commitsAfterProcessing, hasGroups, isStreamsApplication } from '../settings.js';

export const committedOffsets: Guarantee = {
  id: 'committed-offsets',
  sentence:
    "An offset that a group's coordinator acknowledged is what it answers from then on, until another is committed.",
  source: 'GroupMetadataManager (offsets are replicated as records sent with acks=all are)',
  assumptions: [
    'No leader of __consumer_offsets loses records that were replicated.',
    'Whoever is asked is still the coordinator: one that was deposed, and has not heard of it, answers from what it has.',
  ],
  covers: (header) =>
    hasGroups(header) ? ['committed-regression', 'committed-nonlinearizable', 'committed-phantom'] : [],
};

export const oneOwner: Guarantee = {
  id: 'one-owner',
  sentence: 'In one generation of a group each partition has one owner.',
  source: "GroupCoordinator (generations), Kafka's own assignors",
  assumptions: [
    'No leader of __consumer_offsets loses records that were replicated: generations would be counted anew.',
  ],
  covers: (header) => (hasGroups(header) ? ['overlapping-ownership', 'W17'] : []),
};

export const fencedCommits: Guarantee = {
  id: 'fenced-commits',
  sentence:
    'A coordinator takes offsets from members of the present generation of their group alone, and none that the partition has not reached.',
  source: 'GroupCoordinator.validateOffsetCommit; KIP-447',
  assumptions: ['No leader of __consumer_offsets, or of the partition, loses records that were replicated.'],
  covers: (header) => (hasGroups(header) ? ['W18', 'W19'] : []),
};

export const atLeastOnce: Guarantee = {
  id: 'processed-before-committed',
  sentence:
    'A group whose members commit what they have processed, and begin at the earliest offset where none is committed, has processed every record below its committed offset.',
  source: 'ConsumerCoordinator; GroupCoordinator.validateOffsetCommit (only members of the generation commit)',
  assumptions: ['No leader of the partition loses records that consumers could read.'],
  covers: (header) => (commitsAfterProcessing(header) ? ['skipped'] : []),
};

export const processedInOrder: Guarantee = {
  id: 'processed-in-order',
  sentence:
    'A group whose members commit what they have processed, and begin at the earliest offset where none is committed, processes each record for the first time when it has processed those below it.',
  source: 'SubscriptionState (positions only go forward); GroupCoordinator.validateOffsetCommit',
  assumptions: [
    'No leader of the partition loses records that consumers could read.',
    'Nothing removes a record by policy while the group is busy with it.',
  ],
  covers: (header) => (commitsAfterProcessing(header) ? ['processed-out-of-order'] : []),
};

export const atLeastOnceOutput: Guarantee = {
  id: 'output-before-committed',
  sentence:
    'A Kafka Streams application commits an offset when all outputs of the records below it are acknowledged: each of them has one, or several.',
  source: 'StreamTask.prepareCommit, RecordCollectorImpl.flush',
  assumptions: ['No leader loses records, or offsets of the group, that were replicated.'],
  covers: (header) => (isStreamsApplication(header) && commitsAfterProcessing(header) ? ['ctp-missing'] : []),
};
