/** What users can demand, whatever the settings (DESIGN: which anomalies each forbids). */
import type { Requirement } from '../../checker.js';

/** A group's offset that goes back, so that records are processed again. */
const wentBack = ['committed-regression', 'committed-nonlinearizable', 'committed-phantom'];
/** One that passes records that nobody has processed. */
const wentAhead = ['committed-too-far', 'committed-beyond-end', 'committed-nonlinearizable', 'committed-phantom'];

export const noLostWrites: Requirement = {
  name: 'no-lost-writes',
  sentence: 'Every acknowledged record can be read, at the offset that was acknowledged, whichever replica leads.',
  forbids: ['lost-write', 'unseen', 'inconsistent-offsets', 'ack-offset-mismatch'],
};

export const keyOrder: Requirement = {
  name: 'key-order',
  sentence:
    'What one producer session sent stands in the log in the order in which it was sent, and the records of one key in one partition.',
  forbids: ['nonmonotonic-send', 'int-nonmonotonic-send', 'key-order', 'partition-instability'],
};

export const noDuplicates: Requirement = {
  name: 'no-duplicates',
  sentence: 'No record stands in the log twice.',
  forbids: ['duplicate'],
};

export const pollOrder: Requirement = {
  name: 'poll-order',
  sentence: 'A consumer reads each partition in the order of its offsets, leaving nothing out and repeating nothing.',
  forbids: ['poll-skip', 'nonmonotonic-poll', 'int-poll-skip', 'int-nonmonotonic-poll'],
};

export const exactlyOnce: Requirement = {
  name: 'exactly-once',
  sentence: 'Every transaction is read in full and once, or not at all.',
  forbids: [
    ...noLostWrites.forbids,
    ...keyOrder.forbids,
    ...noDuplicates.forbids,
    'G1a',
    'G1a-failed-reader',
    'torn-transaction',
    'interleaved-transactions',
    'precommitted-read',
    'G1c',
    'G1c-process',
    'G1c-realtime',
    'ctp-duplicate',
    'ctp-missing',
    'ctp-phantom',
    'ctp-torn',
    'ctp-order',
    'count-too-high',
    'count-too-low',
    'zombie-output',
    ...new Set([...wentBack, ...wentAhead]),
    'overlapping-ownership',
  ],
};

export const processedAtLeastOnce: Requirement = {
  name: 'processed-at-least-once',
  sentence: 'Every record below the committed offset of a group was processed.',
  forbids: ['skipped', 'ctp-missing', 'count-too-low', ...wentAhead],
};

export const processedAtMostOnce: Requirement = {
  name: 'processed-at-most-once',
  sentence: 'No record was processed twice by a group.',
  forbids: [
    'reprocessed',
    'ctp-duplicate',
    'count-too-high',
    'duplicate-consumption',
    ...wentBack,
    'overlapping-ownership',
  ],
};

export const processedInOrder: Requirement = {
  name: 'processed-in-order',
  sentence: 'A group processes the records of each key in the order of the log; what it processes again may follow.',
  forbids: ['processed-out-of-order', 'ctp-order'],
};

export const writableAgain: Requirement = {
  name: 'writable-again',
  sentence:
    'After the faults are healed, a new send to every partition is acknowledged and read within the bound, and every ISR becomes whole.',
  forbids: ['stuck'],
};

/** Of a history that is checked: it needs a bound, and no spec can name it. @param bound in words: "5s" */
export function maxLag(bound: string): Requirement {
  return {
    name: 'max-lag',
    sentence: `No poll ends before a record that had been known to exist for more than ${bound} when it was invoked.`,
    forbids: ['realtime-lag'],
  };
}
