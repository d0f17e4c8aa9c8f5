/** Traces by hand in which producers write transactions, and coordinators decide them. */
import { TraceScript } from './script.js';

/** The states of a transaction, as `transaction-pending` and `transaction-changed` number them. */
export const State = { empty: 0, ongoing: 1, prepareCommit: 2, prepareAbort: 3, completeCommit: 4, completeAbort: 5 };
/** Values of markers: any that no workload sends. */
export const COMMIT = -3;
export const ABORT = -2;
/** A producer id that a coordinator knows. */
export const PRODUCER = 100;
/** The partition of __transaction_state, and who leads it. */
const STATE_KEY = 1;
const COORDINATOR = 2;
/** Machines behind the three brokers: a consumer that reads committed records alone, and one that reads all. */
export const COMMITTED = 4;
export const UNCOMMITTED = 5;

/** b1 leads orders-0; b2 coordinates. */
export class TransactionScript extends TraceScript {
  constructor() {
    super({ settings: { 'c0:isolation.level': 'read_committed', 'c1:isolation.level': 'read_uncommitted' } });
    const { machines } = this.trace.header;
    const consumers = ['c0', 'c1'].map((name) => ({ name, roles: ['consumer'] }));
    this.trace.header = { ...this.trace.header, machines: [...machines, ...consumers] };
    this.lead(1, [1, 2, 3]);
  }

  /** The producer has this epoch from now on. */
  learn(epoch: number, producerId = PRODUCER): this {
    return this.emit('producer-id-learnt', 9, -1, producerId, epoch);
  }

  /** A leader appends a batch of one record, on all followers and committed unless told otherwise. */
  write(leader: number, value: number, sequence: number, producerId = PRODUCER, commits = true): this {
    const offset = this.logs[leader]!.length;
    this.append(leader, value).emit('batch-appended', leader, 0, offset, offset, producerId, sequence);
    return commits ? this.commit(leader, ...[1, 2, 3].filter((broker) => broker !== leader)) : this;
  }

  /** A leader appends a marker. */
  mark(leader: number, value: typeof COMMIT | typeof ABORT, producerId = PRODUCER, commits = true, epoch = 0): this {
    const offset = this.logs[leader]!.length;
    const committed = value === COMMIT ? 1 : 0;
    this.append(leader, value).emit('transaction-marker', leader, 0, offset, producerId, epoch, committed);
    return commits ? this.commit(leader, ...[1, 2, 3].filter((broker) => broker !== leader)) : this;
  }

  /** The coordinator begins to write a state. */
  begin(state: number, epoch = 0, producerId = PRODUCER, coordinatorEpoch = 0): this {
    return this.emit('transaction-pending', COORDINATOR, STATE_KEY, producerId, epoch, state, coordinatorEpoch);
  }

  /** It writes it, and applies it. */
  change(state: number, epoch = 0, producerId = PRODUCER, coordinatorEpoch = 0): this {
    this.begin(state, epoch, producerId, coordinatorEpoch);
    return this.emit('transaction-changed', COORDINATOR, STATE_KEY, producerId, epoch, state, coordinatorEpoch);
  }

  /** A broker answers a consumer with what stands in [from, to). */
  serve(broker: number, from: number, to: number, consumer: number): this {
    return this.emit('read-served', broker, 0, from, to, to, consumer);
  }
}
