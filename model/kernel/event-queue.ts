/**
 * What is to happen, in the order in which it will: by virtual time, then by the order in which it was asked for.
 *
 * A 4-ary heap on typed arrays, and before it the front: an event that is earlier than all in the heap. Most handlers ask
 * for the next thing to happen at all (a yield of a few microseconds), which then never enters the heap. The sequence
 * number is a whole Float64, never wrapped and never packed into the time, so two events of the same microsecond keep their
 * order however long a trial lasts. An event's data lie in a slot; slots are reused, so that a running world allocates
 * nothing for an event.
 */

/** Runs what was scheduled: `kind` is the handler's own numbering, `a` and `payload` come back as given. */
export interface EventHandler {
  onEvent(kind: number, a: number, payload: unknown): void;
}

/** Whom the queue calls: a handler, its method at hand. To look it up on one of many classes costs more than the call. */
export class Recipient {
  readonly handler: EventHandler;
  readonly onEvent: EventHandler['onEvent'];

  constructor(handler: EventHandler) {
    this.handler = handler;
    // oxlint-disable-next-line typescript/unbound-method -- called with the handler, always.
    this.onEvent = handler.onEvent;
  }
}

/** Names an event from its push until it ran or was cancelled. 0 is never one. */
export type EventId = number;

const FIRST_CAPACITY = 256;
const TIME_MAX = Number.MAX_SAFE_INTEGER;
/** An id is generation × SLOTS_MAX + slot: both are read back exactly from a Float64. */
const SLOTS_MAX = 0x400000;
const GENERATIONS_MAX = 0x7fffffff;
const NO_SLOT = -1;
/** Below this many cancelled events the heap is not worth cleaning. */
const CANCELLED_MIN = 1024;

export class EventQueue {
  /** Live and cancelled events in the heap. */
  private size = 0;
  private cancelledCount = 0;
  private nextSequence = 1;

  /** The event before all in the heap, never a cancelled one. Without one: NO_SLOT, at Infinity. */
  private frontSlot = NO_SLOT;
  private frontTime = Infinity;
  private frontSequence = 0;

  // The heap, in heap order: child c of node n is 4n + 1 .. 4n + 4.
  private times = new Float64Array(FIRST_CAPACITY);
  private sequences = new Float64Array(FIRST_CAPACITY);
  private slots = new Int32Array(FIRST_CAPACITY);

  // The events' data, by slot.
  private kinds = new Int32Array(FIRST_CAPACITY);
  private args = new Float64Array(FIRST_CAPACITY);
  private recipients: (Recipient | null)[] = [];
  private payloads: unknown[] = [];
  private generations = new Int32Array(FIRST_CAPACITY).fill(1);
  private cancelled = new Uint8Array(FIRST_CAPACITY);
  private freeSlots = new Int32Array(FIRST_CAPACITY);
  private freeCount = 0;
  private usedSlots = 0;

  /** The id of the event taken last: what its handler may keep to recognise a later cancel. */
  private takenSlot = 0;
  private takenTime = 0;

  /** Events still to run. */
  get length(): number {
    return this.size - this.cancelledCount + (this.frontSlot === NO_SLOT ? 0 : 1);
  }

  push(time: number, recipient: Recipient, kind: number, a: number, payload: unknown): EventId {
    // Said this way round it refuses NaN too, which would put the heap out of order.
    if (!(time <= TIME_MAX)) throw new Error(`no event can be at ${time} µs: time is counted below 2^53`);
    if (this.size + 1 >= this.times.length) this.grow();
    const slot = this.freeCount > 0 ? this.freeSlots[--this.freeCount] : this.newSlot();
    this.kinds[slot] = kind;
    this.args[slot] = a;
    this.recipients[slot] = recipient;
    if (payload !== undefined) this.payloads[slot] = payload;
    const sequence = this.nextSequence++;
    if (time < (this.frontSlot !== NO_SLOT || this.size === 0 ? this.frontTime : this.times[0])) {
      this.moveFrontIntoHeap();
      this.frontSlot = slot;
      this.frontTime = time;
      this.frontSequence = sequence;
    } else {
      this.siftUp(time, sequence, slot);
    }
    return this.generations[slot] * SLOTS_MAX + slot;
  }

  /** The event will not run. An id that has run, or was cancelled before, is ignored. */
  cancel(id: EventId): void {
    const generation = Math.floor(id / SLOTS_MAX);
    const slot = id - generation * SLOTS_MAX;
    if (this.generations[slot] !== generation || this.cancelled[slot] === 1) return;
    if (slot === this.frontSlot) {
      this.clearFront();
      this.release(slot);
      return;
    }
    this.cancelled[slot] = 1;
    this.payloads[slot] = undefined;
    this.cancelledCount++;
    if (this.cancelledCount >= CANCELLED_MIN && this.cancelledCount * 2 > this.size) this.dropCancelled();
  }

  /** When the next event runs; Infinity if there is none. */
  nextTime(): number {
    if (this.frontSlot !== NO_SLOT) return this.frontTime;
    while (this.size > 0) {
      if (this.cancelled[this.slots[0]] === 0) return this.times[0];
      this.release(this.removeFirst());
      this.cancelledCount--;
    }
    return Infinity;
  }

  /** Removes the next event, for `time` and `dispatch` to use. False: there is none up to and including this time. */
  take(until = TIME_MAX): boolean {
    if (this.frontSlot !== NO_SLOT) {
      if (this.frontTime > until) return false;
      this.takenSlot = this.frontSlot;
      this.takenTime = this.frontTime;
      this.clearFront();
      return true;
    }
    while (this.size > 0) {
      const time = this.times[0];
      if (time > until) return false;
      const slot = this.removeFirst();
      if (this.cancelled[slot] === 0) {
        this.takenSlot = slot;
        this.takenTime = time;
        return true;
      }
      this.release(slot);
      this.cancelledCount--;
    }
    return false;
  }

  /** The time of the event taken last. */
  get time(): number {
    return this.takenTime;
  }

  /** Runs the event taken last. Its slot is free again before its handler begins. */
  dispatch(): void {
    const slot = this.takenSlot;
    const { handler, onEvent } = this.recipients[slot] as Recipient;
    const kind = this.kinds[slot];
    const a = this.args[slot];
    const payload = this.payloads[slot];
    this.release(slot);
    onEvent.call(handler, kind, a, payload);
  }

  /** The id under which the event taken last was known, until another event is pushed. */
  get takenId(): EventId {
    return (this.generations[this.takenSlot] - 1) * SLOTS_MAX + this.takenSlot;
  }

  /** Moves every pending event of one recipient to another time, keeping ids and the order among equals. */
  retime(recipient: Recipient, newTime: (time: number) => number): void {
    this.moveFrontIntoHeap();
    for (let i = 0; i < this.size; i++) {
      if (this.recipients[this.slots[i]] === recipient) this.times[i] = newTime(this.times[i]);
    }
    this.heapify();
  }

  private moveFrontIntoHeap(): void {
    if (this.frontSlot === NO_SLOT) return;
    this.siftUp(this.frontTime, this.frontSequence, this.frontSlot);
    this.clearFront();
  }

  private clearFront(): void {
    this.frontSlot = NO_SLOT;
    this.frontTime = Infinity;
  }

  private siftUp(time: number, sequence: number, slot: number): void {
    const { times, sequences, slots } = this;
    let hole = this.size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      if (times[parent] < time || (times[parent] === time && sequences[parent] < sequence)) break;
      times[hole] = times[parent];
      sequences[hole] = sequences[parent];
      slots[hole] = slots[parent];
      hole = parent;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  private removeFirst(): number {
    const slot = this.slots[0];
    const last = --this.size;
    if (last > 0) this.siftDown(0, this.times[last], this.sequences[last], this.slots[last]);
    return slot;
  }

  private siftDown(from: number, time: number, sequence: number, slot: number): void {
    const { times, sequences, slots, size } = this;
    let hole = from;
    for (let first = 4 * hole + 1; first < size; first = 4 * hole + 1) {
      const end = Math.min(first + 4, size);
      let least = first;
      let leastTime = times[first];
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child];
        if (childTime < leastTime || (childTime === leastTime && sequences[child] < sequences[least])) {
          least = child;
          leastTime = childTime;
        }
      }
      if (leastTime > time || (leastTime === time && sequences[least] > sequence)) break;
      times[hole] = leastTime;
      sequences[hole] = sequences[least];
      slots[hole] = slots[least];
      hole = least;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  private heapify(): void {
    for (let i = (this.size - 2) >> 2; i >= 0; i--) {
      this.siftDown(i, this.times[i], this.sequences[i], this.slots[i]);
    }
  }

  private dropCancelled(): void {
    let kept = 0;
    for (let i = 0; i < this.size; i++) {
      const slot = this.slots[i];
      if (this.cancelled[slot] === 1) {
        this.release(slot);
        continue;
      }
      this.times[kept] = this.times[i];
      this.sequences[kept] = this.sequences[i];
      this.slots[kept] = slot;
      kept++;
    }
    this.size = kept;
    this.cancelledCount = 0;
    this.heapify();
  }

  private newSlot(): number {
    this.recipients.push(null);
    this.payloads.push(undefined);
    return this.usedSlots++;
  }

  private release(slot: number): void {
    const generation = this.generations[slot];
    if (generation === GENERATIONS_MAX) throw new Error('an event slot was reused too often: the trial is too long');
    this.generations[slot] = generation + 1;
    this.cancelled[slot] = 0;
    if (this.payloads[slot] !== undefined) this.payloads[slot] = undefined;
    this.freeSlots[this.freeCount++] = slot;
  }

  private grow(): void {
    const capacity = this.times.length * 2;
    if (capacity > SLOTS_MAX) throw new Error(`more than ${SLOTS_MAX} events are pending`);
    const generations = new Int32Array(capacity).fill(1);
    generations.set(this.generations);
    this.generations = generations;
    this.times = enlarged(this.times, new Float64Array(capacity));
    this.sequences = enlarged(this.sequences, new Float64Array(capacity));
    this.slots = enlarged(this.slots, new Int32Array(capacity));
    this.kinds = enlarged(this.kinds, new Int32Array(capacity));
    this.args = enlarged(this.args, new Float64Array(capacity));
    this.cancelled = enlarged(this.cancelled, new Uint8Array(capacity));
    this.freeSlots = enlarged(this.freeSlots, new Int32Array(capacity));
  }
}

function enlarged<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
