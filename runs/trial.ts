/**
 * One trial, from top to bottom: a plan becomes a world, the world lives through safety, liveness and the final read,
 * and what was recorded is judged. A function of (spec, seed, plan) and of nothing else.
 */
import { checkHistory, judge, type CheckNotes, type StuckNote } from '../checkers/kafka/api.js';
import type { TrialVerdict } from '../histories/anomaly.js';
import type { History } from '../histories/operation.js';
import { resolveCluster } from './spec/resolve.js';
import type { Spec } from './spec/spec.js';
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
  const stuck = notLively ?? notSettled;
  const incomplete = notSettled === null ? finalRead(stage) : notSettled.reason;
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
 * shorter one that the user requires. Null, or why the cluster is stuck.
 */
function livenessPhase({
  world,
  system,
  input,
  nemesis,
  budget,
  boundMicros,
  requiredMicros,
}: Stage): StuckNote | null {
  announce(world, Phase.liveness);
  const { healAll, healPick, workload } = input.plan;
  const sets = system.sufficientSets(budget);
  if (healAll || sets.length === 0) nemesis.healAll();
  else nemesis.heal(sets[Math.floor(healPick * sets.length)]!);
  system.beginLiveness(1 + workload.reduce((highest, step) => Math.max(highest, step.value), 0));
  const healed = world.now;
  const early = waitUntil(world, Math.min(requiredMicros, boundMicros), () => system.lively());
  if (early === true) return null;
  const missed: StuckNote = { reason: early, key: -1, at: world.now, bound: 'required' };
  const late = waitUntil(world, healed + boundMicros - world.now, () => system.lively());
  return late === true ? missed : { reason: late, key: -1, at: world.now, bound: 'guaranteed' };
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

/** Heals the rest. Every ISR is whole again within the bound, or the cluster is stuck: null, or why. */
function settleAfterHeal({ world, system, nemesis, boundMicros }: Stage): StuckNote | null {
  announce(world, Phase.finalRead);
  nemesis.healAll();
  const settled = waitUntil(world, boundMicros, () => system.settled());
  if (settled === true) return null;
  const reason = `the cluster did not settle after everything was healed: ${settled}`;
  return { reason, key: -1, at: world.now, bound: 'guaranteed' };
}

/** Reads every replica of every partition. Null, or why that could not be done. */
function finalRead({ world, system, boundMicros }: Stage): string | null {
  const read = readEveryReplica(world, system, boundMicros);
  return read === true ? null : read;
}

interface Ending {
  readonly stuck: StuckNote | null;
  /** Why the final read could not be made. */
  readonly incomplete: string | null;
}

function judgeTrial({ recorder, input, found }: Stage, history: History, { stuck, incomplete }: Ending): TrialVerdict {
  if (input.watched === false) return { verdict: 'undecided', reasons: ['nobody watched'], anomalies: [] };
  const notes: CheckNotes = { stuck };
  const { anomalies, undecided } = checkHistory(history, notes);
  return judge({
    history,
    trace: recorder.trace,
    anomalies: [...found, ...anomalies],
    undecided: incomplete === null ? undecided : [...undecided, incomplete],
    requirements: input.spec.require.map(({ name }) => name),
    notes,
  });
}
