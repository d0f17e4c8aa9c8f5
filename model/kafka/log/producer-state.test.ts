import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import type { RecordBatch } from '../protocol/records.js';
import { resolveMixedRules, resolveRules } from '../protocol/versions/resolve.js';
import type { Rules } from '../protocol/versions/rules.js';
import { ProducerSnapshots } from './producer-snapshots.js';
import { nextSequence, ProducerState } from './producer-state.js';
import { LogLab, NAME } from './testing/log-lab.js';

const rules = resolveRules('3.9');
let offset = 0;

/** A batch of producer 7. */
function batch(producerEpoch: number, baseSequence: number, count = 1, producerId = 7, timestamp = 0): RecordBatch {
  const records = Array.from({ length: count }, (_, i) => ({ key: null, value: offset + i, timestamp, bytes: 10 }));
  const appended = { baseOffset: offset, partitionLeaderEpoch: 0, producerId, producerEpoch, baseSequence };
  offset += count;
  return { ...appended, records, bytes: 10 * count };
}

/** A state that has taken these in. */
function stateOf(...batches: RecordBatch[]): ProducerState {
  return stateUnder(rules, ...batches);
}

function stateUnder(its: Rules, ...batches: RecordBatch[]): ProducerState {
  const state = new ProducerState(new ProducerSnapshots(new LogLab().host.disk, NAME), its, 10_000);
  for (const taken of batches) state.append(taken);
  return state;
}

const { NONE, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH } = KafkaError;

describe('a batch from a client', () => {
  it.each([
    ['goes on with the sequence', batch(0, 3), NONE],
    ['leaves a gap', batch(0, 4), OUT_OF_ORDER_SEQUENCE_NUMBER],
    ['repeats a part of one that was appended', batch(0, 2), OUT_OF_ORDER_SEQUENCE_NUMBER],
    ['is of an older epoch', batch(-1, 3), INVALID_PRODUCER_EPOCH],
    ['begins a new epoch at 0', batch(1, 0), NONE],
    ['begins a new epoch elsewhere', batch(1, 3), OUT_OF_ORDER_SEQUENCE_NUMBER],
    ['is of a producer that the log does not know, whatever its sequence', batch(0, 99, 1, 8), NONE],
    ['has no producer id', batch(-1, -1, 1, -1), NONE],
  ])('that %s', (_name, next, error) => {
    expect(stateOf(batch(0, 0, 3)).check(next)).toBe(error);
  });

  it('is checked for its epoch before its sequence', () => {
    expect(stateOf(batch(2, 0)).check(batch(1, 77))).toBe(INVALID_PRODUCER_EPOCH);
  });

  it('goes on from 0 after 2^31 - 1', () => {
    const last = batch(0, 0x7fffffff - 1, 2);
    expect(nextSequence(last)).toBe(0);
    expect(stateOf(last).check(batch(0, 0))).toBe(NONE);
  });
});

describe('a duplicate', () => {
  it('is one of the newest five, with the same first and last sequence, in the same epoch', () => {
    const batches = Array.from({ length: 6 }, (_, i) => batch(0, 2 * i, 2));
    const state = stateOf(...batches);
    expect(state.findDuplicate(batches[0])).toBeUndefined();
    for (const known of batches.slice(1)) expect(state.findDuplicate({ ...known, baseOffset: -1 })).toBe(known);
    expect(state.findDuplicate(batch(0, 10, 1))).toBeUndefined();
    expect(state.findDuplicate(batch(1, 10, 2))).toBeUndefined();
  });

  it('of a batch below the window is out of order', () => {
    const batches = Array.from({ length: 6 }, (_, i) => batch(0, i));
    expect(stateOf(...batches).check(batches[0])).toBe(OUT_OF_ORDER_SEQUENCE_NUMBER);
  });

  it('is not remembered across epochs', () => {
    const old = batch(0, 0);
    const state = stateOf(old, batch(1, 0));
    expect(state.findDuplicate(old)).toBeUndefined();
    expect(state.check(batch(1, 1))).toBe(NONE);
  });
});

describe('a batch from the leader', () => {
  it('is taken in without questions', () => {
    const state = stateOf(batch(3, 50));
    state.append(batch(3, 70));
    expect(state.check(batch(3, 71))).toBe(NONE);
  });
});

describe('a snapshot', () => {
  it('keeps the newest batch of each producer: what repeats one before is out of order then, not a duplicate', () => {
    const batches = Array.from({ length: 5 }, (_, i) => batch(0, i));
    const state = stateOf(...batches, batch(0, 0, 1, 8));
    const end = state.end;
    state.takeSnapshot();
    state.append(batch(0, 5));
    state.reload(0, end, 0);
    expect(state.end).toBe(end);
    expect(state.producerCount).toBe(2);
    expect(state.findDuplicate(batches[4])).toBe(batches[4]);
    expect(state.findDuplicate(batches[3])).toBeUndefined();
    expect(state.check(batches[3])).toBe(OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(state.check(batch(0, 5))).toBe(NONE);
  });

  it('is not taken twice of the same state', () => {
    const state = stateOf(batch(0, 0));
    expect(state.takeSnapshot()).toBeDefined();
    expect(state.takeSnapshot()).toBeUndefined();
  });

  it('that is damaged gives way to the one before it', () => {
    const lab = new LogLab();
    const state = new ProducerState(new ProducerSnapshots(lab.host.disk, NAME), rules, 10_000);
    const first = batch(0, 0);
    state.append(first);
    const older = state.takeSnapshot()!;
    state.append(batch(0, 1));
    const newer = state.takeSnapshot()!;
    state.append(batch(0, 2));
    lab.world.diskFaults(1).corrupt(newer.path, 0);
    state.reload(0, first.baseOffset + 2, 0);
    expect(state.end).toBe(first.baseOffset + 1);
    expect(lab.host.disk.exists(older.path)).toBe(true);
    expect(lab.host.disk.exists(newer.path)).toBe(false);
  });

  it('above the log’s end, or at or below its start, is removed', () => {
    const state = stateOf(batch(0, 0));
    const first = state.end;
    state.takeSnapshot();
    state.append(batch(0, 1));
    state.takeSnapshot();
    state.append(batch(0, 2));
    state.takeSnapshot();
    expect(state.snapshots.offsets).toEqual([first, first + 1, first + 2]);
    state.reload(first, first + 1, 0);
    expect(state.snapshots.offsets).toEqual([first + 1]);
  });

  it('does not bring an expired producer back', () => {
    const state = stateOf(batch(0, 0, 1, 7, 1000));
    const end = state.end;
    state.takeSnapshot();
    state.append(batch(0, 0, 1, 8, 9000));
    state.reload(0, end, 11_000);
    expect(state.producerCount).toBe(0);
  });
});

describe('before the rules of 3.9', () => {
  const stateUnder = (version: string, ...batches: RecordBatch[]): ProducerState => {
    const snapshots = new ProducerSnapshots(new LogLab().host.disk, NAME);
    const state = new ProducerState(snapshots, resolveRules(version), 10_000);
    for (const taken of batches) state.append(taken);
    return state;
  };

  it.each([
    ['0.11', OUT_OF_ORDER_SEQUENCE_NUMBER],
    ['2.1', KafkaError.UNKNOWN_PRODUCER_ID],
    ['2.5', NONE],
  ])('an unknown producer that goes on with a sequence was answered otherwise (%s)', (version, error) => {
    expect(stateUnder(version).check(batch(0, 9))).toBe(error);
    expect(stateUnder(version).check(batch(0, 0))).toBe(NONE);
  });

  it('a log remembered one batch before 1.0', () => {
    const batches = [batch(0, 0), batch(0, 1)];
    expect(stateUnder('0.11', ...batches).findDuplicate(batches[0])).toBeUndefined();
    expect(stateUnder('1.1', ...batches).findDuplicate(batches[0])).toBe(batches[0]);
  });

  it('a producer went with its last record before 2.4', () => {
    const last = batch(0, 0);
    const forgets = (version: string): boolean => {
      const state = stateUnder(version, last);
      state.startAt(last.baseOffset + 1);
      return state.producerCount === 0;
    };
    expect([forgets('2.1'), forgets('2.5')]).toEqual([true, false]);
  });
});

describe('expiry', () => {
  it("goes by the newest record's own time", () => {
    const state = stateOf(batch(0, 0, 1, 7, 1000), batch(0, 0, 1, 8, 5000));
    state.removeExpired(10_999);
    expect(state.producerCount).toBe(2);
    expect(state.removeExpired(11_000)).toEqual([7]);
    expect(state.producerCount).toBe(1);
    expect(state.check(batch(0, 55, 1, 7))).toBe(NONE);
    expect(state.check(batch(0, 55, 1, 8))).toBe(OUT_OF_ORDER_SEQUENCE_NUMBER);
  });
});

describe('an open transaction of the producer', () => {
  const opened: RecordBatch = { ...batch(4, 0), isTransactional: true };
  const isOpenIn = (its: Rules, producerEpoch: number): boolean =>
    stateUnder(its, opened).hasOngoingTransaction(7, producerEpoch);

  it('is that of any batch of it, whatever its epoch, to 3.9', () => {
    expect([4, 5].map((epoch) => isOpenIn(resolveRules('3.9'), epoch))).toEqual([true, true]);
  });

  it.each([
    ['4.0', resolveRules('4.0')],
    ['4.0 where transaction.version was not raised', resolveMixedRules({ release: '4.0', agreed: '3.9' })],
  ])('is that of batches of its epoch alone in %s (KAFKA-18575)', (_name, its) => {
    expect([4, 5].map((epoch) => isOpenIn(its, epoch))).toEqual([true, false]);
  });
});
