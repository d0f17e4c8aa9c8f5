/** What happens to the nodes of a simulated quorum: drawn from one stream, each fault with an end. */
import type { EventHandler } from '../../../../../kernel/event-queue.js';
import type { MachineId } from '../../../../../kernel/process.js';
import type { Stream } from '../../../../../kernel/random.js';
import { FSYNC } from '../../../../../kernel/weather-tables.js';
import type { World } from '../../../../../kernel/world.js';

export const faultKinds = [
  'kill',
  'power-loss',
  'power-loss-of-all',
  'pause',
  'isolate',
  'cut',
  'one-way-cut',
  'split',
  'slow-disk',
  'slow-link',
  'reconfigure',
  'replace-disk',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultPlan {
  readonly kinds: readonly FaultKind[];
  /** Between one fault and the next, on average. */
  readonly everyMicros: number;
  readonly longestMicros: number;
}

/** What a quorum offers its faults. */
export interface Injured {
  readonly world: World;
  readonly nodes: readonly MachineId[];
  /** The nodes that believe that they lead. */
  leaders(): readonly MachineId[];
  /** Asks a leader for another set of voters. */
  reconfigure(dice: Stream): void;
  /** The node loses its power, and comes back with an empty disk. False: not now, it would be too much. */
  replaceDisk(node: MachineId): boolean;
}

type Undo = () => void;

const SLOWEST_DISK = 200;
/** An fsync that began on the slowest disk takes no longer, even if the disk is healed meanwhile: it was asked for then. */
export const LONGEST_FSYNC_MICROS = SLOWEST_DISK * FSYNC.reduce((longest, micros) => Math.max(longest, micros), 0);

export class Faults implements EventHandler {
  private readonly quorum: Injured;
  private readonly plan: FaultPlan;
  private readonly dice: Stream;
  private readonly inForce = new Set<Undo>();
  private isOver = false;

  constructor(quorum: Injured, plan: FaultPlan, dice: Stream) {
    this.quorum = quorum;
    this.plan = plan;
    this.dice = dice;
  }

  begin(): void {
    if (this.plan.kinds.length > 0) this.scheduleNext();
  }

  /** Ends all that is in force and everything to come; whoever is down is started. */
  heal(): void {
    this.isOver = true;
    for (const undo of this.inForce) undo();
    this.inForce.clear();
    for (const node of this.quorum.nodes) this.quorum.world.start(node);
  }

  onEvent(_kind: number, _a: number, payload: unknown): void {
    if (this.isOver) return;
    if (payload !== undefined) {
      const undo = payload as Undo;
      if (this.inForce.delete(undo)) undo();
      return;
    }
    this.strike();
    this.scheduleNext();
  }

  private scheduleNext(): void {
    const wait = 1 + this.dice.int(2 * this.plan.everyMicros);
    this.quorum.world.schedule(this.quorum.world.now + wait, this, 0, 0);
  }

  private strike(): void {
    const undo = this.inflict(this.dice.pick(this.plan.kinds));
    if (undo === null) return;
    this.inForce.add(undo);
    const { world } = this.quorum;
    world.schedule(world.now + 1 + this.dice.int(this.plan.longestMicros), this, 0, 0, undo);
  }

  private inflict(kind: FaultKind): Undo | null {
    const { world, nodes } = this.quorum;
    const node = this.target();
    switch (kind) {
      case 'kill':
        world.kill(node);
        return () => world.start(node);
      case 'power-loss':
        world.powerLoss(node);
        return () => world.start(node);
      case 'power-loss-of-all':
        for (const each of nodes) world.powerLoss(each);
        return () => {
          for (const each of nodes) world.start(each);
        };
      case 'pause':
        world.pause(node);
        return () => world.resume(node);
      case 'isolate':
        return this.cut(
          [node],
          nodes.filter((other) => other !== node),
          true,
        );
      case 'cut':
        return this.cut([node], [this.dice.pick(nodes)], true);
      case 'one-way-cut': {
        const others = this.dice.chance(1, 2) ? nodes.filter((other) => other !== node) : [this.dice.pick(nodes)];
        return this.dice.chance(1, 2) ? this.cut([node], others, false) : this.cut(others, [node], false);
      }
      case 'split': {
        const shuffled = this.dice.shuffle(nodes);
        const size = 1 + this.dice.int(Math.max(1, nodes.length - 1));
        return this.cut(shuffled.slice(0, size), shuffled.slice(size), true);
      }
      case 'slow-disk':
        world.diskFaults(node).slow(this.dice.between(2, SLOWEST_DISK));
        return () => world.diskFaults(node).slow(1);
      case 'slow-link': {
        const peer = this.dice.pick(nodes);
        world.net.slow(node, peer, this.dice.between(2, 1000), 0);
        return () => world.net.slow(node, peer, 1, 0);
      }
      case 'reconfigure':
        this.quorum.reconfigure(this.dice);
        return null;
      case 'replace-disk':
        return this.quorum.replaceDisk(node) ? () => world.start(node) : null;
    }
  }

  /** As often as not a leader. */
  private target(): MachineId {
    const leaders = this.quorum.leaders();
    return leaders.length > 0 && this.dice.chance(1, 2) ? this.dice.pick(leaders) : this.dice.pick(this.quorum.nodes);
  }

  private cut(from: readonly MachineId[], to: readonly MachineId[], bothWays: boolean): Undo {
    this.turn(from, to, bothWays, true);
    return () => this.turn(from, to, bothWays, false);
  }

  private turn(from: readonly MachineId[], to: readonly MachineId[], bothWays: boolean, on: boolean): void {
    const { net } = this.quorum.world;
    for (const a of from) {
      for (const b of to) {
        if (a === b) continue;
        net.cut(a, b, on);
        if (bothWays) net.cut(b, a, on);
      }
    }
  }
}
