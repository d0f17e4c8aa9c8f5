/**
 * Where each known bug of producers, consumers, groups and transactions is told (known-bugs.md, B08 to B11 and B53 to B81):
 * as a preset, which presets.test.ts holds to what it expects, as scripted tests, or why it is not.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defectIds, defectOf, type DefectId } from '../../model/kafka/protocol/versions/defects.js';
import { loadPresets } from './presets.js';

interface Told {
  readonly presets?: readonly string[];
  /** File below `model/kafka/` and words of one of its tests. */
  readonly tests?: readonly (readonly [file: string, words: string])[];
  /** Of what it is not told in full: why. */
  readonly leftOut?: string;
}

const producer = 'clients/producer.test.ts';
const idempotence = 'clients/idempotence.test.ts';
const before25 = 'clients/producer-id-reset.test.ts';
const producerState = 'log/producer-state.test.ts';
const consumer = 'clients/consumer.test.ts';
const group = 'clients/group-consumer.test.ts';
const offsets = 'coordinator/group/offsets.test.ts';
const lateRequests = 'coordinator/transaction/late-requests.test.ts';
const transactionalOffsets = 'coordinator/group/transactional-offsets.test.ts';

const NOT_KAFKA = 'another system: Kafka has no such rule to leave out';

const bugs: Readonly<Record<string, Told>> = {
  B08: { presets: ['retries-reorder'], tests: [[producer, 'one request in flight keeps the order']] },
  B09: { presets: ['retries-duplicate'], tests: [[producer, 'a batch whose answer is lost is appended twice']] },
  B10: {
    presets: ['restart-duplicate'],
    tests: [[idempotence, 'with a new sequence they could be appended twice (KAFKA-14034)']],
  },
  B11: {
    tests: [
      [idempotence, 'when a batch expired after it had been sent'],
      [before25, 'gives the sequence of a batch that was refused for good to the next'],
      ['coordinator/transaction/end-to-end.test.ts', 'bumps the epoch before the next'],
    ],
  },
  B53: { tests: [['broker/client-requests.test.ts', 'committed up to the start of its epoch (KIP-207)']] },
  B54: {
    tests: [
      [consumer, 'calls its position out of range (B54)'],
      [consumer, 'gives the follower up when the leader changes (KAFKA-14379)'],
    ],
    leftOut: 'KAFKA-14372: a follower out of the ISR only lags, which no guarantee excludes',
  },
  B55: { tests: [[consumer, 'before 2.3 asks nothing, says no epoch, and reads past what was cut off']] },
  B56: { presets: ['at-most-once'], tests: [[group, 'before processing: what cannot be committed is not processed']] },
  B57: {
    tests: [[group, 'automatic: every interval, before a rebalance, and of positions']],
    leftOut:
      'KAFKA-2942: 0.9.0 alone had it, which has no row; handing records to another thread is an application of one’s own',
  },
  B58: { presets: ['slow-consumer'], tests: [[group, 'finishes what it had and cannot commit it']] },
  B59: {
    tests: [[offsets, 'expires when its group has been without members for offsets.retention.minutes']],
    leftOut: 'KAFKA-8069 takes offsets that an older release wrote, and days until they expire',
  },
  B60: { leftOut: 'it is the loss of a partition with one replica (stock), of a topic that is Kafka’s own' },
  B61: { leftOut: 'retention takes the epoch away after hours; what it is due to is not agreed upon (KAFKA-19902)' },
  B62: {
    presets: ['reset-latest-new-partition'],
    tests: [
      [group, 'begins where the group has committed, and by its policy where it has not'],
      [consumer, 'resets the position by policy: latest skips'],
    ],
  },
  B63: {
    tests: [
      [before25, 'begins at 0 under the same id where all that it wrote was deleted'],
      [producerState, 'a producer went with its last record before 2.4'],
    ],
  },
  B64: {
    tests: [
      [producerState, 'an unknown producer that goes on with a sequence was answered otherwise'],
      [producerState, 'is taken in without questions'],
    ],
    leftOut: 'KAFKA-6003: a follower of 0.11.0 checked sequences as leaders do; mended in 0.11.0.2',
  },
  B65: {
    tests: [[idempotence, 'goes before those that were sent after it, one at a time, and order holds']],
    leftOut:
      'KAFKA-8483, KAFKA-13794: batches in flight stand in a list here, which has no order of a heap to fall into',
  },
  B66: {
    tests: [
      [producerState, 'that is damaged gives way to the one before it'],
      ['log/log-loader.test.ts', 'KAFKA-9892, power loss may take the snapshot'],
    ],
    leftOut: 'KAFKA-6683 takes an append that fails half way: disks of the model lose and damage, and refuse nothing',
  },
  B67: {
    tests: [['log/transactions.test.ts', 'a producer with an open transaction does not expire']],
    leftOut: 'KAFKA-9144: an entry of a producer expires after days',
  },
  B68: {
    presets: ['late-end-txn'],
    tests: [
      [lateRequests, 'ends that one, as long as both have the same epoch'],
      [lateRequests, 'is refused when each transaction has an epoch of its own'],
    ],
  },
  B69: {
    presets: ['hanging-transaction'],
    tests: [
      [lateRequests, 'opens a transaction that nobody will ever end, without verification'],
      [lateRequests, 'is refused since leaders ask the coordinator first (KIP-890)'],
    ],
  },
  B70: {
    tests: [['log/transactions.test.ts', 'a verification guard falls with the marker']],
    leftOut: 'KAFKA-14884, KAFKA-14920 were never released',
  },
  B71: {
    presets: ['zombie-without-fencing'],
    tests: [
      [transactionalOffsets, 'is refused to whoever is not in the present generation (KIP-447)'],
      [transactionalOffsets, 'was taken from anyone before (2.4), a zombie among them'],
    ],
  },
  B72: { leftOut: 'KAFKA-10080: a race of two threads for one lock, which the answers to markers do not share here' },
  B73: { leftOut: 'KAFKA-9807: a fetch reads the high watermark once, in one step' },
  B74: {
    tests: [
      [transactionalOffsets, 'is acknowledged when its offsets can be read, and was before (KAFKA-17507)'],
      [transactionalOffsets, 'outside of the transaction is refused since leaders verify it (KIP-890)'],
    ],
  },
  B75: { leftOut: 'KAFKA-9307: a coordinator that ends half way in an exception of its session with ZooKeeper' },
  B76: { leftOut: NOT_KAFKA },
  B77: { leftOut: NOT_KAFKA },
  B78: { leftOut: NOT_KAFKA },
  B79: { leftOut: NOT_KAFKA },
  B80: {
    leftOut:
      'epochs are not used up in a trial; KAFKA-20357 and KAFKA-20785 fence a producer, which begins anew: nothing is lost or stuck',
  },
  B81: {
    tests: [
      ['broker/lag.test.ts', 'moves the high watermark at once, but for KAFKA-13091'],
      ['control/kraft/alter-partition.test.ts', 'begins a new leader epoch with a smaller ISR, up to 3.5'],
    ],
  },
};

describe('the known bug', () => {
  const names = new Set(loadPresets().map(({ name }) => name));

  it.each(Object.entries(bugs))('%s is told, or named with the reason why not', (_entry, told) => {
    const { presets = [], tests = [], leftOut } = told;
    expect(presets.length + tests.length > 0 || leftOut !== undefined).toBe(true);
    for (const preset of presets) expect(names).toContain(preset);
    for (const [file, words] of tests) {
      expect(readFileSync(new URL(`../../model/kafka/${file}`, import.meta.url), 'utf8')).toContain(words);
    }
  });

  it('is each of those that the catalogue has', () => {
    const numbers = [...range(8, 11), ...range(53, 81)].map((number) => `B${String(number).padStart(2, '0')}`);
    expect(Object.keys(bugs)).toEqual(numbers);
  });

  it('is left out in part where one of its defects cannot be turned on', () => {
    const isUntold = (id: DefectId): boolean => {
      const { catalogue, modelled, follows } = defectOf(id);
      return catalogue !== null && catalogue in bugs && !modelled && follows === undefined;
    };
    for (const id of defectIds.filter(isUntold)) {
      const { leftOut, tests = [] } = bugs[defectOf(id).catalogue!]!;
      expect(leftOut !== undefined || tests.some(([, words]) => words.includes(id)), id).toBe(true);
    }
  });
});

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
