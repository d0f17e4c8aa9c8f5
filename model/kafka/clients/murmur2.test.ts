import fc from 'fast-check';
import murmurhash from 'murmurhash';
import { describe, expect, it } from 'vitest';
import { murmur2, utf8 } from './murmur2.js';

const KAFKA_SEED = 0x9747b28c;

// Key, signed hash, and the partition among 3, 6 and 10: computed from Kafka's definition and equal to kafkajs's.
const vectors: readonly (readonly [string, number, number, number, number])[] = [
  ['', 275646681, 0, 3, 1],
  ['a', -1563381124, 1, 4, 4],
  ['ab', 316155434, 2, 2, 4],
  ['abc', 479470107, 0, 3, 7],
  ['abcd', -1323649548, 2, 2, 0],
  ['21', -973932308, 0, 0, 0],
  ['foobar', -790332482, 0, 0, 6],
  ['key-0', 29210041, 1, 1, 1],
  ['key-1', 193331640, 0, 0, 0],
  ['key-2', 852269702, 2, 2, 2],
  ['user-42', 1459644460, 1, 4, 0],
  ['order:1001', -387652882, 1, 4, 6],
  ['é€', 1912689889, 1, 1, 9],
];

describe('murmur2', () => {
  it.each(vectors)('hashes %j as Kafka does', (key, hash, of3, of6, of10) => {
    expect(murmur2(utf8(key))).toBe(hash);
    const masked = hash & 0x7fffffff;
    expect([masked % 3, masked % 6, masked % 10]).toEqual([of3, of6, of10]);
  });

  it('agrees with an independent implementation on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(murmur2([...bytes]) >>> 0).toBe(murmurhash.v2(bytes, KAFKA_SEED));
      }),
    );
  });
});

describe('utf8', () => {
  it('agrees with the platform on every well-formed string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8(text)).toEqual([...new TextEncoder().encode(text)]);
      }),
    );
  });

  it('writes a lone surrogate as a question mark, as Java does', () => {
    expect(utf8('a\ud800b')).toEqual([0x61, 0x3f, 0x62]);
  });
});
