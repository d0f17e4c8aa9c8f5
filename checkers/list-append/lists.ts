/**
 * What a history of appends and reads of lists shows of its lists (Elle's list-append inference): since reads return
 * whole lists and values are unique, the longest read of a key is the order in which its elements were appended.
 */
import { grown } from '../../histories/columns.js';
import { APPEND, columnsOf, FAIL, OK, READ, type HistoryColumns } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';
import { IntegerMap } from '../integer-map.js';

/** Elements: distinct (key, value), a row each. */
export class Elements {
  length = 0;
  key: Int32Array;
  value: Float64Array;
  /** The operation that appended it; -1: nobody did. */
  writer: Int32Array;
  /** 1: its operation appends to the key again later on: nobody else should read it as the last. */
  intermediate: Uint8Array;
  /** Its place in the order of its key; -1: no read that counts returned it. */
  position: Int32Array;
  /** Another of the same value, of another key; -1: none. */
  private next: Int32Array;
  private readonly byValue: IntegerMap;

  constructor(expected: number) {
    this.key = new Int32Array(expected);
    this.value = new Float64Array(expected);
    this.writer = new Int32Array(expected);
    this.intermediate = new Uint8Array(expected);
    this.position = new Int32Array(expected);
    this.next = new Int32Array(expected);
    this.byValue = new IntegerMap(expected, expected);
  }

  /** -1: neither appended nor read. */
  of(key: number, value: number): number {
    let element = this.byValue.get(value);
    while (element >= 0 && this.key[element] !== key) element = this.next[element]!;
    return element;
  }

  add(key: number, value: number): number {
    const element = this.length++;
    if (element === this.key.length) this.grow(element * 2);
    this.key[element] = key;
    this.value[element] = value;
    this.writer[element] = -1;
    this.position[element] = -1;
    this.next[element] = this.byValue.get(value);
    this.byValue.set(value, element);
    return element;
  }

  private grow(capacity: number): void {
    this.key = grown(this.key, new Int32Array(capacity));
    this.value = grown(this.value, new Float64Array(capacity));
    this.writer = grown(this.writer, new Int32Array(capacity));
    this.intermediate = grown(this.intermediate, new Uint8Array(capacity));
    this.position = grown(this.position, new Int32Array(capacity));
    this.next = grown(this.next, new Int32Array(capacity));
  }
}

export class Lists {
  readonly history: History;
  readonly operations: HistoryColumns;
  readonly elements: Elements;
  /** By key: the order of its elements, and the operation whose read shows it (-1: it was never read). */
  readonly order: readonly (readonly number[])[];
  readonly shownBy: Int32Array;
  /** By key: elements of operations that succeeded and that no read returned; they come after all others. */
  readonly unread: readonly (readonly number[])[];
  /** An element that was appended twice; -1: none was. Then nothing can be inferred. */
  appendedTwice = -1;

  constructor(history: History) {
    this.history = history;
    this.operations = columnsOf(history);
    this.elements = new Elements(this.operations.length * 2 + 64);
    const keys = history.keys.length;
    const longest = new Int32Array(keys).fill(-1);
    this.shownBy = new Int32Array(keys).fill(-1);
    this.addAppends(longest);
    this.order = Array.from(longest, (microOp, key) => this.orderShownBy(microOp, key));
    this.unread = this.findUnread(keys);
  }

  /** Whether an operation may have happened: what reads of others returned says nothing. */
  happened(operation: number): boolean {
    return operation >= 0 && this.operations.outcome[operation] !== FAIL;
  }

  /** The elements of a read, in its order, into `into`. @returns how many; those that nobody knew were added */
  elementsOf(read: number, into: number[]): number {
    const { firstRecord, recordCount, value, key } = this.operations;
    const first = firstRecord[read]!;
    const count = Math.max(0, recordCount[read]!);
    for (let i = 0; i < count; i++) into[i] = this.elements.of(key[read]!, value[first + i]!);
    return count;
  }

  /** @param longest gets, by key, the longest read of an operation that may have happened */
  private addAppends(longest: Int32Array): void {
    const { length, firstMicroOp, microOpCount, microOpKind, key, recordCount } = this.operations;
    for (let operation = 0; operation < length; operation++) {
      const first = firstMicroOp[operation]!;
      const end = first + microOpCount[operation]!;
      for (let microOp = first; microOp < end; microOp++) {
        const of = key[microOp]!;
        if (microOpKind[microOp] === APPEND) this.addAppend(operation, microOp, first);
        if (microOpKind[microOp] !== READ || !this.happened(operation)) continue;
        const before = longest[of]!;
        if (before >= 0 && recordCount[microOp]! <= recordCount[before]!) continue;
        longest[of] = microOp;
        this.shownBy[of] = operation;
      }
    }
  }

  private addAppend(operation: number, microOp: number, first: number): void {
    const { elements, operations } = this;
    const { key, value, firstRecord, microOpKind } = operations;
    const of = key[microOp]!;
    let element = elements.of(of, value[firstRecord[microOp]!]!);
    if (element >= 0) this.appendedTwice = element;
    else element = elements.add(of, value[firstRecord[microOp]!]!);
    elements.writer[element] = operation;
    for (let before = microOp - 1; before >= first; before--) {
      if (microOpKind[before] !== APPEND || key[before] !== of) continue;
      elements.intermediate[elements.of(of, value[firstRecord[before]!]!)] = 1;
      break;
    }
  }

  private orderShownBy(read: number, key: number): readonly number[] {
    const order: number[] = [];
    if (read < 0) return order;
    const { elements, operations } = this;
    const first = operations.firstRecord[read]!;
    for (let i = 0; i < operations.recordCount[read]!; i++) {
      const value = operations.value[first + i]!;
      let element = elements.of(key, value);
      if (element < 0) element = elements.add(key, value);
      if (elements.position[element]! >= 0) continue; // twice in one read: its first place counts
      elements.position[element] = order.push(element) - 1;
    }
    return order;
  }

  private findUnread(keys: number): readonly (readonly number[])[] {
    const { elements, operations } = this;
    const unread: number[][] = Array.from({ length: keys }, () => []);
    for (let element = 0; element < elements.length; element++) {
      const writer = elements.writer[element]!;
      if (elements.position[element]! >= 0 || writer < 0 || operations.outcome[writer] !== OK) continue;
      unread[elements.key[element]!]!.push(element);
    }
    return unread;
  }
}

/** Whether a history is one of lists. */
export function hasLists(history: History): boolean {
  const columns = columnsOf(history);
  return columns.has(APPEND) || columns.has(READ);
}

const lists = new WeakMap<History, Lists>();

/** Made at the first call. */
export function listsOf(history: History): Lists {
  let known = lists.get(history);
  if (known === undefined) lists.set(history, (known = new Lists(history)));
  return known;
}
