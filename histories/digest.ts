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

  constructor() {
    const probe = new Uint8Array(new Float64Array([1]).buffer);
    if (probe[7] !== 0x3f) throw new Error('The digest needs a little-endian machine');
  }

  /** Six words: what a probe record takes. */
  addRecord(first: number, second: number, a: number, b: number, c: number, d: number): void {
    if (this.used + 6 > WORDS) this.flush();
    const words = this.words;
    const at = this.used;
    words[at] = first;
    words[at + 1] = second;
    words[at + 2] = a;
    words[at + 3] = b;
    words[at + 4] = c;
    words[at + 5] = d;
    this.used = at + 6;
  }

  addNumber(value: number): void {
    if (this.used === WORDS) this.flush();
    this.words[this.used++] = value;
  }

  addText(text: string): void {
    this.addNumber(text.length);
    for (let i = 0; i < text.length; i++) this.addNumber(text.charCodeAt(i));
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
