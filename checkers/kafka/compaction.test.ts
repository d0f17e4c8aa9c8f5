import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send, type OperationBuilder } from '../../histories/builders.js';
import { Licences } from './licences.js';
import { lostWrite } from './lost-write.js';
import { judged } from './testing/judged.js';
import { scriptOf } from './testing/lost-record.js';
import type { TraceScript } from './testing/script.js';
import { unseen } from './unseen.js';

const compact = { settings: { 'cleanup.policy': 'compact', acks: 'all' } };
const put = (key: string, value: number, offset: number) => send('x', value).keyed(key).ok(offset);
const lost = (...operations: readonly OperationBuilder[]) =>
  [lostWrite, unseen].flatMap((checker) =>
    checker.check(historyOf(operations, compact)).anomalies.map(({ values }) => values[0]),
  );

describe('in a compacted topic', () => {
  const updates = [put('a', 7, 0), put('b', 8, 1), put('a', 9, 2)];

  it('a record may be gone that a later one of its key supersedes', () => {
    expect(lost(...updates, finalRead('x', 1, [1, 8], [2, 9]))).toEqual([]);
    expect(lost(...updates, poll('x', [1, 8], [2, 9]))).toEqual([]);
  });

  it('so may one that was read before, and that a later full read no longer shows', () => {
    const [first, second, third] = updates as [OperationBuilder, OperationBuilder, OperationBuilder];
    expect(lost(first, second, poll('x', [0, 7]), third, finalRead('x', 1, [1, 8], [2, 9]))).toEqual([]);
  });

  it('but one that no read showed supersedes nothing', () => {
    expect(lost(put('a', 7, 0), put('a', 9, 1), put('b', 8, 2), poll('x', [2, 8]))).toEqual([7, 9]);
  });

  it('whoever was the first to read it', () => {
    const first = poll('x', [1, 9], [2, 8]).from(0).to(9000);
    expect(lost(first, put('a', 7, 0), put('a', 9, 1), put('b', 8, 2))).toEqual([]);
  });

  it('the latest record of a key may not', () => {
    expect(lost(...updates, finalRead('x', 1, [0, 7], [1, 8]))).toEqual([9]);
    expect(lost(...updates, finalRead('x', 1, [2, 9]))).toEqual([8]);
    expect(lost(...updates, finalRead('x', 1, [1, 8], [2, 9]), finalRead('x', 2, [1, 8]))).toEqual([9]);
  });

  it('nor any, where the topic is not compacted', () => {
    const history = historyOf([...updates, finalRead('x', 1, [1, 8], [2, 9])], { settings: { acks: 'all' } });
    expect(lostWrite.check(history).anomalies).toMatchObject([{ values: [7] }]);
  });

  it('a deleted key may be gone with its tombstone', () => {
    const deleted = [...updates, put('a', 10, 3).tombstone()];
    expect(lost(...deleted, finalRead('x', 1, [1, 8], [3, 10]))).toEqual([]);
    expect(lost(...deleted, finalRead('x', 1, [1, 8]))).toEqual([]);
  });

  it('the tombstone may not be gone while what it deleted is to be seen', () => {
    const deleted = [...updates, put('a', 10, 3).tombstone()];
    expect(lost(...deleted, finalRead('x', 1, [1, 8], [2, 9]))).toEqual([10]);
  });

  it('a key may be gone of which nobody knows whether it was deleted', () => {
    expect(lost(...updates, send('x', 10).keyed('a').tombstone().info(), finalRead('x', 1, [1, 8]))).toEqual([]);
    expect(lost(...updates, send('x', 10).keyed('a').tombstone().fail(), finalRead('x', 1, [1, 8]))).toContain(9);
  });

  it('a record without a key is never superseded', () => {
    const keyless = [send('x', 7).ok(0), send('x', 8).ok(1)];
    expect(lost(...keyless, finalRead('x', 1, [1, 8]))).toEqual([7]);
  });
});

describe('the loss of a record that compaction had removed', () => {
  const settings = { acks: 'all', 'cleanup.policy': 'compact', 'unclean.leader.election.enable': true };
  /** 7 is removed everywhere since 8 superseded it; b3, which never had 8, is elected uncleanly. */
  const script = (supersededBy = 1) => {
    const begun = scriptOf(settings, 1)
      .lead(1, [1, 2, 3])
      .append(1, 7)
      .commit(1, 2, 3)
      .acknowledge(1, 0)
      .changeIsr([1, 2]);
    begun.emit('isr-adopted', 1, 0, 0b110, 2, 1).append(1, 8).commit(1, 2).acknowledge(1, 1);
    for (const broker of [1, 2, 3]) begun.compact(broker, 0, supersededBy);
    return begun;
  };
  const sent = (key: string) => [send('orders-0', 7).keyed('a').ok(0), send('orders-0', 8).keyed(key).ok(1)];
  const unclean = () => script().elect(-1, [2], 'none').lead(3, [3], 'unclean');

  it('is licensed by what licenses the loss of the record that superseded it', () => {
    const read = [...sent('a'), finalRead('orders-0', 3)];
    expect(judged(unclean(), read, 'unseen')).toEqual(['unclean-election']);
  });

  it('is a bug if that one was not lost by right', () => {
    const read = [...sent('a'), finalRead('orders-0', 3)];
    expect(judged(script().lead(3, [3]), read, 'unseen')).toEqual(['bug']);
  });

  it('is a bug if that one has another key', () => {
    const read = [...sent('b'), finalRead('orders-0', 1, [1, 8])];
    expect(judged(script(), read, 'lost-write')).toEqual(['bug']);
  });

  it('is licensed for a tombstone that was kept long enough, and for nothing else', () => {
    const older = send('orders-0', 6).keyed('a').ok(0);
    const tombstone = [older, send('orders-0', 7).keyed('a').tombstone().ok(0), finalRead('orders-0', 3)];
    const value = [send('orders-0', 7).keyed('a').ok(0), finalRead('orders-0', 3)];
    expect(judged(script(-1), tombstone, 'unseen')).toEqual([]);
    expect(judged(script(-1), value, 'unseen')).toEqual(['bug']);
  });

  it('is licensed for a tombstone that is gone while what it deleted is to be seen, and for no other record', () => {
    const removed = (as: number) => {
      const begun = scriptOf(settings, 1).lead(1, [1, 2, 3]).append(1, 6, 7).commit(1, 2, 3).acknowledge(1, 0);
      return begun.acknowledge(1, 1).compact(1, 1, as);
    };
    const older = send('orders-0', 6).keyed('a').ok(0);
    const newer = send('orders-0', 7).keyed('a').ok(1);
    const read = finalRead('orders-0', 3, [0, 6]);
    expect(judged(removed(-1), [older, newer.tombstone(), read], 'unseen')).toEqual(['tombstone-removed']);
    expect(judged(removed(-1), [older, newer, read], 'unseen')).toEqual(['bug']);
    expect(judged(removed(-2), [older, newer.tombstone(), read], 'unseen')).toEqual(['bug']);
  });

  it('is licensed for the log that ends below the place where it had stood, if the other was of its key', () => {
    const missing = { type: 'W1', key: 0, offsets: [0], operations: [], values: [7], events: [] };
    const licence = (trace: TraceScript, ...operations: readonly OperationBuilder[]) =>
      new Licences(historyOf(operations, trace.header, ['orders-0']), trace.trace).of({
        ...missing,
        at: Infinity,
        story: '',
        preventedBy: null,
      })?.licence.row ?? null;
    expect(licence(unclean(), ...sent('a'))).toBe('unclean-election');
    expect(licence(unclean(), ...sent('b'))).toBeNull();
    expect(licence(unclean(), send('orders-0', 7).ok(0), send('orders-0', 8).ok(1))).toBeNull();
    expect(licence(script().lead(2, [2]), ...sent('a'))).toBeNull();
  });
});
