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
import { drive } from './drive/async.js';
import { playCalls, WorkloadFeed } from './drive/sync.js';
import { HarrowFailure, type Trial } from './engine.js';
import { NeedsWatching, OwnApplication, type OwnWorkload, type Told } from './own/application.js';
import { HookedWatch, unwatched, type Watch } from './own/watch.js';
import { announce, type FinalReadEnd, leftOut, Phase, readEveryReplica, waitUntil } from './trial/phases.js';
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
  /** True: the invariants are checked from scratch too, after every event, and both must say the same. Slow. */
  readonly paranoid?: boolean;
}

/** Before the safety phase the cluster must be up: brokers registered, topics created, every ISR whole. */
const START_UP_BOUND_MICROS = 120_000_000;

export function runTrial(input: TrialInput): Trial {
  const opening = open(input);
  playPlan(opening);
  return conclude(opening, input.plan);
}

export interface OwnTrial {
  /** Its plan holds the calls that the function made: it runs again without the function. */
  readonly trial: Trial;
  readonly told: Told;
}

/** The same with a function of the user's own: the plan says when it is called. */
export async function runOwnTrial(input: TrialInput, workload: OwnWorkload): Promise<OwnTrial> {
  try {
    return await playOwn(input, workload, unwatched);
  } catch (error) {
    if (!(error instanceof NeedsWatching)) throw error;
    return playOwn(input, workload, new HookedWatch());
  }
}

async function playOwn(input: TrialInput, workload: OwnWorkload, watch: Watch): Promise<OwnTrial> {
  const opening = open(input);
  const { stage, from, to } = opening;
  const { spec, seed, plan } = input;
  const application = new OwnApplication({
    ...stage,
    spec,
    seed,
    workload,
    steps: plan.own ?? plan.workload,
    from,
    watch,
  });
  stage.nemesis.begin();
  await drive(stage.world, application, to);
  const told = application.end();
  return { trial: conclude(opening, application.recorded(plan)), told };
}

/** A world that is up, at the beginning of the safety phase. */
interface Opening {
  readonly stage: Stage;
  /** Bounds of the safety phase in virtual time. */
  readonly from: number;
  readonly to: number;
  /** Wall milliseconds. */
  readonly began: number;
}

function open(input: TrialInput): Opening {
  const began = performance.now();
  const stage = furnish(input, resolveCluster(input.spec, input.plan.settings));
  startUp(stage);
  announce(stage.world, Phase.safety);
  const from = stage.world.now;
  return { stage, from, to: from + input.spec.workload.over, began };
}

/** @param plan whose steps were made */
function conclude({ stage, from, to, began }: Opening, plan: Plan): Trial {
  const { input } = stage;
  const notLively = livenessPhase(stage, plan);
  const notSettled = settleAfterHeal(stage);
  const end = finalRead(stage, notSettled);
  // A partition may be stuck twice: what licenses that it was late says nothing of its coming to rest.
  const stuck = [...notLively, ...notSettled];
  nameHelpers(stage);
  const history = historySoFar(stage, plan);
  const verdict = judgeTrial(stage, history, { ...end, stuck });
  const digest = stage.recorder.closeDigest(stage.world.events, stage.world.diskFingerprint());
  const row = trialRow({
    input,
    stage,
    history,
    verdict,
    digest,
    safety: { from, to },
    millis: performance.now() - began,
  });
  const { spec, seed } = input;
  return { spec, seed, plan, row, verdict, history, trace: stage.recorder.trace };
}

function startUp({ world, system, supervisor, input }: Stage): void {
  // A consumer of KIP-848 ends if it finds its group a classic one that has had no generation yet.
  supervisor.supervise(null);
  system.boot(world);
  const up = waitUntil(world, START_UP_BOUND_MICROS, () => system.settled());
  supervisor.supervise([]);
  if (up !== true) {
    const { spec, seed } = input;
    throw new HarrowFailure(
      `${spec.name}, seed ${seed}: the cluster did not come up within 120 simulated seconds: ${up}`,
    );
  }
}

/** Workload and faults. */
function playPlan({ stage, from, to }: Opening): void {
  const { world, system, nemesis, input } = stage;
  const { workload, own } = input.plan;
  if (input.spec.workload.type !== 'own') {
    new WorkloadFeed(world, system, workload, from).begin();
    nemesis.begin();
  } else {
    if (own === undefined) throw new HarrowFailure(`${input.spec.name}: its workload is a function, which is not here`);
    nemesis.begin();
    playCalls(world, system, workload, from);
  }
  world.runUntil(to);
}

/**
 * Heals a sufficient set, or everything, and asks for progress within the bound: the one that Kafka's time-outs give, or a
 * shorter one that the user requires. Empty, or what is stuck.
 */
function livenessPhase(stage: Stage, { healAll, healPick, workload }: Plan): readonly StuckNote[] {
  const { world, system, nemesis, budget, boundMicros, requiredMicros } = stage;
  announce(world, Phase.liveness);
  const sets = system.sufficientSets(budget);
  if (healAll || sets.length === 0) {
    nemesis.healAll();
    stage.supervisor.supervise(null);
  } else {
    const set = sets[Math.floor(healPick * sets.length)]!;
    nemesis.heal(set);
    stage.supervisor.supervise(set);
  }
  system.beginLiveness(1 + highestValue(workload));
  const healed = world.now;
  const early = waitUntil(world, Math.min(requiredMicros, boundMicros), () => system.lively());
  if (early === true) return [];
  const missed = requiredMicros < boundMicros ? stall(stage, system.livenessObstacles(), true) : [];
  const late = waitUntil(world, healed + boundMicros - world.now, () => system.lively());
  return late === true ? missed : stall(stage, system.livenessObstacles(), false);
}

function highestValue(workload: Plan['workload']): number {
  let highest = 0;
  for (const step of workload) for (const { value } of recordsOf(step)) highest = Math.max(highest, value);
  return highest;
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
  stage.supervisor.supervise(null);
  if (waitUntil(world, boundMicros, () => system.settled()) === true) return [];
  return stall(stage, system.settlingObstacles(), false).map((note) => ({
    ...note,
    reason: `not at rest after everything was healed: ${note.reason}`,
  }));
}

/** Reads every replica of every partition that can be elected. */
function finalRead({ world, system, boundMicros }: Stage, notSettled: readonly StuckNote[]): FinalReadEnd {
  const general = notSettled.find(({ key }) => key < 0);
  if (general !== undefined) return { incomplete: `no final read: ${general.reason}`, unreached: [] };
  return readEveryReplica(world, system, boundMicros, new Set(notSettled.map(({ key }) => key)));
}

interface Ending extends FinalReadEnd {
  readonly stuck: readonly StuckNote[];
}

function judgeTrial({ recorder, input, found }: Stage, history: History, ending: Ending): TrialVerdict {
  if (input.watched === false) return { verdict: 'undecided', reasons: ['nobody watched'], anomalies: [] };
  const { anomalies, undecided } = checkHistory(history, { stuck: ending.stuck });
  const requirements = input.spec.require.map(({ name }) => name);
  return judge({
    history,
    trace: recorder.trace,
    anomalies: [...found, ...anomalies],
    undecided: [...undecided, ...leftOut(ending, requirements)],
    requirements,
  });
}
