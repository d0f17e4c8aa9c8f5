/**
 * What single reads of lists show, without a graph (Elle's names):
 *
 *   G1a                  a read returned what a failed operation appended
 *   G1b                  a read ended with what its operation appended to again afterwards: a state in between
 *   internal             a read disagrees with what its own operation read or appended before
 *   future-read          a read returned what its own operation appends later
 *   duplicate-elements   an element stands twice in one read
 *   incompatible-order   two reads of a list, neither the beginning of the other
 *   phantom              a read returned what nobody appended
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { APPEND, FAIL, OK, READ } from '../../histories/history-columns.js';
import { listAnomaly, listWords } from './findings.js';
import type { Lists } from './lists.js';

export function anomaliesOfReads(lists: Lists): readonly Anomaly[] {
  return new Reads(lists).all();
}

class Reads {
  private readonly lists: Lists;
  private readonly anomalies: Anomaly[] = [];
  /** By element: the read that came by it last. */
  private readonly seenIn: Int32Array;
  /** By key: whether an incompatible order was reported; one pair shows as much as all. */
  private readonly disagrees: Uint8Array;
  private readonly elements: number[] = [];

  constructor(lists: Lists) {
    this.lists = lists;
    this.seenIn = new Int32Array(lists.elements.length).fill(-1);
    this.disagrees = new Uint8Array(lists.history.keys.length);
  }

  all(): readonly Anomaly[] {
    const { length, outcome, firstMicroOp, microOpCount, microOpKind, recordCount } = this.lists.operations;
    for (let operation = 0; operation < length; operation++) {
      if (outcome[operation] === FAIL) continue;
      const first = firstMicroOp[operation]!;
      for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
        if (microOpKind[microOp] !== READ) continue;
        // What succeeded and read nothing met the list as it was in the beginning.
        if (recordCount[microOp]! >= 0 || outcome[operation] === OK) this.read(operation, microOp, first);
      }
    }
    return this.anomalies;
  }

  private read(operation: number, read: number, first: number): void {
    const count = this.lists.elementsOf(read, this.elements);
    this.eachElement(operation, read, count);
    this.lastElement(operation, read, count);
    this.ownOperation(operation, read, first, count);
  }

  private eachElement(operation: number, read: number, count: number): void {
    const { lists, elements, seenIn } = this;
    const { writer, position } = lists.elements;
    let inOrder = true;
    let repeats = false;
    for (let i = 0; i < count; i++) {
      const element = elements[i]!;
      if (element < 0 || position[element] !== i) inOrder = false;
      if (element < 0 || writer[element]! < 0) {
        this.report('phantom', read, i, [operation], `${this.readWords(operation, read, i)}, which nobody appended`);
        continue;
      }
      if (seenIn[element] === read && !repeats) {
        repeats = true;
        this.report('duplicate-elements', read, i, [operation], `${this.readWords(operation, read, i)} twice`);
      }
      seenIn[element] = read;
      if (lists.happened(writer[element]!)) continue;
      const story = `${this.readWords(operation, read, i)}, whose append failed`;
      this.report('G1a', read, i, [writer[element]!, operation], story);
    }
    const key = lists.operations.key[read]!;
    if (inOrder || repeats || this.disagrees[key] === 1) return;
    this.disagrees[key] = 1;
    const other = lists.shownBy[key]!;
    const story = `operations ${operation} and ${other} read ${listWords(lists, key)} in orders of which neither begins the other`;
    this.report('incompatible-order', read, -1, [operation, other], story);
  }

  private lastElement(operation: number, read: number, count: number): void {
    const { writer, intermediate } = this.lists.elements;
    const last = count === 0 ? -1 : this.elements[count - 1]!;
    if (last < 0 || intermediate[last] !== 1 || writer[last] === operation) return;
    const story = `${this.readWords(operation, read, count - 1)} as the last, and its operation appends more`;
    this.report('G1b', read, count - 1, [writer[last]!, operation], story);
  }

  /** Against what the same operation did to this list before, and does later. */
  private ownOperation(operation: number, read: number, first: number, count: number): void {
    const { operations } = this.lists;
    const { key, microOpKind, microOpCount, firstRecord, value, recordCount, outcome } = operations;
    const of = key[read]!;
    /** Walking back: the appends since the last read, from the end of this one. */
    let left = count;
    let disagrees = false;
    let before = read - 1;
    for (; before >= first; before--) {
      if (key[before] !== of) continue;
      if (microOpKind[before] === READ) break;
      if (microOpKind[before] !== APPEND) continue;
      left--;
      if (left < 0 || this.valueAt(read, left) !== value[firstRecord[before]!]) disagrees = true;
    }
    if (before >= first && (recordCount[before]! >= 0 || outcome[operation] === OK)) {
      if (left !== Math.max(0, recordCount[before]!)) disagrees = true;
      for (let i = 0; i < left && !disagrees; i++) disagrees = this.valueAt(read, i) !== this.valueAt(before, i);
    }
    if (disagrees) {
      const story = `operation ${operation} read ${listWords(this.lists, of)} otherwise than it had read and appended itself`;
      this.report('internal', read, -1, [operation], story);
    }
    for (let later = read + 1; later < first + microOpCount[operation]!; later++) {
      if (microOpKind[later] !== APPEND || key[later] !== of) continue;
      const element = this.lists.elements.of(of, value[firstRecord[later]!]!);
      if (this.seenIn[element] !== read) continue;
      const at = this.elements.indexOf(element);
      this.report('future-read', read, at, [operation], `${this.readWords(operation, read, at)} before it appended it`);
    }
  }

  private valueAt(read: number, i: number): number {
    const { value, firstRecord } = this.lists.operations;
    return value[firstRecord[read]! + i]!;
  }

  private readWords(operation: number, read: number, i: number): string {
    const { lists } = this;
    const value = lists.history.valueName(this.valueAt(read, i));
    return `operation ${operation} read ${value} in ${listWords(lists, lists.operations.key[read]!)}`;
  }

  private report(type: string, read: number, i: number, operations: readonly number[], story: string): void {
    const values = i < 0 ? [] : [this.valueAt(read, i)];
    this.anomalies.push(listAnomaly(this.lists, type, this.lists.operations.key[read]!, values, operations, story));
  }
}
