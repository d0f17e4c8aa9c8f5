import { describe, expect, it } from 'vitest';
import { finalRead, send } from '../../../histories/builders.js';
import { KafkaError } from '../../../model/kafka/protocol/errors.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

const READER = 8;
const CORRUPT = KafkaError.CORRUPT_MESSAGE;
const read = [send('orders-0', 7).ok(0), finalRead('orders-0', 1, [0, 7])];

/** b1 leads and 7 is on all three; then b1's copy is damaged, and b3 is out of the ISR. */
const damaged = () =>
  new TraceScript({ settings: { acks: 'all' } })
    .lead(1, [1, 2, 3])
    .append(1, 7)
    .commit(1, 2, 3)
    .acknowledge(1, 0)
    .changeIsr([1, 2])
    .rot(1, 0, 1);

/** What licenses that the partition waits for these machines after all this. */
const licenceOf = (script: TraceScript, waitsFor: readonly number[], required = false) =>
  judged(script, read, 'stuck', [script.stall(waitsFor, required)]);

describe('a partition that makes no progress is licensed', () => {
  it('by damage on its leader, because of which the follower that it waits for is refused', () => {
    expect(licenceOf(damaged().refuseFetch(1, 3, CORRUPT), [3])).toEqual(['damaged-leader']);
  });

  it('by the same for the reader that it waits for', () => {
    expect(licenceOf(damaged().refuseFetch(1, READER, CORRUPT), [READER])).toEqual(['damaged-leader']);
  });

  it('by the same for a consumer without a position, where the high watermark stands still because of it', () => {
    const starting = () => damaged().emit('process-started', READER, -1, 2);
    const alone = () => starting().changeIsr([1]).refuseFetch(1, 3, CORRUPT);
    expect(licenceOf(alone().refuseFetch(1, 2, CORRUPT), [READER])).toEqual(['damaged-leader']);
    // b2 may come back into the ISR: with it the high watermark moves, and the consumer is told a position.
    expect(licenceOf(alone(), [READER])).toEqual(['bug']);
    expect(licenceOf(starting().refuseFetch(1, 3, CORRUPT), [READER])).toEqual(['bug']);
  });

  it('not by damage that refuses nobody', () => {
    expect(licenceOf(damaged(), [3])).toEqual(['bug']);
  });

  it('not if it waits for nobody in particular', () => {
    expect(licenceOf(damaged().refuseFetch(1, 3, CORRUPT), [])).toEqual(['bug']);
  });

  it('not if it waits for another replica too, or for another only', () => {
    expect(licenceOf(damaged().refuseFetch(1, 3, CORRUPT), [2, 3])).toEqual(['bug']);
    expect(licenceOf(damaged().refuseFetch(1, 3, CORRUPT), [2])).toEqual(['bug']);
  });

  it('not by damage on a copy that is nobody leads from', () => {
    const script = damaged().lead(2, [1, 2]).refuseFetch(2, 3, CORRUPT);
    expect(licenceOf(script, [3])).toEqual(['bug']);
  });

  it('not if the follower got on since', () => {
    expect(licenceOf(damaged().refuseFetch(1, 3, CORRUPT).fetched(1, 3, 1), [3])).toEqual(['bug']);
  });

  it('not if the reader was answered since', () => {
    const script = damaged().refuseFetch(1, READER, CORRUPT).emit('read-served', 1, 0, 0, 1, 1, READER);
    expect(licenceOf(script, [READER])).toEqual(['bug']);
  });

  it('not if it is refused for another reason', () => {
    expect(licenceOf(damaged().refuseFetch(1, 3, KafkaError.FENCED_LEADER_EPOCH), [3])).toEqual(['bug']);
  });

  it('not if the damage had been cut off before the refusal, or came after it', () => {
    const cut = damaged().truncate(1, 0).append(1, 8).refuseFetch(1, 3, CORRUPT);
    expect(licenceOf(cut, [3])).toEqual(['bug']);
    const sound = new TraceScript({ settings: { acks: 'all' } }).lead(1, [1, 2, 3]).append(1, 7).commit(1, 2);
    expect(licenceOf(sound.refuseFetch(1, 3, CORRUPT).rot(1, 0, 1), [3])).toEqual(['bug']);
  });

  it('not by damage on another partition', () => {
    const script = damaged().emit('fetch-refused', 1, 1, CORRUPT, 3);
    expect(licenceOf(script, [3])).toEqual(['bug']);
  });

  it('not by a loss of power', () => {
    const script = new TraceScript({ settings: { acks: 'all' } }).lead(1, [1, 2, 3]).append(1, 7).commit(1, 2, 3);
    expect(licenceOf(script.losePower(1, 0), [1])).toEqual(['bug']);
  });

  it('by a bound that the user requires, shorter than the one that the time-outs give', () => {
    expect(licenceOf(damaged(), [3], true)).toEqual(['required-bound']);
  });

  it('not by that once the longer bound has passed too', () => {
    const script = damaged();
    const early = script.stall([3], true);
    const late = script.stall([3]);
    expect(judged(script, read, 'stuck', [early, late])).toEqual(['bug', 'required-bound']);
  });

  it('not if nothing in the trace tells of it', () => {
    const note = { reason: 'no leader', at: 1, key: 0, events: [] };
    expect(judged(damaged(), read, 'stuck', [note])).toEqual(['bug']);
  });
});
