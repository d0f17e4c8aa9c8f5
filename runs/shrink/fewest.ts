/**
 * The fewest of some items with which a test still holds.
 *
 * A generator, so that whoever drives it decides how a candidate is tried, at once or later: it yields subsets and is told
 * whether the test holds. First by bisection, which finds each needed item of n in log2(n) tests; then by delta debugging
 * (Zeller, Hildebrandt: ddmin) for tests that are not as orderly. Without any single one of the items returned the test fails.
 */
export function* fewest<T>(items: readonly T[]): Generator<readonly T[], readonly T[], boolean> {
  return yield* ddmin(yield* bisect(items));
}

/**
 * One needed item after the other, the last first: it stands at the end of the shortest prefix with which, and with those
 * already found, the test holds. The test holds at all times for what is found and the prefix together.
 */
function* bisect<T>(items: readonly T[]): Generator<readonly T[], readonly T[], boolean> {
  let found: readonly T[] = [];
  let prefix = items;
  while (prefix.length > 0 && !(yield found)) {
    let fails = 0;
    let holds = prefix.length;
    while (holds - fails > 1) {
      const middle = Math.floor((fails + holds) / 2);
      if (yield [...prefix.slice(0, middle), ...found]) holds = middle;
      else fails = middle;
    }
    found = [prefix[holds - 1], ...found];
    prefix = prefix.slice(0, holds - 1);
  }
  return found;
}

function* ddmin<T>(items: readonly T[]): Generator<readonly T[], readonly T[], boolean> {
  let kept = items;
  let pieces = 2;
  while (kept.length >= 2) {
    const parts = split(kept, Math.min(pieces, kept.length));
    const smaller = yield* firstThatHolds(parts);
    if (smaller !== null) {
      kept = smaller;
      pieces = 2;
      continue;
    }
    const without = parts.length === 2 ? null : yield* firstThatHolds(complements(kept, parts));
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
