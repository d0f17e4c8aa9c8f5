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
