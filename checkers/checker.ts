/** The seams of judging. */
import type { Anomaly } from '../histories/anomaly.js';
import type { History, HistoryHeader } from '../histories/operation.js';

export interface Findings {
  readonly anomalies: readonly Anomaly[];
  /** Why the checker could not decide; absent: it could. */
  readonly undecided?: string;
}

/** History in, anomalies out. Black-box: works on any history. */
export interface Checker {
  readonly name: string;
  check(history: History): Findings;
}

/** What Kafka promises under given settings, rules and assumptions about faults. */
export interface Guarantee {
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  /** What it rests on, a sentence each; empty: on nothing. Faults against these leave it, by a licence. */
  readonly assumptions: readonly string[];
  /** Anomaly types that it excludes, for these settings and rules; empty: it does not apply. */
  covers(header: HistoryHeader): readonly string[];
  /** Whether it is worth saying: whether there is what it speaks of; left out: wherever it covers anything. */
  bearsOn?(header: HistoryHeader): boolean;
  /** Whether it was given to the clients whose operations these are; left out: to all. */
  holdsFor?(anomaly: Anomaly, history: History): boolean;
}

/** What settings leave open: said before anything runs. */
export interface Gap {
  readonly id: string;
  /** What can happen, and why. */
  readonly sentence: string;
  readonly source: string;
  /** Whether these settings and rules leave it open. */
  applies(header: HistoryHeader): boolean;
  /** The change that closes it; null: no setting does. */
  readonly closedBy: string | null;
}

/** What the user demands, whatever the settings. */
export interface Requirement {
  readonly name: string;
  readonly sentence: string;
  readonly forbids: readonly string[];
}
