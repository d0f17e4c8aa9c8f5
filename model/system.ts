/**
 * What a trial needs of any system under test. Kafka is one; other replicated logs and queues can stand beside it.
 */
import type { MachineId } from './kernel/process.js';
import type { ProbeSpec } from './kernel/probes.js';
import type { Stream } from './kernel/random.js';
import type { World } from './kernel/world.js';

/** What a target of a fault can be: 'leader', 'follower', 'last-in-isr', 'controller', 'broker', 'client', 'producer', ... */
export type RoleName = string;

export interface MachineInfo {
  readonly id: MachineId;
  readonly name: string;
  /** What this machine may be: 'broker', 'controller', 'producer', 'consumer'. */
  readonly roles: readonly RoleName[];
  readonly rack: string | null;
}

/** Fed by `runs/` from the one budget (checkers/kafka/budget.ts): which replicas count as impaired now. */
export interface StateView {
  impaired(key: number, machine: MachineId): boolean;
  /** It was killed or lost power, and is not in sync again since. Kafka: whether or not it lost anything (KIP-966). */
  stoppedUncleanly(key: number, machine: MachineId): boolean;
}

/** A record that a step sends. */
export interface StepRecord {
  /** Index into the spec's topics. */
  readonly topic: number;
  /** The record key; null for none. */
  readonly recordKey: string | null;
  /** Unique in the trial. */
  readonly value: number;
  /** Deletes the key: Kafka writes null, and `value` names the record in histories. Left out: it does not. */
  readonly tombstone?: true;
}

/** When a step is made and by whom. */
interface StepBasis {
  /** Microseconds from the start of the safety phase. */
  readonly at: number;
  /** Which client: its index among the clients of the spec, in the order producers, consumers. */
  readonly client: number;
  /** Of a step that an application of the user's own made: the number of the call of it that did. */
  readonly by?: number;
}

/** Records are sent: one; or several in one transaction. */
export interface SendStep extends StepBasis, StepRecord {
  readonly f: 'send' | 'transaction';
  /** Of a transaction: the records behind the first. */
  readonly more?: readonly StepRecord[];
  /** Of a transaction: how it ends, if the application has its way. */
  readonly end?: 'commit' | 'abort';
  /** Of a send: to this partition of the topic. Left out: where the partitioner sends it. */
  readonly partition?: number;
  /** What the user's application sent as the value: for people, the system under test knows the number alone. */
  readonly text?: string;
}

/** What else an application calls of its clients. `call` tells such calls apart; no record has the same number. */
export type CallStep = StepBasis & { readonly call: number } & (
    | { readonly f: 'init-transactions' | 'begin-transaction' | 'commit-transaction' | 'abort-transaction' }
    | { readonly f: 'assign'; readonly keys: readonly number[] }
    | { readonly f: 'seek'; readonly key: number; readonly offset: number }
    | { readonly f: 'poll'; readonly timeoutMs: number }
  );

/** A function of the user's own is called, which decides by itself what its clients do. `by` says the how-manieth call it is. */
export interface OwnStep extends StepBasis {
  readonly f: 'own';
  readonly by: number;
}

/** A consumer's application needs time: for each record from now on; or once so much more. */
export interface ProcessingStep extends StepBasis {
  readonly f: 'process-each' | 'process-slowly';
  readonly micros: number;
}

/** One workload step, as plain data. */
export type ClientStep = SendStep | CallStep | OwnStep | ProcessingStep;

/** How many steps send something. */
export function sendsOf(steps: readonly ClientStep[]): number {
  return steps.filter((step) => recordsOf(step).length > 0).length;
}

/** Every record of a step. */
export function recordsOf(step: ClientStep): readonly StepRecord[] {
  if (step.f !== 'send' && step.f !== 'transaction') return NO_RECORDS;
  return step.more === undefined ? [step] : [step, ...step.more];
}

const NO_RECORDS: readonly StepRecord[] = [];

/** A named interesting state, recognised from probes. */
export interface Situation {
  readonly name: string;
  readonly sentence: string;
  /** What a spec must have for it besides faults; absent: nothing, the preset `storm` reaches it. */
  readonly needs?: string;
  readonly on: readonly number[];
  /** A new recogniser for one trial; true when the situation is reached. */
  create(
    system: System,
  ): (kind: number, machine: MachineId, key: number, a: number, b: number, c: number, d: number) => boolean;
}

/** Reads partitions in full in the final phase: a fresh consumer that is assigned one key, from its first offset to its end. */
export interface FinalReader {
  /** True once everything up to the end was read, or a reason why not yet. */
  done(): true | string;
}

/** Why a key makes no progress; or the system as a whole. */
export interface Obstacle {
  /** -1: no key alone. */
  readonly key: number;
  /** In words: "ISR of orders-0 is {1,2}". */
  readonly reason: string;
  /** Machines that would have to catch up first; empty: none in particular. */
  readonly waitsFor: readonly MachineId[];
}

/** Settings with the values that they are to have. */
export type AlteredSettings = Readonly<Record<string, number | string>>;

/** How a system that runs goes from one release to a newer one. */
export interface Upgrades {
  /** True, or why the system cannot go there. */
  possible(release: string): true | string;
  /** The machines that run its releases, in the order in which an administrator restarts them. */
  readonly order: readonly MachineId[];
  /** The machine's next process runs it. */
  install(machine: MachineId, release: string): void;
  /** True: each machine reads from its own configuration what is agreed on, when it starts. False: the system is asked. */
  readonly agreesByRestart: boolean;
  /** The machine's next process speaks the protocol of the release. */
  agreeAtRestart(machine: MachineId, release: string): void;
  /**
   * Asks all at once to go by what the release can do.
   * @param everything also what a new system of that release has on, and an older one has not
   */
  agree(release: string, everything: boolean): void;
}

export interface System {
  readonly name: string;
  /** Furnishes the world with machines and starts them. */
  boot(world: World): void;
  machines(): readonly MachineInfo[];
  /**
   * Names of what is replicated: for Kafka the partitions, "orders-0". A probe's `key` indexes it. Those that an
   * administrator may add are among them from the start; until then nobody has a replica of them.
   */
  keys(): readonly string[];
  /** Machines that play the role now; ordered, perhaps empty. `key` picks among several (the partition of a leader). */
  role(name: RoleName, key: number, dice: Stream): readonly MachineId[];
  readonly roles: readonly RoleName[];
  /** Message.kind of the requests that clients send, by their names in the protocol: 'Produce'. */
  readonly requests: ReadonlyMap<string, number>;
  /** Runs one workload step. False if the client is not running: then nothing was invoked. */
  invoke(step: ClientStep): boolean;
  readonly probes: readonly ProbeSpec[];
  readonly situations: readonly Situation[];
  /** Sets of machines that suffice for progress under the rules, smallest first; each is healed alone sometimes. */
  sufficientSets(state: StateView): readonly (readonly MachineId[])[];
  /** Liveness: within livenessBoundMicros, a new send to every key is acknowledged and read. Starts it with values from `firstValue` on. */
  beginLiveness(firstValue: number): void;
  /** True, or the reason why not yet. */
  lively(): true | string;
  /** Everything that keeps it from being lively, one obstacle a key; empty: nothing does. */
  livenessObstacles(): readonly Obstacle[];
  /** No new sends for liveness' sake from now on. */
  endLiveness(): void;
  livenessBoundMicros(): number;
  /** True when nothing moves any more: every ISR whole, every client idle; or the reason why not. */
  settled(): true | string;
  /** Everything that keeps it from being settled; empty: nothing does. */
  settlingObstacles(): readonly Obstacle[];
  /** True when every replica is where it belongs (Kafka: every ISR is whole), clients busy or not; or the reason why not. Cheap: the nemesis asks often. */
  whole(): true | string;
  /** Asks the machine's process to end in an orderly way (SIGTERM; Kafka: controlled shutdown); it ends by itself some time later. False: it knows no such way. */
  requestShutdown(machine: MachineId): boolean;
  /** Clean: moves leadership of the key to this machine, through the controller. */
  transferLeadership(key: number, to: MachineId): void;
  /**
   * Asks to move the replicas of the key to these machines; null: to take back a move that is under way. The system decides
   * in its own time whether and when.
   */
  reassign(key: number, machines: readonly MachineId[] | null): void;
  /** Who is to hold the replicas of the key when what is under way is over, in the order of preference. */
  assigned(key: number): readonly MachineId[];
  /** True when replicas of the key can be moved, or the reason why not. */
  reassignable(key: number): true | string;
  /** Asks to add keys beside this one (Kafka: partitions to its topic), so that there are so many. */
  addPartitions(key: number, count: number): void;
  /** True when that can be asked now, or the reason why not. */
  addable(key: number, count: number): true | string;
  /** Asks to alter settings of the topic of the key, by their names; words are the values of those that are on or off. */
  alterSettings(key: number, settings: AlteredSettings): void;
  /** True when that can be asked now, or the reason why not. */
  settingsAlterable(key: number, settings: AlteredSettings): true | string;
  /** Asks to take the machine out of those that vote on what is decided. The system decides in its own time whether and when. */
  removeVoter(machine: MachineId): void;
  /** Asks to let it vote, again or for the first time. */
  addVoter(machine: MachineId): void;
  /** True when its vote can be taken away, or the reason why not. */
  voterRemovable(machine: MachineId): true | string;
  /** null: it cannot be upgraded while it runs. */
  readonly upgrades: Upgrades | null;
  /** True when `machine` leads `key`, and the cluster agrees. */
  leads(key: number, machine: MachineId): boolean;
  /** Machines that hold a replica of the key. */
  replicas(key: number): readonly MachineId[];
  /** Those of them to which leadership can be moved cleanly now (Kafka: the ISR). */
  electable(key: number): readonly MachineId[];
  finalRead(key: number): FinalReader;
  /** Paths of the files that hold the machine's replica of the key, oldest first: the last one is written to. Empty: it has none. */
  logFiles(machine: MachineId, key: number): readonly string[];
  /** Time-outs that faults can trip, in microseconds, by name: 'broker-session', 'replica-lag', 'request', 'delivery'. */
  timeouts(): ReadonlyMap<string, number>;
}
