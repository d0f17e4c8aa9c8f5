/**
 * One trial, from top to bottom: a plan becomes a world, the world lives through safety, liveness and the final read,
 * and what was recorded is judged. A function of (spec, seed, plan) and of nothing else.
 */
import { checkHistory, judge, type StuckNote } from '../checkers/kafka/api.js';
import type { TrialVerdict } from '../histories/anomaly.js';
import type { History } from '../histories/operation.js';
import { resolveCluster } from './spec/resolve.js';
import type { Spec } from './spec/spec.js';
import { KernelProbe } from '../model/kernel/probes.js';
import { recordsOf, type Obstacle } from '../model/system.js';
import type { Plan } from '../nemesis/plan.js';
import { HarrowFailure, type Trial } from './engine.js';
import { announce, Phase, readEveryReplica, waitUntil, WorkloadFeed } from './trial/phases.js';
import { trialRow } from './trial/row.js';
import { furnish, historySoFar, type Stage } from './trial/stage.js';

export interface TrialInput {
  readonly spec: Spec;
  readonly seed: string;
  readonly plan: Plan;
  /** Index among a campaign's variants; 0 where there is one. */
  readonly variant: number;
  /** False: without invariants and checkers, to measure what they cost. Absent: true. */
  readonly watched?: boolean;
}

/** Before the safety phase the cluster must be up: brokers registered, topics created, every ISR whole. */
const START_UP_BOUND_MICROS = 120_000_000;

export function runTrial(input: TrialInput): Trial {
  const began = performance.now();
  const stage = furnish(input, resolveCluster(input.spec, input.plan.settings));
  startUp(stage);
  const safety = safetyPhase(stage);
  const notLively = livenessPhase(stage);
  const notSettled = settleAfterHeal(stage);
  const incomplete = finalRead(stage, notSettled);
  // A partition may be stuck twice: what licenses that it was late says nothing of its coming to rest.
  const stuck = [...notLively, ...notSettled];
  nameHelpers(stage);
  const history = historySoFar(stage);
  const verdict = judgeTrial(stage, history, { stuck, incomplete });
  const digest = stage.recorder.closeDigest(stage.world.events, stage.world.diskFingerprint());
  const row = trialRow({ input, stage, history, verdict, digest, safety, millis: performance.now() - began });
  const { spec, seed, plan } = input;
  return { spec, seed, plan, row, verdict, history, trace: stage.recorder.trace };
}

function startUp({ world, system, input }: Stage): void {
  system.boot(world);
  const up = waitUntil(world, START_UP_BOUND_MICROS, () => system.settled());
  if (up !== true) {
    const { spec, seed } = input;
    throw new HarrowFailure(
      `${spec.name}, seed ${seed}: the cluster did not come up within 120 simulated seconds: ${up}`,
    );
  }
}

/** Workload and faults. Returns its bounds in virtual time. */
function safetyPhase({ world, system, input, nemesis }: Stage): { from: number; to: number } {
  announce(world, Phase.safety);
  const from = world.now;
  const to = from + input.spec.workload.over;
  new WorkloadFeed(world, system, input.plan.workload, from).begin();
  nemesis.begin();
  world.runUntil(to);
  return { from, to };
}

/**
 * Heals a sufficient set, or everything, and asks for progress within the bound: the one that Kafka's time-outs give, or a
 * shorter one that the user requires. Empty, or what is stuck.
 */
function livenessPhase(stage: Stage): readonly StuckNote[] {
  const { world, system, input, nemesis, budget, boundMicros, requiredMicros } = stage;
  announce(world, Phase.liveness);
  const { healAll, healPick, workload } = input.plan;
  const sets = system.sufficientSets(budget);
  if (healAll || sets.length === 0) nemesis.healAll();
  else nemesis.heal(sets[Math.floor(healPick * sets.length)]!);
  const values = workload.flatMap((step) => recordsOf(step).map(({ value }) => value));
  system.beginLiveness(1 + values.reduce((highest, value) => Math.max(highest, value), 0));
  const healed = world.now;
  const early = waitUntil(world, Math.min(requiredMicros, boundMicros), () => system.lively());
  if (early === true) return [];
  const missed = requiredMicros < boundMicros ? stall(stage, system.livenessObstacles(), true) : [];
  const late = waitUntil(world, healed + boundMicros - world.now, () => system.lively());
  return late === true ? missed : stall(stage, system.livenessObstacles(), false);
}

/** A bound has passed. The trace gets a record for each machine that is waited for. */
function stall({ world, recorder }: Stage, obstacles: readonly Obstacle[], required: boolean): readonly StuckNote[] {
  return obstacles.map(({ key, reason, waitsFor }) => {
    const events: number[] = [];
    for (const machine of waitsFor.length > 0 ? waitsFor : [0]) {
      world.probes.emit(KernelProbe.stalled, 0, key, machine, required ? 1 : 0, 0, 0);
      events.push(recorder.record);
    }
    return { key, reason, at: world.now, events };
  });
}

/** Machines that joined for liveness and the final read (admin, readers) have names in the trace too. */
function nameHelpers({ world, recorder }: Stage): void {
  const { header } = recorder.trace;
  const machines = [...header.machines];
  for (let machine = machines.length; machine <= world.machineCount; machine++) {
    machines.push({ name: world.machineName(machine), roles: ['helper'] });
  }
  recorder.trace.header = { ...header, machines };
}

/** Heals the rest. Every ISR is whole again within the bound, or what does not come to rest is stuck. */
function settleAfterHeal(stage: Stage): readonly StuckNote[] {
  const { world, system, nemesis, boundMicros } = stage;
  announce(world, Phase.finalRead);
  system.endLiveness();
  nemesis.healAll();
  if (waitUntil(world, boundMicros, () => system.settled()) === true) return [];
  return stall(stage, system.settlingObstacles(), false).map((note) => ({
    ...note,
    reason: `not at rest after everything was healed: ${note.reason}`,
  }));
}

/** Reads every replica of every partition that can be elected. Null, or why that could not be done. */
function finalRead({ world, system, boundMicros }: Stage, notSettled: readonly StuckNote[]): string | null {
  const general = notSettled.find(({ key }) => key < 0);
  if (general !== undefined) return `no final read: ${general.reason}`;
  const read = readEveryReplica(world, system, boundMicros, new Set(notSettled.map(({ key }) => key)));
  return read === true ? null : read;
}

interface Ending {
  readonly stuck: readonly StuckNote[];
  /** Why the final read could not be made. */
  readonly incomplete: string | null;
}

function judgeTrial({ recorder, input, found }: Stage, history: History, { stuck, incomplete }: Ending): TrialVerdict {
  if (input.watched === false) return { verdict: 'undecided', reasons: ['nobody watched'], anomalies: [] };
  const { anomalies, undecided } = checkHistory(history, { stuck });
  return judge({
    history,
    trace: recorder.trace,
    anomalies: [...found, ...anomalies],
    undecided: incomplete === null ? undecided : [...undecided, incomplete],
    requirements: input.spec.require.map(({ name }) => name),
  });
}
