/**
 * The verdict of a trial. Each anomaly is licensed (by an event, or by settings that promise nothing) or a bug; what is
 * licensed is unsafe if a requirement forbids it, else allowed. Without a trace nobody can tell what was licensed: then
 * requirements are judged, and what is never licensed is a bug all the same.
 */
import type { Anomaly, JudgedAnomaly, TrialVerdict } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';
import type { Trace } from '../../histories/trace.js';
import type { Guarantee, Requirement } from '../checker.js';
import { errorWords, verdictOf } from '../verdict.js';
import { excludes, guarantees, isNeverLicensed, isProvenWithoutLoss } from './guarantees/registry.js';
import { invariants } from './invariants/registry.js';
import { Licences, type Licensed } from './licences.js';
import { licensed } from './licences/rows.js';
import { isOfCommits, isOfProcessing, preventingSetting } from './prevention.js';
import { isolationLevels } from './requirements/isolation.js';
import { requirementNamed } from './requirements/registry.js';
import { isStreamsApplication } from './settings.js';

export interface JudgeInput {
  readonly history: History;
  /** null: a history of another tool. */
  readonly trace: Trace | null;
  /** What invariants and black-box checkers found. */
  readonly anomalies: readonly Anomaly[];
  /** What checkers could not decide, with the reasons. */
  readonly undecided: readonly string[];
  /** Names of requirements. @throws Error for one that does not exist */
  readonly requirements: readonly string[];
  /**
   * Without a trace: it is known that no event licenses a loss (no replica lost data, no unclean election; with acks below
   * all no change of leader). Then what a guarantee excludes under the header's settings is a bug, unless it rests on
   * other events too (retries, say).
   */
  readonly nothingLicensesLoss?: boolean;
  /** What was asked for that Kafka allows whatever its settings: `allowed`, unless an isolation level that is required forbids it. */
  readonly informational?: readonly Anomaly[];
  /** Requirements that have no name of their own in the registry, beside those that do. */
  readonly demands?: readonly Requirement[];
}

export function judge(input: JudgeInput): TrialVerdict {
  const requirements = [...input.requirements.map(requirementNamed), ...(input.demands ?? [])];
  const undecided = [...input.undecided];
  const licences = input.trace === null ? null : new Licences(input.history, input.trace);
  const judged = input.anomalies.map((anomaly): JudgedAnomaly => {
    const requirement = requirements.find((one) => one.forbids.includes(anomaly.type)) ?? null;
    const isNever = isNeverLicensed(anomaly, input.history);
    if (licences === null) {
      return isNever ? bug(anomaly, requirement, input.history) : withoutTrace(anomaly, requirement, input);
    }
    try {
      const licence = isNever ? null : (licences.of(anomaly) ?? unpromised(anomaly, input.history));
      const told = { ...anomaly, events: licences.eventsOf(anomaly, licence) };
      return licence === null ? bug(told, requirement, input.history) : judgement(told, requirement, licence);
    } catch (error) {
      if (isNever) return bug(anomaly, requirement, input.history);
      undecided.push(`${anomaly.type}: its licence could not be decided: ${errorWords(error)}`);
      return judgement(anomaly, requirement, null);
    }
  });
  const isolation = requirements.filter((one) => isolationLevels.includes(one));
  const allowed = (input.informational ?? []).map((anomaly) =>
    judgement(anomaly, isolation.find(({ forbids }) => forbids.includes(anomaly.type)) ?? null, informationalLicence),
  );
  return verdictOf(withoutMoreOfTheSame([...judged, ...allowed]), undecided);
}

const informationalLicence = licensed('not-promised', -1);

/**
 * One event may break an invariant for hundreds of records. After so many breaches of one invariant and partition that are
 * judged alike, because of one and the same event, the rest tells nothing new. Counted after judging, so that what is
 * licensed never silences what is not.
 */
const MOST_ALIKE = 64;
const ofReplicas = new Set(invariants.map(({ id }) => id));

function withoutMoreOfTheSame(judged: readonly JudgedAnomaly[]): readonly JudgedAnomaly[] {
  const counts = new Map<string, number>();
  return judged.filter(({ anomaly: { type, key }, judgement, licence }) => {
    if (!ofReplicas.has(type)) return true;
    const alike = `${type}|${key}|${judgement}|${licence?.row}|${licence?.event}`;
    const count = (counts.get(alike) ?? 0) + 1;
    counts.set(alike, count);
    return count <= MOST_ALIKE;
  });
}

function withoutTrace(anomaly: Anomaly, requirement: Requirement | null, input: JudgeInput): JudgedAnomaly {
  const { history, nothingLicensesLoss } = input;
  const isBug = nothingLicensesLoss === true && guaranteesAgainst(anomaly, history).some(isProvenWithoutLoss);
  if (isBug) return bug(anomaly, requirement, history);
  return judgement({ ...anomaly, preventedBy: preventingSetting(anomaly, history) }, requirement, null);
}

function judgement(anomaly: Anomaly, requirement: Requirement | null, licence: Licensed | null): JudgedAnomaly {
  return {
    anomaly: { ...anomaly, preventedBy: licence?.preventedBy ?? anomaly.preventedBy },
    judgement: requirement === null ? 'allowed' : 'unsafe',
    licence: licence?.licence ?? null,
    requirement: requirement?.name ?? null,
    guarantee: null,
  };
}

function bug(anomaly: Anomaly, requirement: Requirement | null, history: History): JudgedAnomaly {
  return {
    anomaly: { ...anomaly, preventedBy: null },
    judgement: 'bug',
    licence: null,
    requirement: requirement?.name ?? null,
    guarantee: guaranteeAgainst(anomaly, history),
  };
}

function unpromised(anomaly: Anomaly, history: History): Licensed | null {
  if (guaranteeAgainst(anomaly, history) !== null) return null;
  if (isOfProcessing(anomaly) && isStreamsApplication(history.header)) return licensed('at-least-once', -1);
  if (anomaly.preventedBy?.setting === 'auto.offset.reset') return licensed('reset-to-latest', -1);
  return licensed('not-promised', -1, isOfCommits(anomaly) ? preventingSetting(anomaly, history) : null);
}

function guaranteeAgainst(anomaly: Anomaly, history: History): string | null {
  return guaranteesAgainst(anomaly, history)[0]?.id ?? null;
}

function guaranteesAgainst(anomaly: Anomaly, history: History): readonly Guarantee[] {
  return guarantees.filter((guarantee) => excludes(guarantee, anomaly, history));
}
