/** Kafka's release numbers: 0.8.2, 0.11, 2.7.1. Before 1.0 a minor release has three numbers. */

/** null: no release number. */
export function releaseParts(release: string): readonly number[] | null {
  return /^\d+(\.\d+){1,3}$/.test(release) ? release.split('.').map(Number) : null;
}

/** Below 0 if `a` is older than `b`. What is left out counts as 0: 2.7 is 2.7.0. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** 2.7.0 and 2.7.2 are; so are 0.10.2.0 and 0.10.2.1, but not 0.10.1 and 0.10.2. */
export function isSameMinor(a: string, b: string): boolean {
  const [left, right] = [a.split('.'), b.split('.')];
  const length = left[0] === '0' ? 3 : 2;
  for (let i = 0; i < length; i++) if ((left[i] ?? '0') !== (right[i] ?? '0')) return false;
  return true;
}
