/**
 * W8, epochs never go back: a partition's leader epoch and partition epoch and a broker's epoch at the controller; the
 * leader epoch and partition epoch that one incarnation of a broker applies; the leader epochs of a log by offset.
 * A broker that restarts begins anew. Never licensed.
 */
import type { Invariant, InvariantContext } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const epochsMonotonic: Invariant = {
  id: 'W8',
  sentence: 'Epochs never go back: at the controller, within one incarnation of a broker, or by offset within a log.',
  on: [
    'partitionChanged',
    'becomeLeader',
    'becomeFollower',
    'append',
    'brokerRegistered',
    'controllerReady',
    'processStarted',
  ],
  create(context) {
    const epochs = new Epochs(context);
    const { kinds } = context.cluster;
    return {
      onProbe(kind, machine, key, a, b, _c, d) {
        if (kind === kinds.append) epochs.append(machine, key, a, b);
        else if (kind === kinds.partitionChanged) epochs.decide(key, b, d);
        else if (kind === kinds.becomeLeader || kind === kinds.becomeFollower) epochs.apply(machine, key, a, d);
        else if (kind === kinds.brokerRegistered) epochs.register(a, b);
        else if (kind === kinds.controllerReady) epochs.control(b);
        else epochs.restart(machine);
      },
    };
  },
};

interface Applied {
  leaderEpoch: number;
  partitionEpoch: number;
}

class Epochs {
  private readonly context: InvariantContext;
  private readonly decided: (Applied | undefined)[] = [];
  /** By machine, by key. */
  private readonly applied: (Applied | undefined)[][] = [];
  private readonly brokerEpochs: number[] = [];
  private controllerEpoch = -1;

  constructor(context: InvariantContext) {
    this.context = context;
  }

  append(machine: number, key: number, offset: number, leaderEpoch: number): void {
    const { cluster, facts } = this.context;
    if (offset === 0) return;
    const below = cluster.replica(machine, key).log.epochAt(offset - 1);
    if (leaderEpoch >= below) return;
    const place = placeWords(facts, key, offset);
    this.found(key, [offset], `${brokerWords(machine)} appended ${place} of epoch ${leaderEpoch} after epoch ${below}`);
  }

  decide(key: number, leaderEpoch: number, partitionEpoch: number): void {
    this.advance(this.decided, key, 'the controller', key, leaderEpoch, partitionEpoch);
  }

  apply(machine: number, key: number, leaderEpoch: number, partitionEpoch: number): void {
    const ofMachine = (this.applied[machine] ??= []);
    this.advance(ofMachine, key, brokerWords(machine), key, leaderEpoch, partitionEpoch);
  }

  register(broker: number, brokerEpoch: number): void {
    const before = this.brokerEpochs[broker] ?? -1;
    if (brokerEpoch < before) {
      this.found(-1, [], `the epoch of ${brokerWords(broker)} went back from ${before} to ${brokerEpoch}`);
    }
    this.brokerEpochs[broker] = brokerEpoch;
  }

  control(epoch: number): void {
    if (epoch < this.controllerEpoch) {
      this.found(-1, [], `the controller's epoch went back from ${this.controllerEpoch} to ${epoch}`);
    }
    this.controllerEpoch = epoch;
  }

  restart(machine: number): void {
    this.applied[machine] = [];
  }

  private advance(
    table: (Applied | undefined)[],
    at: number,
    who: string,
    key: number,
    leaderEpoch: number,
    partitionEpoch: number,
  ): void {
    const before = table[at];
    table[at] = { leaderEpoch, partitionEpoch };
    if (before === undefined) return;
    const what =
      leaderEpoch < before.leaderEpoch
        ? `leader epoch ${before.leaderEpoch} to ${leaderEpoch}`
        : partitionEpoch < before.partitionEpoch
          ? `partition epoch ${before.partitionEpoch} to ${partitionEpoch}`
          : null;
    if (what !== null) this.found(key, [], `${who} went back from ${what} of ${this.context.facts.keys[key]}`);
  }

  private found(key: number, offsets: readonly number[], story: string): void {
    this.context.found({ key, offsets, values: [], story });
  }
}
