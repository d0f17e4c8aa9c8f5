/**
 * A server's disk: its log of transactions, and the two epochs that Zab needs to survive (FileTxnLog, acceptedEpoch,
 * currentEpoch). The log is never cut short by snapshots: it is the whole history.
 *
 * forceSync=yes: what is acknowledged is durable. Transactions that come while an fsync runs share the next one
 * (SyncRequestProcessor).
 */
import { ENTRY_OK, type Disk, type File, type IoResult } from '../../../../kernel/disk.js';
import type { Host } from '../../../../kernel/process.js';
import type { Transaction } from './operations.js';

const LOG = 'zookeeper/version-2/log';
const ACCEPTED_EPOCH = 'zookeeper/version-2/acceptedEpoch';
const CURRENT_EPOCH = 'zookeeper/version-2/currentEpoch';
const TRANSACTION_BYTES = 120;
const EPOCH_BYTES = 8;

export class TransactionLog {
  /** In the order of their zxids; as on the disk, what is not yet durable included. */
  readonly transactions: Transaction[] = [];
  /** Everything up to here is durable. */
  durableZxid = 0;
  acceptedEpoch = 0;
  currentEpoch = 0;
  private readonly host: Host;
  private readonly file: File;
  /** Kind of the fsync's completion. */
  private readonly flushed: number;
  private isFlushing = false;
  /** What the fsync under way covers; -1: the log was cut meanwhile, and it proves nothing of what came after. */
  private flushingZxid = 0;

  constructor(host: Host, flushed: number) {
    this.host = host;
    this.flushed = flushed;
    this.file = host.disk.open(LOG);
  }

  /** A torn or corrupt entry ends what can be read; it and all behind it are cut off. */
  recover(): void {
    const { disk } = this.host;
    while (this.transactions.length < this.file.length && this.file.state(this.transactions.length) === ENTRY_OK) {
      this.transactions.push(this.file.read(this.transactions.length) as Transaction);
    }
    this.check(this.file.truncate(this.transactions.length));
    this.syncNow();
    this.acceptedEpoch = readEpoch(disk, ACCEPTED_EPOCH);
    this.currentEpoch = readEpoch(disk, CURRENT_EPOCH);
  }

  get lastZxid(): number {
    return this.transactions.length === 0 ? 0 : this.transactions[this.transactions.length - 1].zxid;
  }

  append(transaction: Transaction): void {
    if (transaction.zxid <= this.lastZxid) throw new Error('zxids grow along the log');
    this.transactions.push(transaction);
    this.check(this.file.append(transaction, TRANSACTION_BYTES));
    this.flush();
  }

  /** @returns whether the durable part grew */
  onFlushed(outcome: IoResult): boolean {
    this.check(outcome);
    const covered = this.flushingZxid;
    this.isFlushing = false;
    this.flush();
    if (covered <= this.durableZxid) return false;
    this.durableZxid = covered;
    return true;
  }

  /** What a new leader does not know of was never committed. */
  truncate(zxid: number): void {
    const length = this.indexAfter(zxid);
    if (length === this.transactions.length) return;
    this.transactions.length = length;
    this.check(this.file.truncate(length));
    this.flushingZxid = -1;
    this.syncNow();
  }

  /** Index of the first transaction after this zxid. */
  indexAfter(zxid: number): number {
    let index = this.transactions.length;
    while (index > 0 && this.transactions[index - 1].zxid > zxid) index--;
    return index;
  }

  acceptEpoch(epoch: number): void {
    this.acceptedEpoch = epoch;
    this.check(this.host.disk.replace(ACCEPTED_EPOCH, { epoch }, EPOCH_BYTES));
  }

  enterEpoch(epoch: number): void {
    this.currentEpoch = epoch;
    this.check(this.host.disk.replace(CURRENT_EPOCH, { epoch }, EPOCH_BYTES));
  }

  /** In this event: cutting is rare, and what was cut must not come back. */
  private syncNow(): void {
    this.check(this.file.fsyncNow());
    this.durableZxid = this.lastZxid;
  }

  private flush(): void {
    if (this.isFlushing || this.lastZxid === this.durableZxid) return;
    this.isFlushing = true;
    this.flushingZxid = this.lastZxid;
    this.file.fsync(this.flushed, 0);
  }

  /** A server that cannot write its log ends itself (ZooKeeperCriticalThread). */
  private check(outcome: IoResult): void {
    if (outcome !== 'ok') this.host.die('halt');
  }
}

function readEpoch(disk: Disk, path: string): number {
  return disk.exists(path) ? (disk.open(path).read(0) as { readonly epoch: number }).epoch : 0;
}
