/**
 * Linearizability of one register: is there an order of its operations, each taking effect at one moment between its
 * invocation and its completion, in which every read returns what was written last? The search of Wing and Gong (1993)
 * with the memory of Lowe (2017): a set of operations done and the value that they left is tried once. NP-complete in
 * general, and quick for registers of few overlapping operations: bounded by steps, not by time. Registers are
 * independent (linearizability is local), so that each is searched alone.
 */

export interface RegisterOperation {
  /** Number of the operation in its history; for stories. */
  readonly operation: number;
  readonly kind: 'write' | 'read';
  /** What was written, or what the read returned. */
  readonly value: number;
  readonly invokedAt: number;
  /** Infinity: nobody knows when or whether it took effect; then a write may, and a read says nothing. */
  readonly completedAt: number;
}

export type Linearizability =
  | { readonly kind: 'linearizable' }
  /** The operation that cannot follow the longest order that was found. */
  | { readonly kind: 'not-linearizable'; readonly operation: RegisterOperation; readonly value: number }
  | { readonly kind: 'undecided'; readonly reason: string };

const STEPS = 1_000_000;

/** @param initial what the register holds before all */
export function linearizability(
  operations: readonly RegisterOperation[],
  initial: number,
  steps = STEPS,
): Linearizability {
  const relevant = operations.filter(({ kind, completedAt }) => kind === 'write' || completedAt < Infinity);
  return new Search(relevant, initial, steps).run();
}

/** Invocations and completions in order of time, in a doubly linked list: operations that are done are lifted out. */
class Search {
  private readonly operations: readonly RegisterOperation[];
  private readonly initial: number;
  private steps: number;
  /** Moments: of operation m the invocation is m, the completion m + count. `count * 2` is head and end of the list. */
  private readonly count: number;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private readonly done: Uint8Array;
  /** All before are done; none after was ever. */
  private firstOpen = 0;
  private lastDone = -1;
  private readonly tried = new Set<string>();

  constructor(operations: readonly RegisterOperation[], initial: number, steps: number) {
    this.operations = operations;
    this.initial = initial;
    this.steps = steps;
    this.count = operations.length;
    this.next = new Int32Array(this.count * 2 + 1);
    this.previous = new Int32Array(this.count * 2 + 1);
    this.done = new Uint8Array(this.count);
    let before = this.count * 2;
    for (const moment of [...this.momentsInOrder(), this.count * 2]) {
      this.next[before] = moment;
      this.previous[moment] = before;
      before = moment;
    }
  }

  run(): Linearizability {
    const { count, next, operations } = this;
    const head = count * 2;
    /** Operations in the order tried, and the values before each. */
    const order: number[] = [];
    const values: number[] = [this.initial];
    let longest = -1;
    let stuck: { readonly operation: RegisterOperation; readonly value: number } | null = null;
    let pending = operations.filter(({ completedAt }) => completedAt < Infinity).length;
    let moment = next[head]!;
    while (pending > 0) {
      if (this.steps-- <= 0) return { kind: 'undecided', reason: 'the search for an order spent its steps' };
      if (moment < count) {
        const value = this.after(moment, values[values.length - 1]!);
        if (value !== null && this.isNew(moment, value)) {
          this.lift(moment);
          order.push(moment);
          values.push(value);
          if (operations[moment]!.completedAt < Infinity) pending--;
          moment = next[head]!;
        } else {
          moment = next[moment]!;
        }
        continue;
      }
      // The completion of what was not done yet, or the end: nothing else may come before it. Back.
      if (moment < head && order.length > longest) {
        longest = order.length;
        stuck = { operation: operations[moment - count]!, value: values[values.length - 1]! };
      }
      const last = order.pop();
      if (last === undefined) return { kind: 'not-linearizable', ...stuck! };
      values.pop();
      if (operations[last]!.completedAt < Infinity) pending++;
      this.restore(last);
      moment = next[last]!;
    }
    return { kind: 'linearizable' };
  }

  /** Invocations before completions of the same time: such operations may have come in either order. */
  private momentsInOrder(): readonly number[] {
    const timeOf = (moment: number): number =>
      moment < this.count ? this.operations[moment]!.invokedAt : this.operations[moment - this.count]!.completedAt;
    const moments = Array.from({ length: this.count * 2 }, (_, moment) => moment);
    return moments.sort((x, y) => {
      const [timeX, timeY] = [timeOf(x), timeOf(y)];
      return timeX === timeY ? x - y : timeX - timeY;
    });
  }

  /** The value after an operation; null: it cannot come here. */
  private after(operation: number, value: number): number | null {
    const { kind, value: own } = this.operations[operation]!;
    if (kind === 'write') return own;
    return own === value ? value : null;
  }

  /** Whether these operations, with this one, have not left this value before. */
  private isNew(operation: number, value: number): boolean {
    this.lift(operation);
    const state = `${value}|${this.packed()}`;
    this.restore(operation);
    if (this.tried.has(state)) return false;
    this.tried.add(state);
    return true;
  }

  private lift(operation: number): void {
    this.done[operation] = 1;
    while (this.done[this.firstOpen] === 1) this.firstOpen++;
    this.lastDone = Math.max(this.lastDone, operation);
    for (const moment of [operation, operation + this.count]) {
      this.next[this.previous[moment]!] = this.next[moment]!;
      this.previous[this.next[moment]!] = this.previous[moment]!;
    }
  }

  private restore(operation: number): void {
    this.done[operation] = 0;
    this.firstOpen = Math.min(this.firstOpen, operation);
    for (const moment of [operation + this.count, operation]) {
      this.next[this.previous[moment]!] = moment;
      this.previous[this.next[moment]!] = moment;
    }
  }

  /** Operations done, as text: from the first that is not on, a bit each. */
  private packed(): string {
    const { done, firstOpen } = this;
    let text = `${firstOpen}:`;
    for (let last = done.lastIndexOf(1, this.lastDone); last >= firstOpen; last -= 16) {
      let word = 0;
      for (let i = Math.max(firstOpen, last - 15); i <= last; i++) word = word * 2 + done[i]!;
      text += String.fromCharCode(word);
    }
    return text;
  }
}
