/** Everything that a trial needs, furnished and wired: world, system, nemesis, and those who watch. */
import { createBudget, createInvariants, type Budget } from '../../checkers/kafka/api.js';
import type { Anomaly } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';
import { TrialRecorder } from '../../histories/recorder.js';
import type { TraceHeader } from '../../histories/trace.js';
import type { KafkaClusterSpec } from '../../model/kafka/cluster-spec.js';
import { createKafka, type KafkaSystem } from '../../model/kafka/system.js';
import { createWorld, type World } from '../../model/kernel/world.js';
import type { Assumptions } from '../../nemesis/profile.js';
import type { Plan } from '../../nemesis/plan.js';
import { faultNamed } from '../../nemesis/registry.js';
import { Nemesis } from '../../nemesis/runner.js';
import { sayStrike } from '../../nemesis/words.js';
import type { TrialInput } from '../trial.js';
import { historyHeader, partitionsOf } from './history-header.js';
import { SituationWatch } from './situation-watch.js';
import { recheckEvents } from './recheck.js';
import { Supervisor } from './supervisor.js';

export interface Stage {
  readonly input: TrialInput;
  readonly cluster: KafkaClusterSpec;
  readonly world: World;
  readonly system: KafkaSystem;
  readonly nemesis: Nemesis;
  readonly supervisor: Supervisor;
  readonly recorder: TrialRecorder;
  readonly budget: Budget;
  readonly situations: SituationWatch;
  /** What the invariants have found so far. */
  readonly found: readonly Anomaly[];
  /** How long progress may take once a sufficient set is healed, by the time-outs in force; microseconds. */
  readonly boundMicros: number;
  /** How long the user allows (writable-again: { within }); Infinity: as long as that. */
  readonly requiredMicros: number;
}

export function furnish(input: TrialInput, cluster: KafkaClusterSpec): Stage {
  const { spec, seed, plan } = input;
  const recorder = new TrialRecorder();
  const world = createWorld({ seed, recorder });
  const system = createKafka(cluster);
  const budget = createBudget(system.probes);
  system.useStateView(budget);
  const found: Anomaly[] = [];
  recorder.begin(world, traceHeader(system, plan, spec.workload.over), (machine) => world.machineName(machine));
  // The recorder first: what others find at a probe follows the record of it.
  world.probes.listen(keptKinds(system), recorder);
  world.probes.listen(budget.kinds, budget);
  if (input.watched !== false) {
    const options = {
      highWatermarkGate: cluster.rules.highWatermarkGate,
      fetchEpochFencing: cluster.rules.fetchEpochFencing,
      control: cluster.control,
      readsCommitted: (machine: number) => readsCommitted(cluster, world.machineName(machine)),
    };
    const recheck = input.paranoid === true ? recheckEvents({ input, system, world, recorder }, options) : undefined;
    const find = (anomaly: Anomaly): number => found.push(anomaly);
    const invariants = createInvariants(system.view(), system.probes, find, recorder, { ...options, recheck });
    world.probes.listen(invariants.kinds, invariants);
  }
  const nemesis = new Nemesis({
    world,
    system,
    plan,
    phaseMicros: spec.workload.over,
    state: budget,
    assumptions: assumptionsOf(cluster),
  });
  return {
    input,
    cluster,
    world,
    system,
    nemesis,
    supervisor: new Supervisor(world, system.machines()),
    recorder,
    budget,
    situations: new SituationWatch(system, world.probes),
    found,
    boundMicros: system.livenessBoundMicros(),
    requiredMicros: spec.require.find(({ name }) => name === 'writable-again')?.within ?? Infinity,
  };
}

/** Whether a consumer of the spec, or a reader that joins later, reads committed records alone. */
function readsCommitted({ consumers, transactions }: KafkaClusterSpec, name: string): boolean {
  const consumer = consumers.find((one) => one.name === name);
  if (consumer === undefined) return transactions !== undefined;
  return consumer.settings['isolation.level'] === 'read_committed';
}

/** What was recorded so far, for those who judge it. */
/** @param plan whose steps were made: records of an own workload are called as they were sent */
export function historySoFar({ input, cluster, system, recorder }: Stage, plan: Plan): History {
  const { name, kafka, workload } = input.spec;
  const header = historyHeader({
    name,
    seed: input.seed,
    kafka,
    control: input.spec.control.mode,
    cluster,
    workload: workload.type,
    resend: workload.resend,
    partitions: partitionsOf(cluster, (key) => system.placement(key)),
  });
  return recorder.history(header, system.keys(), plan.own === undefined ? String : sentNames(plan));
}

/** Longer texts are cut: a name stands in the middle of a sentence. */
const LONGEST_NAME = 60;

function sentNames({ workload }: Plan): (value: number) => string {
  const names = new Map<number, string>();
  for (const step of workload) {
    if (step.f !== 'send' || step.text === undefined) continue;
    names.set(step.value, step.text.length <= LONGEST_NAME ? step.text : `${step.text.slice(0, LONGEST_NAME - 1)}…`);
  }
  return (value) => names.get(value) ?? String(value);
}

function keptKinds(system: KafkaSystem): readonly number[] {
  return system.probes.filter(({ kept }) => kept).map(({ kind }) => kind);
}

function traceHeader(system: KafkaSystem, plan: Plan, phaseMicros: number): TraceHeader {
  const machines: { name: string; roles: readonly string[] }[] = [{ name: '-', roles: [] }];
  for (const { id, name, roles } of system.machines()) machines[id] = { name, roles };
  return {
    probes: system.probes.filter(({ kept }) => kept),
    machines,
    keys: system.keys(),
    faults: plan.strikes.map((strike) => sayStrike(strike, system.keys(), phaseMicros)),
    faultBands: plan.strikes.map(({ fault }) => {
      const { label, hue } = faultNamed(fault);
      return { label, hue };
    }),
  };
}

/** What the guarantees bear (DESIGN, Outcomes, assumptions, licences), by partition. */
function assumptionsOf(cluster: KafkaClusterSpec): Assumptions {
  const bearsImpaired: number[] = [];
  const unsyncedMatters: boolean[] = [];
  for (const { partitions, replicationFactor, settings, alterations = [] } of cluster.topics) {
    // Whatever an administrator makes of it, at whatever time.
    const altered = alterations.map((wish) => wish['min.insync.replicas'] ?? Infinity);
    const minInsyncReplicas = Math.min(settings['min.insync.replicas'], replicationFactor, ...altered);
    for (let i = 0; i < partitions; i++) {
      bearsImpaired.push(cluster.rules.eligibleLeaderReplicas ? minInsyncReplicas - 1 : 0);
      unsyncedMatters.push(settings['flush.messages'] !== 1);
    }
  }
  return { bearsImpaired, unsyncedMatters, uncleanStopsCount: cluster.rules.eligibleLeaderReplicas };
}
