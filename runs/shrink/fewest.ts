/**
 * The fewest of some items with which a test still holds.
 *
 * A generator, so that whoever drives it decides how a candidate is tried, at once or later: it yields subsets and is told
 * whether the test holds. First by bisection, which finds each needed item of n in log2(n) tests; then by delta debugging
 * (Zeller, Hildebrandt: ddmin) for tests that are not as orderly. Without any single one of the items returned the test fails;
 * without all of them it is taken to: whoever drives it tries that first.
 */
export function* fewest<T>(items: readonly T[]): Generator<readonly T[], readonly T[], boolean> {
  return yield* ddmin(yield* bisect(items));
}

/** Rounds of bisection that leave nothing out. Then every item seems to be needed, and they are found sooner in pieces. */
const MOST_IDLE_ROUNDS = 2;

/**
 * One needed item after the other: the last, which stands at the end of the shortest prefix with which the test holds; the
 * first, which begins the shortest suffix of that; then, the last first again, those between them. The first comes early
 * so that all that happened before anything of interest goes at once.
 */
function* bisect<T>(items: readonly T[]): Generator<readonly T[], readonly T[], boolean> {
  if (items.length === 0) return items;
  const prefix = items.slice(0, yield* shortest(items.length, (length) => items.slice(0, length)));
  if (prefix.length < 2 || (yield prefix.slice(-1))) return prefix.slice(-1);
  const window = prefix.slice(-(yield* shortest(prefix.length, (length) => prefix.slice(-length))));
  const first = window.slice(0, 1);
  let between = window.slice(1, -1);
  let found = window.slice(-1);
  for (let idle = 0; between.length > 0 && idle < MOST_IDLE_ROUNDS;) {
    if (yield [...first, ...found]) return [...first, ...found];
    const [rest, known] = [between, found];
    const length = yield* shortest(rest.length, (some) => [...first, ...rest.slice(0, some), ...known]);
    idle = length === rest.length ? idle + 1 : 0;
    found = [rest[length - 1], ...known];
    between = rest.slice(0, length - 1);
  }
  return [...first, ...between, ...found];
}

/** The fewest of `most` for which the test holds, which it does for all of them, taken not to for none. */
function* shortest<T>(
  most: number,
  withSome: (length: number) => readonly T[],
): Generator<readonly T[], number, boolean> {
  let fails = 0;
  let holds = most;
  while (holds - fails > 1) {
    const middle = Math.floor((fails + holds) / 2);
    if (yield withSome(middle)) holds = middle;
    else fails = middle;
  }
  return holds;
}

/** Leaves out pieces, each half as long as the ones before, until none of the items can be left out by itself. */
function* ddmin<T>(items: readonly T[]): Generator<readonly T[], readonly T[], boolean> {
  let kept = items;
  let pieces = 2;
  while (kept.length >= 2) {
    const parts = split(kept, Math.min(pieces, kept.length));
    const without = yield* firstThatHolds(complements(kept, parts));
    if (without !== null) {
      kept = without;
      pieces = Math.max(2, pieces - 1);
      continue;
    }
    if (parts.length === kept.length) return kept;
    pieces = Math.min(kept.length, pieces * 2);
  }
  return kept;
}

function* firstThatHolds<T>(candidates: Iterable<readonly T[]>): Generator<readonly T[], readonly T[] | null, boolean> {
  for (const candidate of candidates) {
    if (yield candidate) return candidate;
  }
  return null;
}

/** In order, as even as can be. */
function split<T>(items: readonly T[], pieces: number): readonly (readonly T[])[] {
  return Array.from({ length: pieces }, (_, piece) => {
    const from = Math.floor((items.length * piece) / pieces);
    const to = Math.floor((items.length * (piece + 1)) / pieces);
    return items.slice(from, to);
  });
}

/** Everything but one part, the last part left out first: what came after the anomaly is most often of no use. */
function* complements<T>(items: readonly T[], parts: readonly (readonly T[])[]): Generator<readonly T[]> {
  for (let piece = parts.length - 1; piece >= 0; piece--) {
    const left = new Set(parts[piece]);
    yield items.filter((item) => !left.has(item));
  }
}
