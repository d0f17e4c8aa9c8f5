/**
 * Which known bugs of its version a `bug` verdict shows: found out by running the trial again, with the same seed, faults
 * and sends, without one known bug of the version after the other.
 *
 * Each type of anomaly has its own answer: the bug without which it goes away. Whatever is changed in a cluster shifts some
 * message, and a rare interleaving may vanish with that: so where several would do, the one is named with which alone the
 * anomaly stays, else the first; released defects come before rules.
 */
import { knownBugsOf, type KnownBug } from '../model/kafka/protocol/versions/known-bugs.js';
import { specName } from '../model/kafka/protocol/versions/rules.js';
import type { Engine, Trial, TrialRow } from './engine.js';
import { sameAnomaly } from './expectation.js';
import { rulesOf } from './spec/resolve.js';
import type { Spec } from './spec/spec.js';

/** Failures of one variant whose trials are run again to find their bug; those of the same cause share the answer. */
const MOST_ATTRIBUTED = 12;

/** By type of anomaly. */
export type KnownBugs = ReadonlyMap<string, KnownBug>;

/** By seed. */
export type Attribution = ReadonlyMap<string, KnownBugs>;

/** Types that no known bug of the version explains are missing. */
export function attribute(engine: Pick<Engine, 'runTrial'>, trial: Trial): KnownBugs {
  const { spec, seed, plan } = trial;
  const shown = bugsIn(trial);
  const found = new Map<string, KnownBug>();
  if (shown.size === 0) return found;
  const known = knownBugsOf(rulesOf(spec), spec.control.mode);
  const again = (mended: Spec): ReadonlySet<string> => bugsIn(engine.runTrial(mended, seed, plan));
  const left = known.map((bug) => again(withoutBugs(spec, [bug])));
  const alone = new Map<KnownBug, ReadonlySet<string>>();
  const showsAlone = (bug: KnownBug, type: string): boolean => {
    if (!alone.has(bug)) alone.set(bug, again(withBugAlone(spec, bug)));
    return alone.get(bug)!.has(type);
  };
  for (const type of shown) {
    const needed = known.filter((_, index) => !left[index]!.has(type));
    const bug = needed.length < 2 ? needed[0] : (needed.find((one) => showsAlone(one, type)) ?? needed[0]);
    if (bug !== undefined) found.set(type, bug);
  }
  return found;
}

/** The bug behind an anomaly of this type; null: none that is known. */
export function knownBugBehind(bugs: KnownBugs | undefined, type: string): KnownBug | null {
  return bugs?.get(sameAnomaly(type)) ?? null;
}

/** "B18", or "B17, B18" where several are shown; null: none. */
export function catalogueEntries(bugs: KnownBugs | undefined): string | null {
  const entries = new Set([...(bugs ?? new Map<string, KnownBug>()).values()].map(({ entry }) => entry));
  return entries.size === 0 ? null : [...entries].join(', ');
}

/**
 * The known bugs behind a variant's failures. The first are run again; the others have those of the first, where all of the
 * same causes agree.
 */
export function attributeFailures(
  engine: Pick<Engine, 'runTrial' | 'draw'>,
  base: Spec,
  spec: Spec,
  failures: readonly TrialRow[],
  stop: AbortSignal,
): Attribution {
  const bugs = failures.filter(({ verdict }) => verdict === 'bug');
  const found = new Map<string, KnownBugs>();
  const ofCauses = new Map<string, KnownBugs[]>();
  for (const [index, row] of bugs.entries()) {
    const causes = causesOf(row);
    if (index < MOST_ATTRIBUTED && !stop.aborted) {
      const known = attribute(engine, engine.runTrial(spec, row.seed, engine.draw(base, row.seed)));
      found.set(row.seed, known);
      ofCauses.set(causes, [...(ofCauses.get(causes) ?? []), known]);
    } else {
      const alike = ofCauses.get(causes) ?? [];
      if (new Set(alike.map(catalogueEntries)).size === 1) found.set(row.seed, alike[0]!);
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

/** What mends a bug may be a known bug, too, only a later one: until there is no other left. */
function withBugAlone(spec: Spec, bug: KnownBug): Spec {
  const others = knownBugsOf(rulesOf(spec), spec.control.mode).filter(({ entry }) => entry !== bug.entry);
  return others.length === 0 ? spec : withBugAlone(withoutBugs(spec, others), bug);
}

function withoutBugs(spec: Spec, bugs: readonly KnownBug[]): Spec {
  let { rules, defects } = spec;
  for (const remedy of bugs.flatMap(({ remedies }) => remedies)) {
    if (remedy.kind === 'rule') rules = { ...rules, [specName(remedy.rule)]: remedy.value };
    else defects = defects.filter((id) => id !== remedy.defect);
  }
  return { ...spec, rules, defects };
}
