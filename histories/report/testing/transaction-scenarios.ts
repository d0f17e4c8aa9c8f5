/** Trials in which a late request does something to a transaction that it was not sent for, told step by step. */
import type { MicroOp } from '../../operation.js';
import { judge, type Scenario } from './scenarios.js';
import { ScriptedCluster } from './scripted-cluster.js';

const PRODUCER_ID = 1000;
const COORDINATOR = 3;
const [ONGOING, PREPARE_COMMIT, PREPARE_ABORT] = [1, 2, 3];

/** p0 writes in transactions to two partitions; the third broker coordinates them. */
class Transactions {
  readonly cluster = new ScriptedCluster({ acks: -1, partitions: 2, producers: 2 }).boot();

  begin(values: readonly number[]): number {
    const sends = values.map((value, key): MicroOp => ({ kind: 'send', key, offset: -1, value, recordKey: null }));
    return this.cluster.begin('p0', 'txn', sends);
  }

  decides(state: number): void {
    this.cluster.tick().emit('transaction-pending', COORDINATOR, -1, PRODUCER_ID, 0, state, 0);
  }

  appends(key: number, offset: number, value: number): void {
    this.cluster.tick().emit('append', 1 + key, key, offset, 1, value, 1);
    this.cluster.emit('batch-appended', 1 + key, key, offset, offset, PRODUCER_ID, offset);
  }

  marks(key: number, offset: number, committed: 0 | 1): void {
    this.cluster.tick().emit('transaction-marker', 1 + key, key, offset, PRODUCER_ID, 0, committed);
  }

  found(
    type: string,
    key: number,
    values: readonly number[],
    offsets: readonly number[],
    operations: number[],
  ): Scenario {
    const { cluster } = this;
    const judged = judge({ type, story: type, key, values, offsets, operations, at: cluster.now }, '');
    return {
      cluster,
      history: cluster.history,
      trace: cluster.trace,
      judged: { ...judged, judgement: 'bug', licence: null },
    };
  }
}

/** The commit of a first transaction arrives a second time, when half of the second is written. */
export function lateEndOfTransaction(): Scenario {
  const transactions = new Transactions();
  const { cluster } = transactions;
  const first = cluster
    .at(9)
    .fault('10.000 s  p0 has the next EndTxn request held up (4.000 s)', [cluster.machine('p0')]);
  cluster.at(12);
  transactions.decides(PREPARE_COMMIT);
  cluster.at(13);
  const operation = transactions.begin([7, 8]);
  transactions.decides(ONGOING);
  transactions.appends(0, 4, 7);
  cluster.at(14).heal(first);
  transactions.decides(PREPARE_COMMIT);
  transactions.marks(0, 5, 1);
  cluster.at(15).complete(operation, 'fail', -1, 'INVALID_TXN_STATE');
  return transactions.found('torn-transaction', 1, [7, 8], [4], [operation]);
}

/** A write arrives when its transaction has been aborted; its producer never comes back. */
export function hangingTransaction(): Scenario {
  const transactions = lateWrite();
  transactions.cluster.at(300);
  return transactions.found('stuck', 0, [], [], []);
}

/** The same, and p1's record behind it was acknowledged. */
export function recordBehindHangingTransaction(): Scenario {
  const transactions = lateWrite();
  const { cluster } = transactions;
  const operation = cluster
    .at(23)
    .begin('p1', 'send', [{ kind: 'send', key: 0, offset: -1, value: 9, recordKey: null }]);
  cluster.tick().emit('append', 1, 0, 6, 1, 9, 1);
  cluster.tick().emit('acknowledged', 1, 0, 6, 6, 1, -1);
  cluster.tick().complete(operation, 'ok', 6);
  cluster.at(300).emit('follower-fetched', 1, 0, 2, 7, 1);
  return transactions.found('unseen', 0, [9], [6], [operation]);
}

/** The same, but its producer is in its next transaction, which is committed. */
export function lateWriteOfTransaction(): Scenario {
  const transactions = lateWrite();
  transactions.marks(0, 6, 1);
  return transactions.found('G1a', 0, [7], [5], [0]);
}

function lateWrite(): Transactions {
  const transactions = new Transactions();
  const { cluster } = transactions;
  cluster.at(10);
  const operation = transactions.begin([7]);
  transactions.decides(ONGOING);
  const held = cluster.fault('10.000 s  p0 has the next Produce request held up (12.000 s)', [cluster.machine('p0')]);
  cluster.at(18);
  transactions.decides(PREPARE_ABORT);
  transactions.marks(0, 4, 0);
  cluster.at(18.1).complete(operation, 'fail', -1, 'TimeoutException: delivery.timeout.ms');
  cluster.at(22).heal(held);
  transactions.appends(0, 5, 7);
  return transactions;
}
