/** What is injected into the page's template: plain JSON. Histories and traces are the store's own files, compressed. */
import type { JudgedAnomaly, Verdict } from '../anomaly.js';
import type { LaidOutGraph } from './graph.js';
import type { Story } from './story.js';

/** One setting in force, whoever set it. */
export interface SettingRow {
  /** Kafka's own name. */
  readonly name: string;
  /** "broker", "topic payments", "producer checkout" */
  readonly scope: string;
  readonly value: string;
  /** Who says so: "orders.yaml:12", "--set", "Kafka's default", "Harrow". */
  readonly origin: string;
  readonly kafkaDefault: string;
  readonly bearing: 'modelled' | 'no bearing on safety' | 'could matter, not modelled';
  /** The value is not Kafka's default. */
  readonly differs: boolean;
}

export interface GuaranteeRow {
  readonly sentence: string;
  readonly source: string;
  readonly assumptions: string;
  /** These settings give it. */
  readonly given: boolean;
  /** What took this trial out of it: words, and the trace record (-1: a setting alone); null: nothing did. */
  readonly leftBy: { readonly words: string; readonly event: number } | null;
}

export interface PageAnomaly {
  readonly judged: JudgedAnomaly;
  /** null: left out. The anomaly's own sentence stands. */
  readonly story: Story | null;
  readonly graph: LaidOutGraph | null;
}

/** One execution: the trial as it ran, or shrunk. */
export interface PageBundle {
  readonly label: 'original' | 'shrunk';
  /** "9 faults, 1,987 sends" */
  readonly words: string;
  readonly anomalies: readonly PageAnomaly[];
  /** What happened, where nothing went wrong. */
  readonly overview: Story | null;
  /** history.jsonl and trace.jsonl: gzip, base64. */
  readonly history: string;
  readonly trace: string;
}

export interface TrialPageData {
  readonly kind: 'trial';
  readonly name: string;
  readonly seed: string;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** "Kafka 3.9 KRaft · 3 brokers · RF 3 · acks 1 · Java client" */
  readonly cluster: string;
  readonly replay: string;
  readonly digest: string;
  /** What was tried on this same trial and came out clean; null: nothing was. */
  readonly fix: string | null;
  /** The one to open with first. */
  readonly bundles: readonly PageBundle[];
  readonly settings: readonly SettingRow[];
  readonly guarantees: readonly GuaranteeRow[];
  readonly notes: readonly string[];
  /** What was left out to keep the page small. */
  readonly leftOut: readonly string[];
}

export interface CampaignCell {
  readonly requirement: string;
  /** Trials that failed it, of how many. */
  readonly failed: number;
  readonly of: number;
  readonly verdict: Verdict;
  /** A trial that shows it: its page, relative to this one; null: none is kept. */
  readonly href: string | null;
  readonly seed: string | null;
}

export interface CampaignVariant {
  /** "acks=1" */
  readonly name: string;
  readonly trials: number;
  readonly cells: readonly CampaignCell[];
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  readonly longestOutageMicros: number;
  readonly longestOutageSeed: string | null;
}

export interface CampaignCause {
  readonly requirement: string;
  readonly variant: string;
  readonly sentence: string;
  readonly trials: number;
  readonly seed: string;
  readonly href: string | null;
  /** Lines of the story, as `explain` prints them. */
  readonly story: Story | null;
}

export interface CampaignPageData {
  readonly kind: 'campaign';
  readonly name: string;
  readonly id: string;
  readonly verdict: Verdict;
  /** "283 of 1000 trials lost acknowledged writes." */
  readonly headline: string;
  readonly cluster: string;
  readonly command: string;
  readonly digest: string;
  readonly requirements: readonly { readonly name: string; readonly sentence: string }[];
  readonly variants: readonly CampaignVariant[];
  readonly causes: readonly CampaignCause[];
  readonly situations: readonly { readonly name: string; readonly sentence: string; readonly trials: number }[];
  readonly faults: readonly { readonly name: string; readonly effective: number; readonly withoutEffect: number }[];
  readonly notTried: readonly string[];
  readonly simulatedSeconds: number;
  readonly notes: readonly string[];
}

export type PageData = TrialPageData | CampaignPageData;
