/**
 * W5, log matching: equal offset and leader epoch mean an equal record, on every replica and at all times; and below its
 * own high watermark every running replica holds what is committed.
 *
 *   b1  0=7@1 1=8@1 | high watermark 2
 *   b2  0=7@1 1=9@2 | high watermark 2 → they differ at offset 1
 *
 * A deposed leader's log may differ above its high watermark until it truncates; high watermarks may lag, and go back.
 */
import type { Breach, Invariant, InvariantContext } from './invariant.js';
import type { Replica } from './replica.js';
import { brokerWords, placeWords } from './words.js';

export const logMatching: Invariant = {
  id: 'W5',
  sentence:
    'Equal offset and leader epoch mean an equal record, and below their high watermarks replicas hold the same.',
  on: ['append', 'highWatermark', 'becomeLeader', 'becomeFollower'],
  create(context) {
    const sameEpoch = new SameEpochSameRecord(context);
    const { kinds } = context.cluster;
    return {
      onProbe(kind, machine, key, a, b, c, d) {
        if (kind === kinds.append) return sameEpoch.check(machine, key, a, b, c);
        const ofFollower = kind === kinds.becomeFollower || (kind === kinds.highWatermark && d !== 1);
        if (ofFollower) return checkReplica(context, context.cluster.replica(machine, key), key);
        // Of a leader, and what is committed moves: everybody is compared anew.
        for (const replica of context.cluster.partition(key).replicas) {
          if (replica !== undefined) checkReplica(context, replica, key);
        }
      },
    };
  },
};

function checkReplica(context: InvariantContext, replica: Replica, key: number): void {
  const { log, highWatermark, machine, leaderEpoch } = replica;
  // A broker that was started looks at its log once it is told of a role.
  if (leaderEpoch < 0 || !context.cluster.isRunning(machine)) return;
  const committed = context.committed.log(key);
  const start = context.committed.startFor(replica, key);
  const end = Math.min(highWatermark, log.end, committed.end);
  if (log.agreesBetween(start, end, committed)) return;
  for (const offset of log.stretchesLacking(committed, end, start)) {
    context.found(contradiction(context, replica, key, offset, committed.valueAt(offset)));
  }
}

function contradiction(
  { facts }: InvariantContext,
  { machine, log, highWatermark }: Replica,
  key: number,
  offset: number,
  committed: number,
): Breach {
  const held = log.isHole(offset) ? [] : [log.valueAt(offset)];
  const what = held.length === 0 ? 'nothing' : `value ${held[0]}`;
  const place = `${placeWords(facts, key, offset)} is ${what} on ${brokerWords(machine)}`;
  const story = `${place}, below its high watermark ${highWatermark}, and value ${committed} was committed there`;
  return { key, machine, offsets: [offset], values: [...held, committed], story };
}

/** What each (offset, leader epoch) held when it was first written. */
class SameEpochSameRecord {
  private readonly context: InvariantContext;
  private readonly written: FirstWritten[] = [];

  constructor(context: InvariantContext) {
    this.context = context;
  }

  check(machine: number, key: number, offset: number, leaderEpoch: number, value: number): void {
    const first = (this.written[key] ??= new FirstWritten()).write(offset, leaderEpoch, value);
    if (first === value) return;
    const place = placeWords(this.context.facts, key, offset);
    const story = `${place} of epoch ${leaderEpoch} was value ${first}, and ${brokerWords(machine)} appended value ${value}`;
    this.context.found({ key, offsets: [offset], values: [value, first], story });
  }
}

/** Almost every offset is written in one epoch: arrays hold the newest, a map the few that are older. */
class FirstWritten {
  private readonly epochs: number[] = [];
  private readonly values: number[] = [];
  private readonly older = new Map<string, number>();

  /** Returns what was first written there in this epoch: the value itself if it is the first. */
  write(offset: number, leaderEpoch: number, value: number): number {
    // Offsets may be skipped: an array with holes would be slow.
    while (this.epochs.length <= offset) {
      this.epochs.push(-1);
      this.values.push(-1);
    }
    const newest = this.epochs[offset]!;
    if (newest === leaderEpoch) return this.values[offset]!;
    if (newest > leaderEpoch) return this.writeOlder(offset, leaderEpoch, value);
    if (newest >= 0) this.older.set(`${offset} ${newest}`, this.values[offset]!);
    this.epochs[offset] = leaderEpoch;
    this.values[offset] = value;
    return value;
  }

  private writeOlder(offset: number, leaderEpoch: number, value: number): number {
    const name = `${offset} ${leaderEpoch}`;
    const first = this.older.get(name);
    if (first === undefined) this.older.set(name, value);
    return first ?? value;
  }
}
