/**
 * A map that is walked in the order in which java.util.HashMap is. Kafka's assignors walk such maps of member ids, topics
 * and partitions, and who gets the odd partition depends on it.
 *
 * A key stands in bucket (hash ^ hash >>> 16) mod capacity, behind those that were there before it; the capacity is a
 * power of two, doubled when three quarters full, and never falls. A bucket that Java turns into a tree (eight keys, in
 * a map of at least sixty-four buckets) may be walked otherwise there.
 */

const INITIAL_CAPACITY = 16;

export type HashOf<K> = (key: K) => number;

export class JavaHashMap<K, V> {
  private readonly hashOf: HashOf<K>;
  private readonly entries = new Map<K, V>();
  private buckets: K[][];

  constructor(hashOf: HashOf<K>) {
    this.hashOf = hashOf;
    this.buckets = emptyBuckets(INITIAL_CAPACITY);
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: K): V | undefined {
    return this.entries.get(key);
  }

  has(key: K): boolean {
    return this.entries.has(key);
  }

  /** A key that is there already keeps its place (HashMap.put). */
  set(key: K, value: V): void {
    if (!this.entries.has(key)) {
      this.bucketOf(key).push(key);
      if (this.entries.size + 1 > this.buckets.length * 0.75) this.grow();
    }
    this.entries.set(key, value);
  }

  /** A new key goes before those of its bucket, and the map grows only with the next (HashMap.computeIfAbsent). */
  getOrCreate(key: K, create: () => V): V {
    const present = this.entries.get(key);
    if (present !== undefined) return present;
    if (this.entries.size > this.buckets.length * 0.75) this.grow();
    const value = create();
    this.entries.set(key, value);
    this.bucketOf(key).unshift(key);
    return value;
  }

  delete(key: K): void {
    if (!this.entries.delete(key)) return;
    const bucket = this.bucketOf(key);
    bucket.splice(bucket.indexOf(key), 1);
  }

  /** In Java's order, as it stands now. */
  keys(): K[] {
    return this.buckets.flat();
  }

  /** The first of `keys`; undefined: it is empty. */
  firstKey(): K | undefined {
    return this.buckets.find((bucket) => bucket.length > 0)?.[0];
  }

  private grow(): void {
    const keys = this.keys();
    this.buckets = emptyBuckets(this.buckets.length * 2);
    for (const key of keys) this.bucketOf(key).push(key);
  }

  private bucketOf(key: K): K[] {
    const hash = this.hashOf(key);
    return this.buckets[(hash ^ (hash >>> 16)) & (this.buckets.length - 1)];
  }
}

function emptyBuckets(capacity: number): never[][] {
  return Array.from({ length: capacity }, () => []);
}
