import { describe, expect, it } from 'vitest';
import { finalRead, poll, send } from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

type Settings = HistoryHeader['settings'];

const plain: Settings = { acks: 'all', 'enable.idempotence': false };
const oneInFlight: Settings = { ...plain, 'max.in.flight.requests.per.connection': 1 };
/** Late enough for the sends of the history, which begin at 1 ms, to have been invoked. */
const leading = (settings: Settings = plain, resend = false) =>
  new TraceScript({ settings, resend }).at(10_000).lead(1, [1, 2, 3]);

describe('without idempotence a record that stands twice is licensed', () => {
  const twice = [send('orders-0', 7).ok(1), finalRead('orders-0', 1, [0, 7], [1, 7])];
  const both = (script: TraceScript) => script.append(1, 7);

  it('by a retry of its batch, before the second copy', () => {
    expect(judged(both(both(leading()).retryBatch(7)), twice, 'duplicate')).toEqual(['retries-without-idempotence']);
  });

  it('not without a retry, nor by one that came after both copies', () => {
    expect(judged(both(both(leading())), twice, 'duplicate')).toEqual(['bug']);
    expect(judged(both(both(leading())).retryBatch(7), twice, 'duplicate')).toEqual(['bug']);
  });

  it('not by a retry of another batch', () => {
    const sends = [send('orders-0', 6).ok(0), send('orders-0', 7).ok(2), send('orders-0', 8).ok(3)];
    const read = [...sends, finalRead('orders-0', 1, [0, 6], [1, 7], [2, 7], [3, 8])];
    const script = (first: number, last: number) => leading().append(1, 6, 7).retryBatch(first, last).append(1, 7, 8);
    expect(judged(script(6, 6), read, 'duplicate')).toEqual(['bug']);
    expect(judged(script(8, 8), read, 'duplicate')).toEqual(['bug']);
    expect(judged(script(6, 8), read, 'duplicate')).toEqual(['retries-without-idempotence']);
  });

  it('not by a retry of the same values in another session, or to another partition', () => {
    const other = [send('orders-0', 6).by('p1').ok(0), send('orders-0', 8).by('p1').ok(2), ...twice];
    expect(judged(both(both(leading()).retryBatch(6, 8)), other, 'duplicate')).toEqual(['bug']);
    const elsewhere = both(both(leading()).emit('batch-retried', 9, 1, 13, 7, 7, 1));
    expect(judged(elsewhere, twice, 'duplicate')).toEqual(['bug']);
  });

  it('not a third time by one retry', () => {
    const thrice = [send('orders-0', 7).ok(2), finalRead('orders-0', 1, [0, 7], [1, 7], [2, 7])];
    const script = (retries: number) => {
      const begun = both(leading());
      for (let i = 0; i < retries; i++) begun.retryBatch(7);
      return both(both(begun));
    };
    expect(judged(script(1), thrice, 'duplicate')).toEqual(['bug']);
    expect(judged(script(2), thrice, 'duplicate')).toEqual(['retries-without-idempotence']);
  });

  it('not at an offset at which no leader appended it', () => {
    const script = both(both(leading()).retryBatch(7));
    const read = [send('orders-0', 7).ok(1), finalRead('orders-0', 1, [0, 7], [5, 7])];
    expect(judged(script, read, 'duplicate')).toEqual(['bug']);
  });

  it('and with idempotence never', () => {
    const script = both(both(leading({ acks: 'all' })).retryBatch(7));
    expect(judged(script, twice, 'duplicate')).toEqual(['bug']);
  });

  it('for each producer by its own settings', () => {
    const mixed: Settings = { 'p0:enable.idempotence': false, 'p1:enable.idempotence': true, acks: 'all' };
    const script = () => both(both(leading(mixed)).retryBatch(7));
    expect(judged(script(), twice, 'duplicate')).toEqual(['retries-without-idempotence']);
    const other = [send('orders-0', 7).by('p1').ok(1), finalRead('orders-0', 1, [0, 7], [1, 7])];
    expect(judged(script(), other, 'duplicate')).toEqual(['bug']);
  });
});

describe('an application that resends', () => {
  const read = finalRead('orders-0', 1, [0, 7], [1, 7]);
  const resend = () => leading({ acks: 'all' }, true).append(1, 7).append(1, 7);

  it('duplicates what it sent twice', () => {
    expect(judged(resend(), [send('orders-0', 7), send('orders-0', 7).ok(1), read], 'duplicate')).toEqual(['resend']);
  });

  it('and nothing else', () => {
    expect(judged(resend(), [send('orders-0', 7).ok(1), read], 'duplicate')).toEqual(['bug']);
    const late = [send('orders-0', 7).ok(1), send('orders-0', 7).from(9_000_000), read];
    expect(judged(resend(), late, 'duplicate')).toEqual(['bug']);
  });
});

describe('without idempotence a record that stands behind one that was sent later is licensed', () => {
  const swapped = [send('orders-0', 7).ok(1), send('orders-0', 8).ok(0), finalRead('orders-0', 1, [0, 8], [1, 7])];

  it('by a retry of its batch, with several in flight', () => {
    const script = leading().append(1, 8).retryBatch(7).append(1, 7);
    expect(judged(script, swapped, 'nonmonotonic-send')).toEqual(['in-flight-without-idempotence']);
  });

  it('not without a retry, nor by one of the batch that overtook it, nor by a later one', () => {
    expect(judged(leading().append(1, 8, 7), swapped, 'nonmonotonic-send')).toEqual(['bug']);
    expect(judged(leading().retryBatch(8).append(1, 8, 7), swapped, 'nonmonotonic-send')).toEqual(['bug']);
    expect(judged(leading().append(1, 8, 7).retryBatch(7), swapped, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('not with one in flight, nor with idempotence', () => {
    const retried = (settings: Settings) => leading(settings).append(1, 8).retryBatch(7).append(1, 7);
    expect(judged(retried(oneInFlight), swapped, 'nonmonotonic-send')).toEqual(['bug']);
    expect(judged(retried({ acks: 'all' }), swapped, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('with one in flight if it is a further copy: a batch that was retried may stand twice', () => {
    const sends = [send('orders-0', 7).ok(2), send('orders-0', 8).ok(3)];
    const read = [...sends, finalRead('orders-0', 1, [0, 7], [1, 8], [2, 7], [3, 8])];
    const script = (first: number) => leading(oneInFlight).append(1, 7, 8).retryBatch(first, 8).append(1, 7, 8);
    expect(judged(script(7), read, 'nonmonotonic-send')).toEqual(['retries-without-idempotence']);
    expect(judged(script(8), read, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('by two leaders: its batch reached a former leader that led again', () => {
    const script = (settings: Settings) =>
      leading(settings).sendBatch(1, 7).lead(2, [1, 2, 3]).sendBatch(2, 8).append(2, 8).replicate(2, 1).lead(1, [1, 2]);
    const moved = script(plain).append(1, 7);
    expect(judged(moved, swapped, 'nonmonotonic-send')).toEqual(['in-flight-to-two-leaders']);
    expect(judged(script(oneInFlight).append(1, 7), swapped, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('not by two leaders if the later batch went out first', () => {
    const script = leading().sendBatch(2, 8).sendBatch(1, 7).lead(2, [1, 2]).append(2, 8).replicate(2, 1);
    expect(judged(script.lead(1, [1, 2]).append(1, 7), swapped, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('by a request that outlived its wait, whatever is in flight', () => {
    const operations = [
      send('orders-0', 7).info().to(12_000),
      send('orders-0', 8).ok(0),
      poll('orders-0', [0, 8], [1, 7]),
    ];
    const late = (settings: Settings) => leading(settings).append(1, 8).append(1, 7);
    expect(judged(late(oneInFlight), operations, 'nonmonotonic-send')).toEqual(['late-request']);
    expect(judged(late({ acks: 'all' }), operations, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('not by such a request of the batch that stands first, nor while its client still waited', () => {
    const overtaking = [
      send('orders-0', 7).ok(1).to(900_000),
      send('orders-0', 8).info().to(12_000),
      poll('orders-0', [0, 8], [1, 7]),
    ];
    const late = () => leading(oneInFlight).append(1, 8).append(1, 7);
    expect(judged(late(), overtaking, 'nonmonotonic-send')).toEqual(['bug']);
    const waiting = [send('orders-0', 7).info().to(900_000), ...overtaking.slice(1)];
    expect(judged(late(), waiting, 'nonmonotonic-send')).toEqual(['bug']);
  });
});

describe('under acks=0 a record that stands behind one that was sent later is licensed', () => {
  const none: Settings = { acks: 0, 'max.in.flight.requests.per.connection': 1 };
  const swapped = [send('orders-0', 7).ok(), send('orders-0', 8).ok(), finalRead('orders-0', 1, [0, 8], [1, 7])];

  it('by a retry of its batch before it was appended, whatever may be in flight', () => {
    const script = leading(none).append(1, 8).retryBatch(7).append(1, 7);
    expect(judged(script, swapped, 'nonmonotonic-send')).toEqual(['acks-0']);
    expect(judged(leading(none).append(1, 8, 7).retryBatch(7), swapped, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('by a leader of another epoch', () => {
    const script = leading(none).append(1, 8).replicate(1, 2).lead(2, [1, 2, 3]).append(2, 7).replicate(2, 1);
    expect(judged(script, swapped, 'nonmonotonic-send')).toEqual(['acks-0']);
  });

  it('not by the setting alone: one connection keeps the order', () => {
    expect(judged(leading(none).append(1, 8, 7), swapped, 'nonmonotonic-send')).toEqual(['bug']);
  });
});
