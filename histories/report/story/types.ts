/** A story: how an anomaly came about, in lines that a reader can step through. Plain data; terminal and page print it. */

/** What a line tells of: decides its mark, its colour and its place in the causal graph. */
export type LineRole =
  | 'baseline'
  | 'fault'
  | 'heal'
  | 'down'
  | 'start'
  | 'data-lost'
  | 'fence'
  | 'isr'
  | 'frozen'
  | 'elect'
  | 'send'
  | 'append'
  | 'retry'
  | 'refuse'
  | 'ack'
  | 'truncate'
  | 'read'
  | 'member'
  | 'process'
  | 'commit'
  | 'transaction-begin'
  | 'transaction-decision'
  | 'late-request'
  | 'marker'
  | 'transaction-end'
  | 'other';

export interface StoryLine {
  readonly atMicros: number;
  /** "p0 → b1   offset 0" */
  readonly text: string;
  /** What is remarkable about it, set apart: "on b1 only", "← the record is gone". */
  readonly note: string | null;
  /** The record after which the cluster is as the line says. */
  readonly traceIndex: number;
  /** Index of the operation that it is about. */
  readonly operation: number | null;
  readonly role: LineRole;
  /** The machine at which it happened; -1: at none in particular. */
  readonly lane: number;
}

export interface CausalNode {
  readonly id: number;
  readonly kind: LineRole | 'setting' | 'anomaly';
  readonly label: string;
  /** Second row: a time, a note. */
  readonly detail: string;
  /** Line of the story that it stands for; -1: none. */
  readonly line: number;
}
export interface CausalEdge {
  readonly from: number;
  readonly to: number;
}
/** Why it could happen: at most 30 nodes. */
export interface CausalGraph {
  readonly nodes: readonly CausalNode[];
  readonly edges: readonly CausalEdge[];
}

export interface Story {
  /** "The acknowledged record orders-0@0 (key acct-8, value 5) is on no replica." */
  readonly headline: string;
  /** One sentence: how that came about. */
  readonly cause: string;
  readonly lines: readonly StoryLine[];
  /** One or two sentences that name the setting or the rule. */
  readonly why: string;
  readonly graph: CausalGraph;
  /** What to look at: the partition, offsets and values concerned. */
  readonly focus: { readonly key: number; readonly offsets: readonly number[]; readonly values: readonly number[] };
}

/** How failures are grouped: equal `id`, one way of failing. */
export interface Cause {
  readonly id: string;
  /** "leader killed before a follower had fetched the record" */
  readonly sentence: string;
}
