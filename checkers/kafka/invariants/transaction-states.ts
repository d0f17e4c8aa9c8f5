/**
 * What coordinators write of transactions, and what becomes of it in the partitions.
 *
 * W14, fencing: of a producer id nobody writes under an older epoch than before, neither a coordinator into its log nor a
 * leader by a marker into its own (TransactionMetadata.validProducerEpoch, ProducerAppendInfo.checkProducerEpoch; KIP-98).
 * W15, atomicity: a marker that ends a transaction says what its coordinator decided (KIP-98).
 * W16, the coordinator's machine: a state follows only those that it may follow (TransactionState.VALID_PREVIOUS_STATES).
 *
 * A change that was begun and not seen to be applied may have been replicated all the same: the next coordinator reads it.
 * One that a coordinator begins which was deposed, and has not heard of it, cannot be: it counts for nothing. It goes by the
 * cache that it had then, and its leader epoch is over.
 */
import { LogScans } from './producer-batches.js';
import type { Invariant, InvariantContext } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

const EMPTY = 0;
const ONGOING = 1;
const PREPARE_COMMIT = 2;
const PREPARE_ABORT = 3;
const COMPLETE_COMMIT = 4;
const COMPLETE_ABORT = 5;
const names = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'];

/** By state, those that it may follow. Since KIP-890 an abort of nothing is written too: it bumps the epoch. */
const predecessors: readonly number[] = [
  maskOf(EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT),
  maskOf(ONGOING, EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT),
  maskOf(ONGOING),
  maskOf(ONGOING, EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT),
  maskOf(PREPARE_COMMIT),
  maskOf(PREPARE_ABORT),
];

const COMMITTED = 2;
const ABORTED = 1;

/** By key: the newest coordinator epoch in which a change was applied. */
class CoordinatorEpochs {
  readonly #newest = new Map<number, number>();

  /** Of whoever begins to write, or has applied what it wrote: its successor has applied something already. */
  isDeposed(key: number, coordinatorEpoch: number): boolean {
    return coordinatorEpoch < (this.#newest.get(key) ?? coordinatorEpoch);
  }

  /** By one that is not deposed. */
  applied(key: number, coordinatorEpoch: number): void {
    this.#newest.set(key, coordinatorEpoch);
  }
}

export const coordinatorStates: Invariant = {
  id: 'W16',
  sentence: "A transaction's state follows only one that it may follow.",
  on: ['transactionPending', 'transactionChanged'],
  create({ cluster, found }) {
    const { kinds } = cluster;
    const epochs = new CoordinatorEpochs();
    const possible = new Map<number, number>();
    return {
      onProbe(kind, machine, key, producerId, _epoch, state, coordinatorEpoch) {
        if (epochs.isDeposed(key, coordinatorEpoch)) return;
        if (kind === kinds.transactionChanged) epochs.applied(key, coordinatorEpoch);
        const before = possible.get(producerId);
        if (kind === kinds.transactionChanged) possible.set(producerId, maskOf(state));
        else possible.set(producerId, (before ?? 0) | maskOf(state));
        if (kind === kinds.transactionChanged || before === undefined || (before & predecessors[state]!) !== 0) return;
        const states = names.filter((_, one) => (before & maskOf(one)) !== 0).join(' or ');
        const story = `${brokerWords(machine)} begins to write ${names[state]} of producer ${producerId}, whose transaction is ${states}`;
        found({ key, offsets: [], values: [], story });
      },
    };
  },
};

export const producerFencing: Invariant = {
  id: 'W14',
  sentence: 'Of a producer id nothing is written under an older epoch than before: by coordinators, or by markers.',
  on: ['transactionPending', 'transactionChanged', 'transactionMarker'],
  create({ cluster, facts, found }) {
    const { kinds } = cluster;
    const epochs = new CoordinatorEpochs();
    const ofCoordinator = new Map<number, number>();
    /** By key and producer id: the newest marker's place and epoch. */
    const markers = new Map<
      string,
      { readonly offset: number; readonly leaderEpoch: number; readonly epoch: number }
    >();
    return {
      onProbe(kind, machine, key, a, b, c, d) {
        if (kind !== kinds.transactionMarker && epochs.isDeposed(key, d)) return;
        if (kind === kinds.transactionChanged) {
          epochs.applied(key, d);
          ofCoordinator.set(a, Math.max(b, ofCoordinator.get(a) ?? b));
        } else if (kind === kinds.transactionPending) {
          const newest = ofCoordinator.get(a) ?? b;
          if (b >= newest) return;
          const story = `${brokerWords(machine)} begins to write of producer ${a} in epoch ${b}, after epoch ${newest}`;
          found({ key, offsets: [], values: [], story });
        } else {
          const { log } = cluster.replica(machine, key);
          const name = `${key}|${b}`;
          const before = markers.get(name);
          markers.set(name, { offset: a, leaderEpoch: log.epochAt(a), epoch: c });
          const holdsBoth = before !== undefined && log.epochAt(before.offset) === before.leaderEpoch;
          if (!holdsBoth || c >= before.epoch) return;
          const story = `${brokerWords(machine)} appended a marker of producer ${b} in epoch ${c} at ${placeWords(facts, key, a)}, behind one in epoch ${before.epoch}`;
          found({ key, offsets: [a], values: [log.valueAt(a)], story });
        }
      },
    };
  },
};

export const transactionAtomicity: Invariant = {
  id: 'W15',
  sentence: 'A marker that ends a transaction says what its coordinator decided of it.',
  on: ['transactionPending', 'transactionChanged', 'transactionMarker', 'truncate', 'dataLost', 'logLoaded'],
  create(context) {
    const { kinds } = context.cluster;
    const scans = new LogScans();
    /** By producer id: the decisions that may be in force of its transaction, COMMITTED, ABORTED or both. */
    const decisions = new Map<number, number>();
    return {
      onProbe(kind, machine, key, a, b, c, d) {
        if (kind === kinds.transactionMarker) {
          checkMarker(context, scans, machine, key, a, b, d, decisions.get(b) ?? 0);
        } else if (kind === kinds.transactionPending || kind === kinds.transactionChanged) {
          decide(decisions, a, c, kind === kinds.transactionChanged);
        } else scans.of(machine, key).forget();
      },
    };
  },
};

/** What was decided stays so until another decision is in force, or another transaction has begun. */
function decide(decisions: Map<number, number>, producerId: number, state: number, applied: boolean): void {
  const decision = state === PREPARE_COMMIT ? COMMITTED : state === PREPARE_ABORT ? ABORTED : 0;
  const before = decisions.get(producerId) ?? 0;
  if (applied && state === ONGOING) decisions.set(producerId, 0);
  else if (applied && decision !== 0) decisions.set(producerId, decision);
  else decisions.set(producerId, before | decision);
}

/** A marker for a transaction without records here ends nothing. */
function checkMarker(
  { cluster, facts, found }: InvariantContext,
  scans: LogScans,
  machine: number,
  key: number,
  offset: number,
  producerId: number,
  committed: number,
  decisions: number,
): void {
  const { log } = cluster.replica(machine, key);
  const scan = scans.of(machine, key);
  scan.to(offset, log, cluster.partition(key).batches);
  const openFrom = scan.producers.get(producerId)?.openFrom ?? -1;
  if (openFrom < 0) return;
  if ((decisions & (committed === 1 ? COMMITTED : ABORTED)) !== 0) return;
  const what =
    decisions === 0 ? 'of which nothing was decided' : `which was ${committed === 1 ? 'aborted' : 'committed'}`;
  const story = `${brokerWords(machine)} ended the transaction that begins at ${placeWords(facts, key, openFrom)} with a marker at ${offset} that says ${committed === 1 ? 'committed' : 'aborted'}, ${what}`;
  found({ key, offsets: [openFrom], values: [log.valueAt(openFrom)], story });
}

function maskOf(...states: readonly number[]): number {
  return states.reduce((mask, state) => mask | (1 << state), 0);
}
