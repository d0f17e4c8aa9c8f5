import { expect, test } from 'vitest';
import { javaHash } from '../../protocol/java-hash.js';
import { JavaHashMap } from './java-hash-map.js';

test('the hash of a string is that of Java', () => {
  expect(javaHash('')).toBe(0);
  expect(javaHash('abc')).toBe(96354);
  expect(javaHash('polygenelubricants')).toBe(-2147483648);
});

test('keys come in the order of their buckets, and within one in the order of their arrival', () => {
  const map = mapOf([33, 2, 1, 17]);
  expect(map.keys()).toEqual([33, 1, 17, 2]);
});

test('beyond three quarters of its capacity a map doubles, and its buckets part', () => {
  const map = mapOf([33, 1, 17, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(map.keys().slice(0, 3)).toEqual([33, 1, 17]);
  map.set(11, true);
  expect(map.keys()).toEqual([33, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17]);
});

test('a key that is computed when it is missing goes to the front of its bucket', () => {
  const map = mapOf([1]);
  map.getOrCreate(17, () => true);
  expect(map.keys()).toEqual([17, 1]);
  map.delete(17);
  expect(map.firstKey()).toBe(1);
});

function mapOf(keys: readonly number[]): JavaHashMap<number, boolean> {
  const map = new JavaHashMap<number, boolean>((key) => key);
  for (const key of keys) map.set(key, true);
  return map;
}
