/** Kafka's hash of record keys (Utils.murmur2): 32-bit MurmurHash2 with seed 0x9747b28c over the bytes of the key. */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/** @returns a signed 32-bit integer */
export function murmur2(bytes: readonly number[]): number {
  const length = bytes.length;
  let h = SEED ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    const at = i * 4;
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> R;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const tail = words * 4;
  const left = length - tail;
  if (left === 3) h ^= bytes[tail + 2]! << 16;
  if (left >= 2) h ^= bytes[tail + 1]! << 8;
  if (left >= 1) h = Math.imul(h ^ bytes[tail]!, M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

/** The UTF-8 bytes of a string as StringSerializer writes them: a lone surrogate becomes '?', as in Java. */
export function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code >= 0xd800 && code <= 0xdfff) bytes.push(0x3f);
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
  return bytes;
}
