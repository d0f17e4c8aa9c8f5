import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProducerSettings } from '../cluster-spec.js';
import { KafkaError } from '../protocol/errors.js';
import { Api } from '../protocol/messages.js';
import { Lab } from './testing/lab.js';
import { answer, drop, hold, lose, refuse, type Act } from './testing/scripted-broker.js';

const BROKERS = 3;
const PARTITIONS = 3;

type Step =
  | { readonly do: 'send'; readonly partition: number; readonly count: number }
  | { readonly do: 'pass'; readonly millis: number }
  | { readonly do: 'act'; readonly act: Act }
  | { readonly do: 'move'; readonly partition: number; readonly to: number }
  | { readonly do: 'reset' | 'release' | 'kill' | 'start'; readonly broker: number };

const broker = fc.integer({ min: 1, max: BROKERS });
const partition = fc.integer({ min: 0, max: PARTITIONS - 1 });
const send = fc.record({ do: fc.constant('send' as const), partition, count: fc.integer({ min: 1, max: 4 }) });
const pass = fc.record({
  do: fc.constant('pass' as const),
  millis: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3000 })),
});
const move = fc.record({ do: fc.constant('move' as const), partition, to: broker });
const trouble = fc.record({ do: fc.constantFrom('reset' as const, 'kill' as const, 'start' as const), broker });
const release = fc.record({ do: fc.constant('release' as const), broker });

/** What a produce request may meet. Errors after an append among them. */
const acts: readonly Act[] = [
  answer,
  lose,
  drop,
  refuse(KafkaError.NOT_ENOUGH_REPLICAS),
  refuse(KafkaError.NOT_LEADER_OR_FOLLOWER),
  { kind: 'append-then-error', error: KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND },
  { kind: 'append-then-error', error: KafkaError.REQUEST_TIMED_OUT },
];
const act = (among: readonly Act[]) => fc.record({ do: fc.constant('act' as const), act: fc.constantFrom(...among) });

function steps(among: readonly Act[]): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.oneof(
      { weight: 6, arbitrary: send },
      { weight: 5, arbitrary: pass },
      { weight: 4, arbitrary: act(among) },
      { weight: 1, arbitrary: move },
      { weight: 1, arbitrary: trouble },
      { weight: 1, arbitrary: release },
    ),
    { minLength: 5, maxLength: 60 },
  );
}

/** Plays the steps, then heals everything and waits until every send is decided. */
function play(plan: readonly Step[], settings: Partial<ProducerSettings>): Lab {
  const lab = new Lab({ brokers: BROKERS, topics: [PARTITIONS], seed: `${plan.length}` });
  const p = lab.producer({ 'request.timeout.ms': 1500, 'delivery.timeout.ms': 6000, ...settings });
  const planned: Act[] = [];
  lab.script = ({ kind }) => (kind === Api.produce ? (planned.shift() ?? answer) : answer);
  let value = 0;
  // Leaders that know nothing of a producer take any sequence (KAFKA-14359), so that the first batches could change places.
  for (let number = 0; number < PARTITIONS; number++) lab.sendToPartition(p, number, [value++]);
  lab.pass(1000);
  for (const step of plan) {
    if (step.do === 'send')
      lab.sendToPartition(
        p,
        step.partition,
        Array.from({ length: step.count }, () => value++),
      );
    else if (step.do === 'pass') lab.pass(step.millis);
    else if (step.do === 'act') planned.push(step.act);
    else if (step.do === 'move') lab.cluster.moveLeader(step.partition, step.to);
    else if (step.do === 'kill') lab.world.kill(step.broker);
    else if (step.do === 'start') lab.world.start(step.broker);
    else if (lab.world.isRunning(step.broker)) lab.broker(step.broker)[step.do]();
  }
  planned.length = 0;
  for (let id = 1; id <= BROKERS; id++) {
    lab.world.start(id);
    lab.broker(id).release();
  }
  lab.pass(200_000);
  return lab;
}

/** What holds whatever the settings: the outcome that a send is told is true, and each is told one. */
function expectTruthfulOutcomes(lab: Lab): void {
  for (const { f, outcome, microOps } of lab.log.operations) {
    if (f !== 'send') continue;
    const { key, value, offset } = microOps[0]!;
    const values = lab.cluster.partition(key).values;
    expect(outcome).not.toBe('open');
    if (outcome === 'ok') expect(values[offset]).toBe(value);
    if (outcome === 'fail') expect(values).not.toContain(value);
  }
}

describe('whatever brokers do, a producer', () => {
  it('completes every send once: ok is in the log at its offset, fail is nowhere', () => {
    fc.assert(
      fc.property(
        steps([...acts, hold, refuse(KafkaError.INVALID_RECORD), refuse(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)]),
        fc.record({
          'enable.idempotence': fc.boolean(),
          'max.in.flight.requests.per.connection': fc.constantFrom(1, 2, 5),
          'linger.ms': fc.constantFrom(0, 5),
          retries: fc.constantFrom(0, 2, 2147483647),
          'batch.size': fc.constantFrom(0, 300, 16_384),
        }),
        (plan, settings) => expectTruthfulOutcomes(play(plan, settings)),
      ),
      { numRuns: 150 },
    );
  });

  it('with idempotence appends the records of a partition in the order in which they were sent, none twice', () => {
    fc.assert(
      fc.property(steps([...acts, hold]), fc.constantFrom(1, 2, 5), (plan, maxInFlight) => {
        const lab = play(plan, { 'max.in.flight.requests.per.connection': maxInFlight, 'batch.size': 300 });
        expectTruthfulOutcomes(lab);
        for (const { values } of lab.cluster.partitions) {
          for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThan(values[i - 1]!);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('with one request in flight and no late requests appends in order, perhaps twice', () => {
    const orderly = acts.filter(({ kind }) => kind !== 'hold');
    fc.assert(
      fc.property(steps(orderly), (plan) => {
        const lab = play(plan, {
          'enable.idempotence': false,
          'max.in.flight.requests.per.connection': 1,
          'batch.size': 300,
        });
        expectTruthfulOutcomes(lab);
        for (const { log } of lab.cluster.partitions) {
          const firsts = log.map(({ records }) => records[0]!.value);
          for (let i = 1; i < firsts.length; i++) expect(firsts[i]).toBeGreaterThanOrEqual(firsts[i - 1]!);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is the same in a second run of the same seed', () => {
    fc.assert(
      fc.property(steps([...acts, hold]), (plan) => {
        const [first, second] = [play(plan, {}), play(plan, {})];
        expect(second.probes).toEqual(first.probes);
        expect(second.log.operations).toEqual(first.log.operations);
        expect(second.world.events).toBe(first.world.events);
      }),
      { numRuns: 20 },
    );
  });
});
