/**
 * The cluster's state at any record of a trace, rebuilt from the trace alone: who is up, who leads in which epoch, what
 * every replica's log holds, what the controller decided, which faults are in force. Reports step through it.
 *
 * States are immutable and share what did not change; a state is kept every 500 records and the records between are
 * applied again on demand.
 */
import { ReplicaLog } from './replica-log.js';
import { lastIndexAt, TraceReader, type TraceRecord } from './trace-record.js';
import type { Trace } from './trace.js';

export interface MachineState {
  readonly running: boolean;
  readonly paused: boolean;
  readonly powered: boolean;
  readonly incarnation: number;
  /** As the controller committed it; null for machines that never registered. */
  readonly fenced: boolean | null;
}

/** What one broker holds and believes of one partition. */
export interface ReplicaState {
  /** Down brokers keep their log on disk; role and epoch are gone with the process. */
  readonly role: 'leader' | 'follower' | 'none';
  /** -1 while the role is none. */
  readonly leaderEpoch: number;
  /** Whom it follows; itself if it leads; -1: nobody. */
  readonly leader: number;
  readonly log: ReplicaLog;
  /** What lies below was deleted by policy or on request. */
  readonly logStart: number;
  readonly highWatermark: number;
  /** Leaders only: the ISR that it goes by, and the one that it has proposed (null: none pending). */
  readonly isr: readonly number[];
  readonly pendingIsr: readonly number[] | null;
  /** Leaders only: log ends that followers' fetches showed it, by machine. */
  readonly followerEnds: ReadonlyMap<number, number>;
}

/** The controller's committed decision about a partition. leader -1: none. */
export interface PartitionDecision {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly number[];
}

export interface FaultInForce {
  readonly strike: number;
  readonly since: number;
  readonly targets: readonly number[];
}

export interface ClusterState {
  /** The last record applied; -1: none. */
  readonly index: number;
  readonly time: number;
  /** 0 before the first phase; 1 safety, 2 liveness, 3 final read. */
  readonly phase: number;
  readonly faults: readonly FaultInForce[];
  machine(machine: number): MachineState;
  /** undefined: this machine has not been seen to hold the partition yet. */
  replica(machine: number, key: number): ReplicaState | undefined;
  decision(key: number): PartitionDecision;
}

const unknownMachine: MachineState = { running: false, paused: false, powered: true, incarnation: 0, fenced: null };
const undecided: PartitionDecision = { leader: -1, leaderEpoch: -1, partitionEpoch: -1, isr: [] };
const newReplica: ReplicaState = {
  role: 'none',
  leaderEpoch: -1,
  leader: -1,
  log: ReplicaLog.empty,
  logStart: 0,
  highWatermark: 0,
  isr: [],
  pendingIsr: null,
  followerEnds: new Map(),
};

const SNAPSHOT_EVERY = 500;
/** As in the trace: LossReason.corrupt. The records are still there, and recovery decides about them. */
const CORRUPT = 2;

/** Members of a bit mask, ascending: bit n is machine n. By halving, since masks may be wider than 31 bits. */
export function membersOf(mask: number): readonly number[] {
  const members: number[] = [];
  for (let machine = 0, rest = mask; rest >= 1; machine++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) members.push(machine);
  }
  return members;
}

export class TraceReplay {
  readonly reader: TraceReader;
  private readonly snapshots: State[] = [];
  private readonly hosting: readonly (readonly number[])[];

  constructor(trace: Trace) {
    this.reader = new TraceReader(trace);
    const state = new State(trace.header.keys.length);
    for (let index = 0; index < trace.length; index++) {
      if (index % SNAPSHOT_EVERY === 0) this.snapshots.push(state.copy());
      state.apply(this.reader.at(index));
    }
    this.hosting = trace.header.keys.map((_, key) => state.hosts(key));
  }

  /** The state right after the record at `index` (-1: before the first). */
  at(index: number): ClusterState {
    const last = Math.min(Math.max(index, -1), this.reader.length - 1);
    const snapshot = Math.max(0, Math.floor(last / SNAPSHOT_EVERY));
    const state = this.snapshots[snapshot]?.copy() ?? new State(this.reader.header.keys.length);
    for (let i = snapshot * SNAPSHOT_EVERY; i <= last; i++) state.apply(this.reader.at(i));
    return state;
  }

  /** The state after the last record at or before a virtual time. */
  atTime(micros: number): ClusterState {
    return this.at(this.lastIndexAt(micros));
  }

  /** Index of the last record at or before a virtual time; -1: none. */
  lastIndexAt(micros: number): number {
    return lastIndexAt(this.reader, micros);
  }

  /** Machines that hold a replica of the key at any time in the trace, ascending. */
  hosts(key: number): readonly number[] {
    return this.hosting[key] ?? [];
  }
}

class State implements ClusterState {
  index = -1;
  time = 0;
  phase = 0;
  faults: readonly FaultInForce[] = [];
  private readonly keys: number;
  private machines: MachineState[] = [];
  private decisions: PartitionDecision[] = [];
  /** Replicas of machine m and key k at m × keys + k. */
  private replicas: (ReplicaState | undefined)[] = [];

  constructor(keys: number) {
    this.keys = keys;
  }

  copy(): State {
    const copy = new State(this.keys);
    copy.index = this.index;
    copy.time = this.time;
    copy.phase = this.phase;
    copy.faults = this.faults;
    copy.machines = this.machines.slice();
    copy.decisions = this.decisions.slice();
    copy.replicas = this.replicas.slice();
    return copy;
  }

  machine(machine: number): MachineState {
    return this.machines[machine] ?? unknownMachine;
  }

  replica(machine: number, key: number): ReplicaState | undefined {
    return key < 0 || machine < 0 ? undefined : this.replicas[machine * this.keys + key];
  }

  decision(key: number): PartitionDecision {
    return this.decisions[key] ?? undecided;
  }

  hosts(key: number): readonly number[] {
    const hosts: number[] = [];
    for (let machine = 0; machine * this.keys < this.replicas.length; machine++) {
      if (this.replica(machine, key) !== undefined) hosts.push(machine);
    }
    return hosts;
  }

  apply(record: TraceRecord): void {
    this.index = record.index;
    this.time = record.time;
    switch (record.event) {
      case 'phase':
        this.phase = record.phase;
        break;
      case 'fault-began':
        this.faults = [
          ...this.faults,
          { strike: record.strike, since: record.time, targets: membersOf(record.targets) },
        ];
        break;
      case 'fault-ended':
        this.faults = this.faults.filter((fault) => fault.strike !== record.strike);
        break;
      case 'process-started':
      case 'process-killed':
      case 'power-lost':
      case 'paused':
      case 'resumed':
        this.applyToMachine(record);
        break;
      case 'broker-registered':
      case 'broker-fenced':
        this.setMachine(record.broker, { fenced: true });
        break;
      case 'broker-unfenced':
        this.setMachine(record.broker, { fenced: false });
        break;
      case 'partition-changed': {
        const { leader, leaderEpoch, partitionEpoch } = record;
        this.decisions[record.key] = { leader, leaderEpoch, partitionEpoch, isr: membersOf(record.isr) };
        break;
      }
      case 'elected':
        this.decisions[record.key] = {
          ...this.decision(record.key),
          leader: record.leader,
          leaderEpoch: record.leaderEpoch,
        };
        break;
      default:
        this.applyToReplica(record);
    }
  }

  private applyToMachine(
    record: Extract<TraceRecord, { event: 'process-started' | 'process-killed' | 'power-lost' | 'paused' | 'resumed' }>,
  ): void {
    switch (record.event) {
      case 'process-started':
        this.setMachine(record.machine, {
          running: true,
          paused: false,
          powered: true,
          incarnation: record.incarnation,
        });
        break;
      case 'process-killed':
        this.setMachine(record.machine, { running: false, paused: false });
        this.stopReplicas(record.machine);
        break;
      case 'power-lost':
        this.setMachine(record.machine, { running: false, paused: false, powered: false });
        this.stopReplicas(record.machine);
        break;
      case 'paused':
        this.setMachine(record.machine, { paused: true });
        break;
      case 'resumed':
        this.setMachine(record.machine, { paused: false });
        break;
    }
  }

  private applyToReplica(record: TraceRecord): void {
    const old = this.replica(record.machine, record.key) ?? newReplica;
    switch (record.event) {
      case 'append':
        this.setReplica(record, { log: old.log.append(record.offset, record.leaderEpoch, record.value) });
        break;
      case 'truncate':
        this.setReplica(record, { log: old.log.cutTo(record.logEnd) });
        break;
      case 'compacted':
        this.setReplica(record, { log: old.log.without(record.offset) });
        break;
      case 'log-gap':
        this.setReplica(record, { log: old.log.skipTo(record.to) });
        break;
      case 'data-lost':
        if (record.reason !== CORRUPT) this.setReplica(record, { log: old.log.cutTo(record.firstOffset) });
        break;
      case 'log-loaded':
        this.setReplica(record, {
          log: old.log.cutTo(record.logEnd),
          logStart: 0,
          highWatermark: record.highWatermark,
        });
        break;
      case 'log-start':
        this.setReplica(record, { logStart: record.logStart });
        break;
      case 'replica-deleted':
        this.setReplica(record, newReplica);
        break;
      case 'replica-offline': {
        const { log, logStart, highWatermark } = old;
        this.setReplica(record, { ...newReplica, log, logStart, highWatermark });
        break;
      }
      case 'high-watermark':
        this.setReplica(record, { highWatermark: record.highWatermark });
        break;
      case 'become-leader':
        this.setReplica(record, {
          role: 'leader',
          leaderEpoch: record.leaderEpoch,
          leader: record.machine,
          isr: membersOf(record.isr),
          pendingIsr: null,
          followerEnds: record.leaderEpoch === old.leaderEpoch ? old.followerEnds : newReplica.followerEnds,
        });
        break;
      case 'become-follower':
        this.setReplica(record, {
          ...newReplica,
          log: old.log,
          logStart: old.logStart,
          highWatermark: old.highWatermark,
          role: 'follower',
          leaderEpoch: record.leaderEpoch,
          leader: record.leader,
        });
        break;
      case 'isr-pending':
        this.setReplica(record, { pendingIsr: membersOf(record.isr) });
        break;
      case 'isr-not-attempted':
        this.setReplica(record, { pendingIsr: null });
        break;
      case 'isr-adopted':
        this.setReplica(record, { isr: membersOf(record.isr), pendingIsr: null });
        break;
      case 'follower-fetched':
        this.setReplica(record, {
          followerEnds: new Map(old.followerEnds).set(record.follower, record.fetchOffset),
        });
        break;
    }
  }

  private setMachine(machine: number, change: Partial<MachineState>): void {
    this.machines[machine] = { ...this.machine(machine), ...change };
  }

  private setReplica(place: { machine: number; key: number }, change: Partial<ReplicaState>): void {
    if (place.key < 0 || place.machine < 0) return;
    const slot = place.machine * this.keys + place.key;
    while (this.replicas.length <= slot) this.replicas.push(undefined);
    this.replicas[slot] = { ...(this.replicas[slot] ?? newReplica), ...change };
  }

  /** A process is gone, and with it all that it believed; its logs lie on disk. */
  private stopReplicas(machine: number): void {
    for (let key = 0; key < this.keys; key++) {
      const old = this.replica(machine, key);
      if (old === undefined) continue;
      this.setReplica(
        { machine, key },
        {
          ...newReplica,
          log: old.log,
          logStart: old.logStart,
          highWatermark: old.highWatermark,
        },
      );
    }
  }
}
