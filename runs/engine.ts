/**
 * What the command line asks of the engine: trials, campaigns, shrinking. Commands see only this, so that each of them can
 * be tested without a cluster; `main.ts` hands in the real one.
 */
import type { JudgedAnomaly, TrialVerdict, Verdict } from '../histories/anomaly.js';
import type { History } from '../histories/operation.js';
import type { Story } from '../histories/report/story.js';
import type { Trace } from '../histories/trace.js';
import type { Plan } from '../nemesis/plan.js';
import type { Spec } from './spec/spec.js';

/** Why a trial failed: trials with the same requirement and way of failing (`id`) have the same cause. */
export interface Cause {
  /** Names the way of failing, for grouping: "cut-off-leader". */
  readonly id: string;
  /** The requirement that forbids it; for a bug, the guarantee that excludes it; an invariant's id where neither names it. */
  readonly requirement: string;
  /** Row of the licence; 'none' for a bug. */
  readonly licence: string;
  /** The way of failing in words: "leader cut off from the others, still acknowledging (two leaders at once)". */
  readonly words: string;
}

/** How often a fault of this name began in a trial. */
export interface FaultCount {
  /** Had an effect: cut, lost, stopped or delayed something. */
  readonly effective: number;
  /** Began and changed nothing. */
  readonly ineffective: number;
}

export interface TrialCounts {
  /** Sends of the safety phase by outcome; `unknown` is info. */
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** By name of fault. */
  readonly faults: Readonly<Record<string, FaultCount>>;
  /** Planned faults that were not begun: no target, or out of the profile's budget. */
  readonly skipped: number;
  /** By name of fault: why it was not begun, the last time that it was not. Left out: all were. */
  readonly notBegun?: Readonly<Record<string, string>>;
}

/** A line of trials.jsonl: all that a campaign keeps of every trial. */
export interface TrialRow {
  /** Index of the variant, 0 where there is one. */
  readonly variant: number;
  readonly seed: string;
  readonly verdict: Verdict;
  /** Anomaly types of judgement bug or unsafe, sorted, each once. */
  readonly anomalies: readonly string[];
  /** Anomaly types that were allowed: licensed, and forbidden by no requirement. Sorted, each once. */
  readonly allowed: readonly string[];
  /** In the order in which their first anomalies happened. */
  readonly causes: readonly Cause[];
  /** Everything that it shows is what the spec expects. */
  readonly expected: boolean;
  readonly digest: string;
  readonly counts: TrialCounts;
  /** Names of the situations reached, sorted. */
  readonly situations: readonly string[];
  /** Longest stretch of the safety phase in which no write was acknowledged. */
  readonly longestOutageMicros: number;
  readonly simulatedMicros: number;
  readonly cpuMicros: number;
  readonly events: number;
  /** Why undecided, else empty. */
  readonly reasons: readonly string[];
}

/** A trial with everything it recorded. */
export interface Trial {
  readonly spec: Spec;
  readonly seed: string;
  readonly plan: Plan;
  readonly row: TrialRow;
  readonly verdict: TrialVerdict;
  readonly history: History;
  readonly trace: Trace;
}

export interface CampaignInput {
  /** Plans are drawn from this spec, so that every variant meets the same faults and sends. */
  readonly base: Spec;
  /** One where nothing varies (then it is the base). */
  readonly variants: readonly Spec[];
  readonly seeds: readonly string[];
  /** No trial is begun after this many milliseconds; shared seed by seed over all variants. null: no bound. */
  readonly timeBoundMillis: number | null;
  readonly workers: number;
  /** Begin no more trials after this many unexpected failures; null: never. */
  readonly bail: number | null;
  /** Each trial runs twice, and its digests must agree; so must its invariants with a check from scratch after every event. */
  readonly paranoid: boolean;
  /** Aborted by the first Ctrl-C: no trial is begun, those running finish. */
  readonly stop: AbortSignal;
}

/** Rows arrive in any order; `row.variant` says whose they are. */
export type OnTrial = (row: TrialRow) => void;

export interface CampaignEnd {
  readonly ended: 'all' | 'time' | 'bail' | 'interrupted';
  readonly workers: number;
}

/** What a shrunk trial must still show. `unseen` and `lost-write` are one. */
export interface ShrinkTarget {
  readonly type: string;
  /** A bug must not shrink into something that the guarantee permits. */
  readonly judgement: JudgedAnomaly['judgement'];
  readonly requirement: string | null;
  /** Name of the partition, "orders-0"; null: any. */
  readonly key: string | null;
  /** The way of failing (Cause.id); null: any. */
  readonly cause: string | null;
  /** It befell a record that the workload sends: one that is sent after the heal, to see that writes get through, is another's. */
  readonly ofWorkload: boolean;
}

export interface Shrunk {
  readonly trial: Trial;
  readonly anomaly: JudgedAnomaly;
  /** Executions that were tried. */
  readonly attempts: number;
  readonly faultsBefore: number;
  readonly sendsBefore: number;
}

export interface Engine {
  /** Draws what the spec leaves open. */
  draw(spec: Spec, seed: string): Plan;
  /**
   * Runs one trial from start to verdict and keeps everything. A plan recorded under other settings may be run under
   * these: that is how a fix is tried.
   */
  runTrial(spec: Spec, seed: string, plan: Plan): Trial;
  runCampaign(input: CampaignInput, onTrial: OnTrial): Promise<CampaignEnd>;
  /** The smallest trial with the same anomaly that was found within the budget of attempts. */
  shrink(trial: Trial, target: ShrinkTarget, attempts: number): Promise<Shrunk>;
  story(trial: Trial, anomaly: JudgedAnomaly): Story;
}

/** Two runs of one seed that differ, or any other failure of Harrow itself: exit 70. */
export class HarrowFailure extends Error {
  override readonly name = 'HarrowFailure';
}
