import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../histories/anomaly.js';
import { finalRead, historyOf, poll, send, txn } from '../../../histories/builders.js';
import { Licences } from '../licences.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

const KEY = 'orders-0';
const COMMIT = -3;
const ABORT = -2;
const PRODUCER = 100;
const settings = {
  acks: 'all',
  'transactional.id': 't',
  'isolation.level': 'read_committed',
  'unclean.leader.election.enable': true,
};

/** A script in which b1 leads and transactions write one record each. */
class Transactions extends TraceScript {
  constructor() {
    super({ settings });
    // The second is the coordinators' own.
    this.trace.header = { ...this.trace.header, keys: [...this.trace.header.keys, 'states-0'] };
    this.phase(1).lead(1, [1, 2, 3]);
  }

  /** A leader appends a record of a producer's transaction, on all followers and acknowledged unless told otherwise. */
  write(leader: number, value: number, producerId = PRODUCER, followers: readonly number[] = [2, 3]): this {
    const offset = this.logs[leader]!.length;
    this.append(leader, value).emit('batch-appended', leader, 0, offset, offset, producerId, 0);
    return this.commit(leader, ...followers).acknowledge(leader, offset);
  }

  /** The marker that ends it. */
  end(leader: number, value: number, producerId = PRODUCER, followers: readonly number[] = [2, 3]): this {
    const offset = this.logs[leader]!.length;
    this.append(leader, value).emit('transaction-marker', leader, 0, offset, producerId, 0, value === COMMIT ? 1 : 0);
    return this.commit(leader, ...followers).acknowledge(leader, offset);
  }

  /** b2, out of the ISR, is elected all the same: what only b1 and b3 have is lost. */
  uncleanly(): this {
    return this.elect(2, [2], 'unclean')
      .apply(2, 1, 3)
      .truncate(1, this.logs[2]!.length)
      .truncate(3, this.logs[2]!.length);
  }
}

const one = txn(send(KEY, 7).ok(0)).to(500_000);
const one7 = send(KEY, 7).ok(0);
const plain: Omit<Anomaly, 'type' | 'key' | 'values'> = {
  offsets: [],
  operations: [],
  events: [],
  at: Infinity,
  story: '',
  preventedBy: null,
};
const reads = (...records: readonly (readonly [number, number])[]) => [
  finalRead(KEY, 1, ...records).from(900_000),
  finalRead(KEY, 3, ...records).from(910_000),
];

describe('a transaction whose marker was lost by an unclean election, and its records not,', () => {
  const lost = () => new Transactions().write(1, 7).end(1, COMMIT, PRODUCER, [3]).uncleanly();

  it('hangs: its records, and all that stand behind them, are read by nobody', () => {
    const script = lost().write(2, 8, 200, [1, 3]).end(2, COMMIT, 200, [1, 3]).phase(3);
    const operations = [one, txn(send(KEY, 8).ok(1)).by('t1'), ...reads()];
    expect(judged(script, operations, 'unseen')).toEqual(['unclean-election']);
  });

  it('hangs no more once the same producer ends another there: what stands behind must be read', () => {
    const script = lost().write(2, 8, PRODUCER, [1, 3]).end(2, COMMIT, PRODUCER, [1, 3]);
    script.write(2, 9, 200, [1, 3]).end(2, COMMIT, 200, [1, 3]).phase(3);
    const operations = [one, send(KEY, 8).ok(1), send(KEY, 9).ok(3).by('t1'), ...reads([0, 7], [1, 8])];
    expect(judged(script, operations, 'unseen')).toEqual(['bug']);
  });

  it('ends as the next one of its producer does: aborted records are read, committed ones are not', () => {
    const committed = lost().write(2, 8, PRODUCER, [1, 3]).end(2, COMMIT, PRODUCER, [1, 3]).phase(3);
    const aborted = [txn(send(KEY, 7)).fail(), txn(send(KEY, 8).ok(1)), ...reads([0, 7], [1, 8])];
    expect(judged(committed, aborted, 'G1a')).toEqual(['unclean-election']);
    const later = lost().write(2, 8, PRODUCER, [1, 3]).end(2, ABORT, PRODUCER, [1, 3]).phase(3);
    expect(judged(later, [one, txn(send(KEY, 8)).fail(), ...reads()], 'unseen')).toEqual(['unclean-election']);
  });

  it('keeps the partition from being lively', () => {
    const script = lost();
    const stuck = script.stall([]);
    expect(judged(script, [one], 'stuck', [stuck])).toEqual(['unclean-election']);
  });
});

describe('a transaction whose marker every replica has', () => {
  const kept = () => new Transactions().write(1, 7).end(1, COMMIT);

  it('must be read, and what stands behind it', () => {
    const script = kept().write(1, 8, 200).end(1, COMMIT, 200).phase(3);
    const operations = [one, txn(send(KEY, 8).ok(2)).by('t1'), ...reads()];
    expect(judged(script, operations, 'unseen')).toEqual(['bug']);
  });

  it('must not be read if it was aborted', () => {
    const script = new Transactions().write(1, 7).end(1, ABORT).phase(3);
    expect(judged(script, [txn(send(KEY, 7)).fail(), ...reads([0, 7])], 'G1a')).toEqual(['bug']);
  });

  it('keeps no partition from being lively', () => {
    const script = kept();
    expect(judged(script, [one], 'stuck', [script.stall([])])).toEqual(['bug']);
  });
});

describe('a transaction of which the coordinator has lost what it knew', () => {
  const STATE = 1;
  /** The coordinator writes of the producer on b1 and b3; b2 is elected there, cleanly or not, without it. */
  const forgotten = (reason: 0 | 1) => {
    const script = new Transactions()
      .emit('elected', 0, STATE, 1, 1, -1, 0)
      .emit('become-leader', 1, STATE, 1, 0, 14, 1);
    script.emit('transaction-pending', 1, STATE, PRODUCER, 0, 1, 1).emit('append', 1, STATE, 0, 1, -11, 1);
    script.emit('append', 3, STATE, 0, 1, -11, 0).emit('high-watermark', 1, STATE, 1, 0, 1, 1);
    script.write(1, 7);
    return script.emit('elected', 0, STATE, 2, 2, 1, reason).emit('become-leader', 2, STATE, 2, 0, 4, 2);
  };

  it('hangs, by the licence of that loss', () => {
    const script = forgotten(1);
    expect(judged(script, [one], 'stuck', [script.stall([])])).toEqual(['unclean-election']);
  });
  it.each(['W14', 'W15', 'W16'])('%s, what it does against its own rules, is licensed by it', (type) => {
    const found: Anomaly = { ...plain, type, key: STATE, values: [] };
    const licenceIn = (script: Transactions, one: Anomaly) =>
      new Licences(historyOf([one7], script.header, [KEY, 'state-0']), script.trace).of(one)?.licence.row ?? null;
    expect(licenceIn(forgotten(1), found)).toBe('unclean-election');
    expect(licenceIn(forgotten(0), found)).toBeNull();
    expect(licenceIn(forgotten(1), { ...found, key: 0 })).toBeNull();
    // A marker in a partition tells of the transaction by its records.
    expect(licenceIn(forgotten(1), { ...found, key: 0, values: [7] })).toBe('unclean-election');
    expect(licenceIn(forgotten(0), { ...found, key: 0, values: [7] })).toBeNull();
  });
  it.each(['G1c', 'torn-transaction', 'ctp-duplicate'])('%s, of an operation that sent a record of it, too', (type) => {
    const found: Anomaly = { ...plain, type, key: -1, values: [], operations: [1] };
    const operations = [finalRead(KEY, 1), txn(poll(KEY, [4, 9]), send(KEY, 7).ok(0))];
    const licenceIn = (script: Transactions, one: Anomaly) =>
      new Licences(historyOf(operations, script.header, [KEY, 'state-0']), script.trace).of(one)?.licence.row ?? null;
    expect(licenceIn(forgotten(1), found)).toBe('unclean-election');
    expect(licenceIn(forgotten(0), found)).toBeNull();
    expect(licenceIn(forgotten(1), { ...found, operations: [0] })).toBeNull();
  });
  it('must not hang if nothing licensed that loss', () => {
    const script = forgotten(0);
    expect(judged(script, [one], 'stuck', [script.stall([])])).toEqual(['bug']);
  });
});

describe('a transaction of which one record was deleted by policy', () => {
  const torn = (script: TraceScript) =>
    judged(
      script.phase(3),
      [txn(send(KEY, 7).ok(0), send(KEY, 8).ok(1)), send(KEY, 9).ok(3), ...reads([1, 8], [3, 9])],
      'torn-transaction',
    );
  const written = () => new Transactions().write(1, 7).write(1, 8).end(1, COMMIT).write(1, 9).end(1, COMMIT);

  it('is read in part', () => {
    const script = written();
    for (const broker of [1, 2, 3]) script.emit('log-start', broker, 0, 1, 0, 0);
    expect(torn(script)).toEqual(['deleted-by-policy']);
  });
  it('must be read whole where nothing was deleted', () => {
    expect(torn(written())).toEqual(['bug']);
  });
});
