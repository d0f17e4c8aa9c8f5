/**
 * The digest of a trial: SHA-256 over a fixed binary encoding (little-endian Float64 words) of its operations and
 * probes, fed as the trial runs. What is kept or drawn of a trial never changes it.
 */
import { createHash, type Hash } from 'node:crypto';

const WORDS = 8192;

export class Digest {
  private readonly hash: Hash = createHash('sha256');
  private readonly words = new Float64Array(WORDS);
  private readonly bytes = new Uint8Array(this.words.buffer);
  private used = 0;
  /** Numbers of the texts that were named before. */
  private readonly names = new Map<string, number>();

  constructor() {
    const probe = new Uint8Array(new Float64Array([1]).buffer);
    if (probe[7] !== 0x3f) throw new Error('The digest needs a little-endian machine');
  }

  /**
   * Up to six words: what a probe record takes. Most of the last four are 0, and left out: which, the second word says.
   * @param second a whole number below 2^47
   */
  addRecord(first: number, second: number, a: number, b: number, c: number, d: number): void {
    if (this.used + 6 > WORDS) this.flush();
    const words = this.words;
    let at = this.used;
    const given = (a === 0 ? 0 : 1) | (b === 0 ? 0 : 2) | (c === 0 ? 0 : 4) | (d === 0 ? 0 : 8);
    words[at++] = first;
    words[at++] = second * 16 + given;
    if (a !== 0) words[at++] = a;
    if (b !== 0) words[at++] = b;
    if (c !== 0) words[at++] = c;
    if (d !== 0) words[at++] = d;
    this.used = at;
  }

  addNumber(value: number): void {
    if (this.used === WORDS) this.flush();
    this.words[this.used++] = value;
  }

  addText(text: string): void {
    this.addNumber(text.length);
    for (let i = 0; i < text.length; i++) this.addNumber(text.charCodeAt(i));
  }

  /** A text that comes again and again: in full the first time, and by its number from then on. */
  addName(name: string): void {
    const known = this.names.get(name);
    if (known !== undefined) {
      this.addNumber(known);
      return;
    }
    this.addNumber(this.names.size);
    this.names.set(name, this.names.size);
    this.addText(name);
  }

  /** Lower-case hexadecimal. The digest is closed: nothing may be added after. */
  close(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    this.hash.update(this.bytes.subarray(0, this.used * 8));
    this.used = 0;
  }
}

/** One digest over many, in the order given: a campaign's over its trials in seed order. */
export function digestOfDigests(digests: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const digest of digests) hash.update(digest + '\n');
  return hash.digest('hex');
}
