/**
 * Which known bug of its version a `bug` verdict is: found out by running the trial again, with the same seed, faults and
 * sends, without one known bug of the version after the other.
 *
 * A bug is named if the anomaly goes away without it. Whatever is changed in a cluster shifts some message, and a rare
 * interleaving may vanish with that: so where several would do, the one is named with which alone the anomaly stays.
 */
import { knownBugsOf, type KnownBug } from '../model/kafka/protocol/versions/known-bugs.js';
import { specName } from '../model/kafka/protocol/versions/rules.js';
import type { Engine, Trial, TrialRow } from './engine.js';
import { sameAnomaly } from './expectation.js';
import { rulesOf } from './spec/resolve.js';
import type { Spec } from './spec/spec.js';

/** Failures of one variant whose trials are run again to find their bug; those of the same cause share the answer. */
const MOST_ATTRIBUTED = 12;

export type Attribution = ReadonlyMap<string, KnownBug>;

/** @returns null: no known bug of its version explains it, nor did any try */
export function attribute(engine: Pick<Engine, 'runTrial'>, trial: Trial): KnownBug | null {
  const { spec, seed, plan } = trial;
  const shown = bugsIn(trial);
  if (shown.size === 0) return null;
  const known = knownBugsOf(rulesOf(spec), spec.control.mode);
  const isThere = (without: readonly KnownBug[]): boolean => {
    const again = bugsIn(engine.runTrial(withoutBugs(spec, without), seed, plan));
    return [...shown].some((type) => again.has(type));
  };
  const needed = known.filter((bug) => !isThere([bug]));
  if (needed.length < 2) return needed[0] ?? null;
  return needed.find((bug) => isThere(known.filter((other) => other !== bug))) ?? needed[0]!;
}

/**
 * The known bugs behind a variant's failures, by seed. The first are run again; of the others those get a name whose cause
 * has one name so far.
 */
export function attributeFailures(
  engine: Pick<Engine, 'runTrial' | 'draw'>,
  base: Spec,
  spec: Spec,
  failures: readonly TrialRow[],
  stop: AbortSignal,
): Attribution {
  const bugs = failures.filter(({ verdict }) => verdict === 'bug');
  const found = new Map<string, KnownBug>();
  const ofCauses = new Map<string, Set<KnownBug | null>>();
  for (const [index, row] of bugs.entries()) {
    if (index < MOST_ATTRIBUTED && !stop.aborted) {
      const bug = attribute(engine, engine.runTrial(spec, row.seed, engine.draw(base, row.seed)));
      if (bug !== null) found.set(row.seed, bug);
      const cause = ofCauses.get(causesOf(row)) ?? new Set();
      ofCauses.set(causesOf(row), cause.add(bug));
    } else {
      const names = new Map([...(ofCauses.get(causesOf(row)) ?? [])].map((bug) => [bug?.entry, bug] as const));
      const [only] = names.values();
      if (names.size === 1 && only) found.set(row.seed, only);
    }
  }
  return found;
}

function causesOf({ causes }: TrialRow): string {
  return causes.map(({ id, requirement }) => `${requirement} ${id}`).join('|');
}

function bugsIn({ verdict }: Trial): ReadonlySet<string> {
  const bugs = verdict.anomalies.filter(({ judgement }) => judgement === 'bug');
  return new Set(bugs.map(({ anomaly }) => sameAnomaly(anomaly.type)));
}

function withoutBugs(spec: Spec, bugs: readonly KnownBug[]): Spec {
  let { rules, defects } = spec;
  for (const { remedy } of bugs) {
    if (remedy.kind === 'rule') rules = { ...rules, [specName(remedy.rule)]: remedy.value };
    else defects = defects.filter((id) => id !== remedy.defect);
  }
  return { ...spec, rules, defects };
}
