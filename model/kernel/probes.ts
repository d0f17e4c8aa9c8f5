/**
 * Probes: what the simulated world announces as it happens. One call, integers, no allocation, no answer.
 * A probe that nobody listens to costs one array read.
 */

export interface ProbeListener {
  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void;
}

export interface Probes {
  /** `key` is the system's own numbering of what is replicated (Kafka: partitions); -1 for none. */
  emit(kind: number, machine: number, key: number, a?: number, b?: number, c?: number, d?: number): void;
  listen(kinds: readonly number[], listener: ProbeListener): void;
}

/** A listener with its method at hand: to look it up on one of many classes, at each probe, costs more than the call. */
class Subscription {
  readonly listener: ProbeListener;
  readonly onProbe: ProbeListener['onProbe'];

  constructor(listener: ProbeListener) {
    this.listener = listener;
    // oxlint-disable-next-line typescript/unbound-method -- called with the listener, always.
    this.onProbe = listener.onProbe;
  }
}

/** Hands each probe to those who listen, in the order in which they began to. */
export class ProbeHub implements Probes {
  private readonly listeners: (Subscription[] | undefined)[] = [];

  emit(kind: number, machine: number, key: number, a = 0, b = 0, c = 0, d = 0): void {
    const listeners = this.listeners[kind];
    if (listeners === undefined) return;
    for (let i = 0; i < listeners.length; i++) {
      const { listener, onProbe } = listeners[i];
      onProbe.call(listener, kind, machine, key, a, b, c, d);
    }
  }

  listen(kinds: readonly number[], listener: ProbeListener): void {
    const subscription = new Subscription(listener);
    for (const kind of kinds) {
      // Filled up, so that the array stays dense and a look-up stays one read.
      while (this.listeners.length <= kind) this.listeners.push(undefined);
      (this.listeners[kind] ??= []).push(subscription);
    }
  }

  /** Whether anybody listens: for callers whose arguments cost something to find out. */
  heard(kind: number): boolean {
    return this.listeners[kind] !== undefined;
  }
}

/** Name and fields of a probe, as they are written into the trace's header. Unused fields are left out. */
export interface ProbeSpec {
  readonly kind: number;
  /** kebab-case; the `event` of a trace line. */
  readonly name: string;
  /** Names of a, b, c, d. */
  readonly fields: readonly string[];
  /** Part of the digest and of every kept trace. False: only recorded when every message is asked for. */
  readonly kept: boolean;
  readonly sentence: string;
}

/** Kinds 0..63 are the kernel's; a system's own begin at SYSTEM_PROBES. */
export const SYSTEM_PROBES = 64;

export const KernelProbe = {
  processStarted: 0,
  processKilled: 1,
  powerLost: 2,
  paused: 3,
  resumed: 4,
  faultBegan: 5,
  faultEnded: 6,
  phase: 7,
  messageSent: 8,
  messageDelivered: 9,
  connectionBroken: 10,
  stalled: 11,
} as const;

export const kernelProbes: readonly ProbeSpec[] = [
  { kind: 0, name: 'process-started', fields: ['incarnation'], kept: true, sentence: 'A machine started its process.' },
  {
    kind: 1,
    name: 'process-killed',
    fields: ['incarnation', 'why'],
    kept: true,
    sentence: 'A process ended: killed (0), halted or exited by itself (1).',
  },
  {
    kind: 2,
    name: 'power-lost',
    fields: ['entriesLost'],
    kept: true,
    sentence: 'A machine lost power; unsynced entries may be gone.',
  },
  { kind: 3, name: 'paused', fields: [], kept: true, sentence: 'A process stopped running; its machine did not.' },
  { kind: 4, name: 'resumed', fields: [], kept: true, sentence: 'A paused process went on.' },
  {
    kind: 5,
    name: 'fault-began',
    fields: ['strike', 'targets'],
    kept: true,
    sentence: 'The nemesis began a fault; `strike` is its index in the plan, `targets` a bit mask of machines.',
  },
  {
    kind: 6,
    name: 'fault-ended',
    fields: ['strike', 'effect'],
    kept: true,
    sentence: 'The nemesis ended a fault; `effect` counts what it cut, lost or stopped.',
  },
  {
    kind: 7,
    name: 'phase',
    fields: ['phase'],
    kept: true,
    sentence: 'A phase of the trial began: 1 safety, 2 liveness, 3 final read.',
  },
  {
    kind: 8,
    name: 'message-sent',
    fields: ['to', 'messageKind', 'connection', 'bytes'],
    kept: false,
    sentence: 'A message was handed to a connection.',
  },
  {
    kind: 9,
    name: 'message-delivered',
    fields: ['from', 'messageKind', 'connection', 'bytes'],
    kept: false,
    sentence: 'A process took a message from a connection.',
  },
  {
    kind: 10,
    name: 'connection-broken',
    fields: ['peer', 'connection', 'why'],
    kept: false,
    sentence: 'One end learnt that a connection broke: reset 0, closed 1, timeout 2, refused 3.',
  },
  {
    kind: 11,
    name: 'stalled',
    fields: ['waitsFor', 'required'],
    kept: true,
    sentence:
      'A bound passed without progress of this key, or (key -1) of the system as a whole: `waitsFor` is a machine that would have to catch up, 0 if none in particular; `required` 1 if the bound is the shorter one of the user.',
  },
];
