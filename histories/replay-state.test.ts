import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { membersOf, TraceReplay, type ClusterState } from './replay-state.js';
import { ScriptedCluster } from './report/testing/scripted-cluster.js';
import { cutOffLeader, lastReplicaStanding } from './report/testing/scenarios.js';
import { TraceColumns } from './trace-columns.js';
import type { Trace } from './trace.js';

const { header } = new ScriptedCluster({ partitions: 2 }).trace;
const kindOf = new Map(header.probes.map((probe) => [probe.name, probe.kind]));
const BROKERS = [1, 2, 3];

/** Records of every kind that changes a state, in any order: what the replay does with them must not depend on sense. */
const records = fc.array(
  fc.oneof(
    event('append', fc.nat(5), fc.nat(2), fc.nat(9), fc.nat(1)),
    event('truncate', fc.nat(5), fc.nat(6), fc.nat(3)),
    event('data-lost', fc.nat(5), fc.nat(6), fc.nat(2)),
    event('log-loaded', fc.nat(5), fc.nat(5), fc.nat(1), fc.nat(2)),
    event('high-watermark', fc.nat(6), fc.nat(6), fc.nat(2), fc.nat(1)),
    event('become-leader', fc.nat(3), fc.nat(5), mask(), fc.nat(9)),
    event('become-follower', fc.nat(3), fc.integer({ min: -1, max: 3 }), fc.nat(5), fc.nat(9)),
    event('isr-pending', mask(), fc.nat(9), fc.nat(3), fc.nat(1)),
    event('isr-adopted', mask(), fc.nat(9), fc.nat(3)),
    event('partition-changed', fc.integer({ min: -1, max: 3 }), fc.nat(4), mask(), fc.nat(9)),
    event('process-killed', fc.nat(3), fc.nat(1)),
    event('process-started', fc.nat(3)),
    event('power-lost', fc.nat(3)),
    event('paused'),
    event('resumed'),
    event('broker-fenced', fc.constantFrom(...BROKERS), fc.nat(9)),
    event('broker-unfenced', fc.constantFrom(...BROKERS), fc.nat(9)),
    event('fault-began', fc.nat(2), mask()),
    event('fault-ended', fc.nat(2), fc.nat(3)),
  ),
  { minLength: 1, maxLength: 1300, size: 'max' },
);

interface Drawn {
  readonly name: string;
  readonly machine: number;
  readonly key: number;
  readonly values: readonly number[];
}

function event(name: string, ...values: readonly fc.Arbitrary<number>[]): fc.Arbitrary<Drawn> {
  return fc.record({
    name: fc.constant(name),
    machine: fc.constantFrom(...BROKERS),
    key: fc.nat(1),
    values: fc.tuple(...values),
  });
}

function mask(): fc.Arbitrary<number> {
  return fc.subarray(BROKERS).map((members) => members.reduce((sum, member) => sum + 2 ** member, 0));
}

function traceOf(drawn: readonly Drawn[]): Trace {
  const trace = new TraceColumns();
  trace.header = header;
  drawn.forEach(({ name, machine, key, values }, i) => {
    const [a = 0, b = 0, c = 0, d = 0] = values;
    trace.append(i * 10, kindOf.get(name)!, machine, key, a, b, c, d);
  });
  return trace;
}

/** The same by the book: from the first record on, with plain arrays, for one broker and one partition. */
function recomputed(drawn: readonly Drawn[], machine: number, key: number) {
  let log: { leaderEpoch: number; value: number }[] = [];
  let highWatermark = 0;
  let role = 'none';
  let leaderEpoch = -1;
  let running = false;
  let paused = false;
  let fenced: boolean | null = null;
  let isr: readonly number[] = [];
  for (const { name, machine: by, key: of, values } of drawn) {
    const [a = 0, b = 0, c = 0] = values;
    if (name === 'partition-changed' && of === key) isr = membersOf(c);
    if (name === 'broker-fenced' && a === machine) fenced = true;
    if (name === 'broker-unfenced' && a === machine) fenced = false;
    if (by !== machine) continue;
    if (name === 'process-started') running = true;
    if (name === 'process-killed' || name === 'power-lost') {
      running = false;
      role = 'none';
      leaderEpoch = -1;
    }
    if (name === 'paused') paused = true;
    if (['resumed', 'process-started', 'process-killed', 'power-lost'].includes(name)) paused = false;
    if (of !== key) continue;
    if (name === 'append') {
      const kept = log.slice(0, a);
      kept[a] = { leaderEpoch: b, value: c };
      log = kept;
    }
    if (name === 'truncate' || (name === 'data-lost' && c !== 2) || name === 'log-loaded') log = log.slice(0, a);
    if (name === 'log-loaded') highWatermark = b;
    if (name === 'high-watermark') highWatermark = a;
    if (name === 'become-leader' || name === 'become-follower') {
      role = name === 'become-leader' ? 'leader' : 'follower';
      leaderEpoch = a;
    }
  }
  return { log: [...log], highWatermark, role, leaderEpoch, running, paused, fenced, isr };
}

function rebuilt(state: ClusterState, machine: number, key: number) {
  const replica = state.replica(machine, key);
  const { running, paused, fenced } = state.machine(machine);
  const end = replica?.log.end ?? 0;
  return {
    log: Array.from({ length: end }, (_, offset) => replica?.log.at(offset)),
    highWatermark: replica?.highWatermark ?? 0,
    role: replica?.role ?? 'none',
    leaderEpoch: replica?.leaderEpoch ?? -1,
    running,
    paused,
    fenced,
    isr: state.decision(key).isr,
  };
}

describe('the state of a cluster, rebuilt from its trace', () => {
  it('is at any record what a recomputation from the start gives', () => {
    fc.assert(
      fc.property(
        records,
        fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 1, maxLength: 6 }),
        (drawn, places) => {
          const replay = new TraceReplay(traceOf(drawn));
          for (const place of places) {
            const index = Math.floor(place * drawn.length);
            const state = replay.at(index);
            for (const machine of BROKERS) {
              for (const key of [0, 1]) {
                expect(rebuilt(state, machine, key)).toEqual(recomputed(drawn.slice(0, index + 1), machine, key));
              }
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('tells faults, roles, ISR and logs at any moment of a trial', () => {
    const { trace } = cutOffLeader();
    const replay = new TraceReplay(trace);
    const during = replay.atTime(12_950_000);
    expect(during.faults.map((fault) => fault.targets)).toEqual([[1]]);
    expect(during.decision(0)).toMatchObject({ leader: 2, isr: [2, 3] });
    expect([1, 2, 3].map((broker) => during.replica(broker, 0)?.role)).toEqual(['leader', 'leader', 'follower']);
    expect([1, 2, 3].map((broker) => during.replica(broker, 0)?.log.end)).toEqual([1, 0, 0]);
    const after = replay.atTime(20_000_000);
    expect(after.faults).toEqual([]);
    expect(after.replica(1, 0)).toMatchObject({ role: 'follower', leader: 2 });
    expect(after.replica(1, 0)?.log.end).toBe(0);
  });

  it('forgets with a process what was volatile, and with the power what was not synced', () => {
    const replay = new TraceReplay(lastReplicaStanding().trace);
    const before = replay.atTime(27_500_000).replica(2, 0)!;
    expect([before.role, before.log.end, before.isr]).toEqual(['leader', 1, [2]]);
    const dark = replay.atTime(29_000_000);
    expect(dark.machine(2)).toMatchObject({ running: false, powered: false });
    expect(dark.replica(2, 0)).toMatchObject({ role: 'none', leaderEpoch: -1, isr: [] });
    expect(dark.replica(2, 0)?.log.end).toBe(0);
  });

  it('knows machines beyond the 31st bit', () => {
    expect(membersOf(2 ** 33 + 2 ** 31 + 2)).toEqual([1, 31, 33]);
  });
});
