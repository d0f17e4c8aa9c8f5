/** Where the replicas of a new topic go: over racks in turn, and over the brokers of each rack in turn. (StripedReplicaPlacer) */
import type { Stream } from '../../../kernel/random.js';

export interface UsableBroker {
  readonly id: number;
  readonly rack: string | null;
  readonly fenced: boolean;
}

/**
 * Assignments for `partitions` partitions, each a list of brokers headed by the preferred leader, which is unfenced.
 * @throws if there are fewer brokers than replicas, or none is unfenced
 */
export function placeReplicas(
  brokers: readonly UsableBroker[],
  partitions: number,
  replicationFactor: number,
  dice: Stream,
): number[][] {
  if (replicationFactor > brokers.length) {
    throw new Error(`replication factor ${replicationFactor} needs more than ${brokers.length} brokers`);
  }
  const stripes = new Stripes(brokers, dice);
  return Array.from({ length: partitions }, () => stripes.next(replicationFactor));
}

/** Brokers of one rack that are alike, given out from a random start; each round starts one further. */
class BrokerRing {
  private brokers: number[];
  private round = 0;
  private given = 0;
  private offset: number;

  constructor(brokers: readonly number[], dice: Stream) {
    this.brokers = brokers.toSorted((a, b) => a - b);
    this.offset = brokers.length === 0 ? 0 : dice.int(brokers.length);
  }

  /** The next broker of this round, or -1 when all were given out. */
  next(round: number): number {
    const size = this.brokers.length;
    if (size === 0) return -1;
    if (this.round !== round) {
      this.round = round;
      this.given = 0;
      this.offset = (this.offset + 1) % size;
    }
    if (this.given >= size) return -1;
    return this.brokers[(this.given++ + this.offset) % size];
  }

  shuffle(dice: Stream): void {
    this.brokers = dice.shuffle(this.brokers);
  }
}

interface Rack {
  readonly unfenced: BrokerRing;
  readonly fenced: BrokerRing;
}

class Stripes {
  private readonly dice: Stream;
  private readonly unfencedCount: number;
  private racks: Rack[];
  private round = 0;
  private offset: number;

  constructor(brokers: readonly UsableBroker[], dice: Stream) {
    this.dice = dice;
    this.unfencedCount = brokers.filter((broker) => !broker.fenced).length;
    if (this.unfencedCount === 0) throw new Error('a new partition needs an unfenced broker to lead it');
    this.racks = rackNames(brokers).map((name) => {
      const members = brokers.filter((broker) => broker.rack === name);
      const ring = (fenced: boolean): BrokerRing =>
        new BrokerRing(
          members.filter((broker) => broker.fenced === fenced).map((broker) => broker.id),
          dice,
        );
      return { fenced: ring(true), unfenced: ring(false) };
    });
    this.offset = dice.int(this.racks.length);
  }

  /** The assignment of the next partition. */
  next(replicationFactor: number): number[] {
    // After as many partitions as there are brokers the pattern would repeat: stir it.
    if (this.round === this.unfencedCount && this.unfencedCount > 1) this.shuffle();
    const first = this.nextLeader();
    const assignment = [first.broker];
    // The rack that gave the leader is passed over once, so that the second replica comes from the next.
    let passOver = first.rack;
    let rack = this.offset;
    while (assignment.length < replicationFactor) {
      if (rack === passOver) {
        passOver = -1;
      } else {
        const broker = this.nextOf(this.racks[rack]);
        if (broker >= 0) assignment.push(broker);
      }
      rack = (rack + 1) % this.racks.length;
    }
    this.round++;
    this.offset = (this.offset + 1) % this.racks.length;
    return assignment;
  }

  private nextLeader(): { rack: number; broker: number } {
    let rack = this.offset;
    for (;;) {
      const broker = this.racks[rack].unfenced.next(this.round);
      if (broker >= 0) return { rack, broker };
      rack = (rack + 1) % this.racks.length;
    }
  }

  private nextOf(rack: Rack): number {
    const unfenced = rack.unfenced.next(this.round);
    return unfenced >= 0 ? unfenced : rack.fenced.next(this.round);
  }

  private shuffle(): void {
    this.round = 0;
    this.racks = this.dice.shuffle(this.racks);
    for (const rack of this.racks) {
      rack.unfenced.shuffle(this.dice);
      rack.fenced.shuffle(this.dice);
    }
  }
}

/** Sorted; brokers without a rack form one of their own, which comes first. */
function rackNames(brokers: readonly UsableBroker[]): (string | null)[] {
  const names = brokers.map((broker) => broker.rack);
  return [...new Set(names)].toSorted((a, b) => {
    if (a === b) return 0;
    if (a === null) return -1;
    if (b === null) return 1;
    return a < b ? -1 : 1;
  });
}
