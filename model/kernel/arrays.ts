/**
 * Short lists that are filled and emptied again and again. `splice` allocates what it removes, and `length = 0` drops the
 * room of an array, which the next `push` allocates anew: neither is for handlers.
 */

/** Removes the element at an index; those behind it move up. */
export function removeAt(array: unknown[], index: number): void {
  for (let i = index + 1; i < array.length; i++) array[i - 1] = array[i];
  array.pop();
}

/** Removes all elements and keeps the room. */
export function clear(array: unknown[]): void {
  while (array.length > 0) array.pop();
}

/** With room for so many elements and no more, which the caller fills in: `push` would make room for seventeen. */
export function sized<T>(length: number): T[] {
  // oxlint-disable-next-line unicorn/no-new-array -- Array.from would call a function for each element
  return new Array<T>(length);
}

/** Undefined: there is none. (An index of -1 is no element but the name of a property, which is looked up slowly.) */
export function lastOf<T>(array: readonly T[]): T | undefined {
  return array.length === 0 ? undefined : array[array.length - 1];
}
