/** The attempts by which a producer got a value into a log: what it sent, where it was appended, why it tried again. */
import type { Operation } from '../../operation.js';
import type { RecordOf, TraceReader } from '../../trace-record.js';
import { kafkaError } from '../words.js';
import { fateOf, type Copy, type RecordFate } from './record-fate.js';
import { draft, type Draft, type Teller } from './teller.js';

export interface Attempts {
  readonly fate: RecordFate;
  readonly operation: Operation | null;
  /** Copies that leaders appended, in order: more than one is a duplicate. */
  readonly appends: readonly Copy[];
  readonly sent: readonly RecordOf<'batch-sent'>[];
  readonly retried: readonly RecordOf<'batch-retried'>[];
}

/** @param client the machine that sent the value; -1: whoever sent it */
export function attemptsOf(
  reader: TraceReader,
  key: number,
  value: number,
  operation: Operation | null,
  client: number,
): Attempts {
  const fate = fateOf(reader, key, value);
  const appends = fate.copies.filter((copy) => copy.asLeader);
  const first = appends.length > 0 ? firstValueOf(reader, key, appends[0]!, value) : value;
  const ours = (record: { readonly machine: number; readonly firstValue: number }): boolean =>
    record.firstValue === first && (client < 0 || record.machine === client);
  return {
    fate,
    operation,
    appends,
    sent: [...reader.scan(['batch-sent'], key)].filter(ours),
    retried: [...reader.scan(['batch-retried'], key)].filter(ours),
  };
}

/** Producers announce a batch by the value of its first record. */
function firstValueOf(reader: TraceReader, key: number, copy: Copy, value: number): number {
  const batch = reader.firstFrom(
    ['batch-appended'],
    key,
    Math.max(0, copy.appended - 50),
    (record) => record.machine === copy.machine && record.baseOffset <= copy.offset && copy.offset <= record.lastOffset,
  );
  if (batch === null) return value;
  const first = reader.lastBefore(
    ['append'],
    key,
    Math.max(batch.index, copy.appended) + 1,
    (record) => record.machine === copy.machine && record.offset === batch.baseOffset,
  );
  return first?.value ?? value;
}

/**
 * @param name how the lines call the value: "value 5"
 * @param concerned the offsets that the anomaly names: where else the value stands matters less
 */
export function attemptLines(
  teller: Teller,
  attempts: Attempts,
  name: string,
  concerned: readonly number[],
): readonly Draft[] {
  const { names } = teller;
  const { operation, fate, sent, retried, appends } = attempts;
  const client = teller.clientOf(operation).name;
  const common = { operation: operation?.index ?? null };
  const lines: Draft[] = [];
  for (const record of sent) {
    const text = `${client} → ${names.machine(record.broker)}   ${name}${record.attempt > 1 ? ', again' : ''}`;
    lines.push(
      draft({
        ...common,
        index: record.index,
        text,
        role: 'send',
        machine: record.broker,
        weight: record.attempt > 1 ? 6 : 9,
      }),
    );
  }
  appends.forEach((copy, i) => {
    lines.push(
      draft({
        ...common,
        index: copy.appended,
        text: `${names.machine(copy.machine)} appends ${name} at offset ${copy.offset}`,
        note: i > 0 ? '← the same record once more' : null,
        role: 'append',
        offset: copy.offset,
        machine: copy.machine,
        weight: concerned.length === 0 || concerned.includes(copy.offset) ? 10 : 6,
      }),
    );
  });
  for (const record of retried) {
    lines.push(
      draft({
        ...common,
        index: record.index,
        text: `${client} puts ${name} back to be sent again: ${kafkaError(record.error)}`,
        note: appends.some((copy) => copy.appended < record.index) ? 'it cannot know that it was appended' : null,
        role: 'retry',
        weight: 8,
      }),
    );
  }
  const completedAt = operation?.outcome === 'ok' ? operation.completedAt : -1;
  const heard = fate.acknowledgements.findLast((record) => record.time <= completedAt);
  for (const [i, acknowledgement] of fate.acknowledgements.entries()) {
    // Two attempts that waited for the same followers are answered together: once is enough to say so.
    const before = fate.acknowledgements[i - 1];
    if (before?.machine === acknowledgement.machine && before.time === acknowledgement.time) continue;
    const broker = names.machine(acknowledgement.machine);
    const line = { ...common, index: acknowledgement.index, role: 'ack', machine: acknowledgement.machine } as const;
    if (acknowledgement === heard) {
      const text = `${client} ← ${broker}   ${name} acknowledged`;
      const lane = teller.clientOf(operation).machine;
      lines.push(draft({ ...line, text, lane, at: completedAt, weight: 7 }));
    } else if (heard === undefined || retried.some((record) => record.index > acknowledgement.index)) {
      const text = `${broker} answers: ${name} is appended`;
      lines.push(draft({ ...line, text, note: `${client} does not hear it in time`, weight: 9 }));
    }
  }
  return lines;
}
