/**
 * Weather: how long a message, an fsync or a bit of CPU work takes.
 *
 * It is a function, not a sequence: a table is looked up by a hash of (key of the link, disk or machine; virtual
 * millisecond; ordinal within that millisecond). So an operation that is removed, or a setting that is changed, leaves
 * the weather of everything else as it was. Shrinking and comparing rest on this.
 */
import { createStream } from './random.js';
import { TABLE_BITS } from './weather-tables.js';

const MICROS_PER_MILLI = 1000;

/** The key of one source of weather, such as `link/b1/b2`. 32 bits, signed. */
export function weatherKey(seed: string, source: string): number {
  return createStream(seed, `weather/${source}`).bits();
}

/** MurmurHash3 (x86, 32 bit) of the two words, seeded with the key. 32 bits, signed. */
export function weatherHash(key: number, milli: number, ordinal: number): number {
  let hash = key ^ scramble(milli);
  hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  hash ^= scramble(ordinal);
  hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  hash ^= 8; // the length of the input in bytes
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/** One source of weather. It counts the samples taken within the current millisecond and knows nothing else. */
export class Weather {
  private readonly key: number;
  private readonly table: Int32Array;
  private milli = -1;
  private ordinal = 0;
  private hash = 0;

  constructor(key: number, table: Int32Array) {
    this.key = key;
    this.table = table;
  }

  /** The next sample at this time, in microseconds. */
  sample(nowMicros: number): number {
    const milli = Math.floor(nowMicros / MICROS_PER_MILLI);
    if (milli !== this.milli) {
      this.milli = milli;
      this.ordinal = 0;
    }
    this.hash = weatherHash(this.key, milli, this.ordinal++);
    return this.table[this.hash >>> (32 - TABLE_BITS)];
  }

  /** A whole number in [0, bound) that belongs to the last sample, from bits which that sample did not use. */
  extra(bound: number): number {
    return (weatherHash(this.hash, 1, 0) >>> 0) % bound;
  }
}
