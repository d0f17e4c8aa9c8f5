/** Histories of sends and polls, as Harrow records them. */
import fc from 'fast-check';
import type { History, HistoryHeader, MicroOp, Operation, Outcome } from '../../operation.js';

export const header: HistoryHeader = {
  format: 'harrow/history',
  version: 1,
  name: 'orders',
  seed: '0.10',
  timeUnit: 'us',
  workload: 'append',
  nodes: ['b1', 'b2'],
  kafka: '3.9',
  control: 'kraft',
  settings: { acks: 'all', 'enable.idempotence': true, 'producer:retries': 3 },
  rules: { truncation: 'on-fetch' },
  topology: {
    brokers: [1, 2],
    controllers: [3],
    partitions: [{ topic: 'orders', partition: 0, replicas: [1, 2], minInsyncReplicas: 2 }],
  },
  resend: false,
};

const outcome = fc.constantFrom<Outcome>('ok', 'fail', 'info');
const keyNames = fc.uniqueArray(fc.oneof(fc.stringMatching(/^[a-z]{1,6}-[0-9]$/), fc.constantFrom('7', '10', '2')), {
  minLength: 1,
  maxLength: 3,
});

/** A history whose processes have at most one open operation, and none after an unknown outcome. */
export const histories: fc.Arbitrary<History> = keyNames.chain((keys) => {
  const key = fc.nat(keys.length - 1);
  const send = fc
    .record(
      {
        key,
        offset: fc.integer({ min: -1, max: 9 }),
        value: fc.nat(99),
        recordKey: fc.option(fc.string()),
        tombstone: fc.constant(true as const),
      },
      { requiredKeys: ['key', 'offset', 'value', 'recordKey'] },
    )
    .map((fields): MicroOp => ({ kind: 'send', ...fields }));
  const pairs = fc.array(fc.tuple(fc.integer({ min: -1, max: 99 }), fc.nat(99)), { maxLength: 4 });
  const poll = fc.tuple(key, pairs).map(([of, read]): MicroOp => ({
    kind: 'poll',
    key: of,
    offsets: read.map(([offset]) => offset),
    values: read.map(([, value]) => value),
  }));
  const operation = fc.record({
    lane: fc.nat(2),
    gap: fc.nat(3),
    lasts: fc.nat(5),
    completes: fc.boolean(),
    outcome,
    value: fc.oneof(fc.array(send, { maxLength: 3 }), fc.array(poll, { maxLength: 2 })),
    error: fc.option(fc.string()),
    finalReadOf: fc.integer({ min: -1, max: 3 }),
  });
  return fc.array(operation, { maxLength: 12, size: 'max' }).map((drawn) => ({
    header,
    keys,
    valueName: String,
    operations: scheduled(drawn),
  }));
});

interface Drawn {
  readonly lane: number;
  readonly gap: number;
  readonly lasts: number;
  readonly completes: boolean;
  readonly outcome: Outcome;
  readonly value: readonly MicroOp[];
  readonly error: string | null;
  readonly finalReadOf: number;
}

function scheduled(drawn: readonly Drawn[]): readonly Operation[] {
  const process = [0, 1, 2];
  const freeAt = [0, 0, 0];
  let next = 3;
  let now = 0;
  return drawn.map(({ lane, gap, lasts, completes, ...rest }, index): Operation => {
    now = Math.max(now + gap, freeAt[lane]!);
    const completedAt = completes ? now + lasts : -1;
    const ended = completes ? rest.outcome : 'info';
    const operation = {
      index,
      process: process[lane]!,
      session: lane,
      client: `p${lane}`,
      f: 'send',
      invokedAt: now,
      completedAt,
      ...rest,
      outcome: ended,
      value: completes ? rest.value : rest.value.map(asInvoked),
    };
    freeAt[lane] = Math.max(now, completedAt);
    if (ended === 'info') process[lane] = next++;
    return operation;
  });
}

function asInvoked(microOp: MicroOp): MicroOp {
  return microOp.kind === 'send' ? { ...microOp, offset: -1 } : microOp;
}
