import { describe, expect, it } from 'vitest';
import { historyOf, send } from '../../../histories/builders.js';
import { Licences } from '../licences.js';
import { PartitionTimeline, type Stay } from './partition-timeline.js';
import { TraceTimeline } from './trace-timeline.js';
import { TraceScript } from '../testing/script.js';
import { producerWindowLicence } from './producer-window.js';

const PRODUCER = 70;
const CLIENT = 9;

/** b1 appends 7 at offset 0 as a batch of the producer; b2 copies it and leads; `between` happens; b2 appends it again. */
function appendedAgain(between: (script: TraceScript) => void): TraceScript {
  const script = new TraceScript({ settings: { acks: 'all' } }).at(10_000).lead(1, [1, 2]);
  script.emit('batch-sent', CLIENT, 0, 1, 7, 3, 1).append(1, 7);
  script.emit('batch-appended', 1, 0, 0, 0, PRODUCER, 3).replicate(1, 2);
  script.lead(2, [1, 2]);
  between(script);
  const offset = script.logs[2]!.length;
  script.emit('batch-sent', CLIENT, 0, 2, 7, 0, 2).append(2, 7);
  return script.emit('batch-appended', 2, 0, offset, offset, PRODUCER, 0);
}

function copiesOf(script: TraceScript): readonly Stay[] {
  const partition: PartitionTimeline = new TraceTimeline(script.trace).partition(0);
  return partition.appendsOf(7);
}

const row = (script: TraceScript) =>
  producerWindowLicence(script.trace, 0, copiesOf(script).slice(1), CLIENT)?.licence.row ?? null;
const reloaded = (script: TraceScript, machine: number, producer = PRODUCER) =>
  script.emit('producer-window', machine, 0, producer, 0, 5, 0);
const expired = (script: TraceScript, machine: number) =>
  script.emit('producer-window', machine, 0, PRODUCER, -1, -1, 1);
const outOfOrder = (script: TraceScript, machine: number, client = CLIENT) =>
  script.emit('refused', machine, 0, 45, client, -1);

/** b2 leads, and takes batches of the producer (b1 may copy them). */
function newer(script: TraceScript, batches: number, producer = PRODUCER): TraceScript {
  for (let i = 0; i < batches; i++) {
    const offset = script.logs[2]!.length;
    script.append(2, 100 + offset).emit('batch-appended', 2, 0, offset, offset, producer, 4 + i);
  }
  return script;
}

describe('a record of an idempotent producer that stands twice is licensed', () => {
  it('by a state that was reloaded, and the refusal of a batch which it had forgotten', () => {
    expect(row(appendedAgain((script) => outOfOrder(reloaded(script, 2), 2)))).toBe('producer-window');
  });

  it('by a state that had expired where it was appended again', () => {
    expect(row(appendedAgain((script) => expired(script, 2)))).toBe('producer-window');
  });

  it.each<[string, (script: TraceScript) => void]>([
    ['without any such event', () => undefined],
    ['by a reload that nothing came of', (script) => reloaded(script, 2)],
    ['by a refusal of a leader that had forgotten nothing', (script) => outOfOrder(reloaded(script, 1), 2)],
    ['by what a leader forgot of another producer', (script) => outOfOrder(reloaded(script, 2, 71), 2)],
    ['by an expiry on another broker', (script) => expired(script, 1)],
    ['by the refusal of a batch of another client', (script) => outOfOrder(reloaded(script, 2), 2, CLIENT + 1)],
    [
      'once the leader has as many newer batches as it remembers',
      (script) => outOfOrder(newer(reloaded(script, 2), 5), 2),
    ],
    ['once an expired producer has written as many', (script) => newer(expired(script, 2), 5)],
    ['long after the refusal', (script) => newer(outOfOrder(reloaded(script, 2), 2), 10)],
    ['by a refusal before the reload', (script) => reloaded(outOfOrder(script, 2), 2)],
  ])('not %s', (_name, between) => {
    expect(row(appendedAgain(between))).toBeNull();
  });

  it.each<[string, (script: TraceScript) => void]>([
    ['with fewer newer batches', (script) => outOfOrder(newer(reloaded(script, 2), 4), 2)],
    ['with newer batches of another producer', (script) => outOfOrder(newer(reloaded(script, 2), 5, 71), 2)],
    ['a few batches after the refusal', (script) => newer(outOfOrder(reloaded(script, 2), 2), 4)],
    [
      'by another reload, after the leader had come to know enough',
      (script) => outOfOrder(reloaded(newer(reloaded(script, 2), 5), 2), 2),
    ],
  ])('%s it still is', (_name, between) => {
    expect(row(appendedAgain(between))).toBe('producer-window');
  });

  it('a third time only by an event of its own', () => {
    const thrice = (refusals: number) => {
      const script = appendedAgain((begun) => outOfOrder(reloaded(begun, 2), 2));
      if (refusals > 1) outOfOrder(script, 2);
      return script.append(2, 7).emit('batch-appended', 2, 0, 2, 2, PRODUCER, 0);
    };
    expect(row(thrice(1))).toBeNull();
    expect(row(thrice(2))).toBe('producer-window');
  });
});

describe('what is judged of it', () => {
  /** Under idempotence, the producer p0 behind machine 9 sent it. */
  const licenceOf = (type: string, idempotent: boolean, client = 'p0'): string | null => {
    const script = appendedAgain((begun) => outOfOrder(reloaded(begun, 2), 2));
    const machines = Array.from({ length: CLIENT + 1 }, (_, id) => ({
      name: id === CLIENT ? 'p0' : `m${id}`,
      roles: [],
    }));
    script.trace.header = { ...script.trace.header, machines };
    const settings = { acks: 'all', retries: 0, ...(idempotent ? { retries: 5 } : {}) };
    const history = historyOf([send('orders-0', 7).by(client).ok(0)], { ...script.header, settings }, ['orders-0']);
    const anomaly = { type, key: 0, offsets: [0, 1], values: [7, 7], operations: [0], events: [], at: 0, story: '' };
    const licence = new Licences(history, script.trace).of({ ...anomaly, preventedBy: null });
    return licence?.licence.row ?? null;
  };

  it.each(['duplicate', 'nonmonotonic-send', 'int-nonmonotonic-send', 'key-order'])('%s is licensed', (type) => {
    expect(licenceOf(type, true)).toBe('producer-window');
  });
  it.each(['duplicate', 'key-order'])('%s is not of a producer without idempotence, nor of another client', (type) => {
    expect(licenceOf(type, false)).toBeNull();
    expect(licenceOf(type, true, 'p1')).toBeNull();
  });
});
