/** A world in which everything happens: machines that talk to each other while they are damaged by a script. */
import fc from 'fast-check';
import type { Connection } from '../network.js';
import { message, Stage, type Actor, type Part } from './stage.js';

export const MACHINES = 3;

/** One thing done to the world, so long after the one before it. */
export interface Blow {
  readonly afterMicros: number;
  readonly what: (typeof blows)[number];
  /** Which machine, and which other. */
  readonly x: number;
  readonly y: number;
}

const blows = [
  'cut',
  'heal',
  'kill',
  'power loss',
  'start',
  'pause',
  'resume',
  'black hole',
  'black hole ends',
  'refuse',
  'refuse ends',
  'slow',
  'hold',
  'delay',
  'reset before',
  'rule ends',
  'reset',
  'close',
  'drift',
  'jump',
] as const;

export const anyScript: fc.Arbitrary<Blow[]> = fc.array(
  fc.record({
    afterMicros: fc.oneof(fc.nat(2_000), fc.nat(500_000)),
    what: fc.constantFrom(...blows),
    x: fc.integer({ min: 1, max: MACHINES }),
    y: fc.integer({ min: 1, max: MACHINES }),
  }),
  { maxLength: 30 },
);

const SEND = 1;
const RECONNECT = 2;
const READ_AGAIN = 3;
const YIELDED = 4;
const FSYNCED = 5;

/** One direction of a connection: what was written and what was read, in order. */
export interface Traffic {
  readonly sent: number[];
  readonly received: number[];
}

export class Chaos {
  readonly stage: Stage;
  /** By connection and sender. */
  readonly traffic = new Map<string, Traffic>();
  private readonly rules: number[] = [];
  private sending = true;

  constructor(seed: string) {
    this.stage = new Stage(seed);
    for (let id = 1; id <= MACHINES; id++) this.stage.cast(`m${id}`, this.part());
    for (let id = 1; id <= MACHINES; id++) this.stage.world.start(id);
  }

  run(script: readonly Blow[]): void {
    for (const blow of script) {
      this.stage.pass(blow.afterMicros);
      this.strike(blow);
    }
  }

  /** Ends all faults and lets everything that can still happen, happen. */
  healAll(): void {
    const { world } = this.stage;
    for (let x = 1; x <= MACHINES; x++) {
      for (let n = 0; n < 30; n++) {
        for (let y = 1; y <= MACHINES; y++) world.net.cut(x, y, false);
        world.net.blackHole(x, false);
        world.net.refuse(x, false);
      }
      world.start(x);
      world.resume(x);
    }
    this.sending = false;
    for (const rule of this.rules) world.net.dropRule(rule);
    this.stage.pass(200_000_000);
  }

  flow(connection: Connection, sender: number): Traffic {
    const key = `${connection.id} from ${sender}`;
    let traffic = this.traffic.get(key);
    if (traffic === undefined) {
      traffic = { sent: [], received: [] };
      this.traffic.set(key, traffic);
    }
    return traffic;
  }

  private part(): Part {
    return {
      start: (actor) => {
        for (let peer = 1; peer <= MACHINES; peer++) actor.connect(peer, 3_000_000);
        actor.host.timer(SEND, 10_000, 0);
        const file = actor.host.disk.open('log');
        file.append({}, 1);
        file.fsync(FSYNCED, 0);
      },
      message: (actor, connection, { kind }) => {
        this.flow(connection, connection.peer === actor.host.id ? -1 : connection.peer).received.push(kind);
        actor.host.later(YIELDED, 0);
        if (actor.host.dice('reading').chance(1, 10)) {
          connection.pauseReading();
          actor.host.timer(READ_AGAIN, 20_000, 0, connection);
        }
      },
      broken: (actor, connection) => actor.host.timer(RECONNECT, 50_000, connection.peer),
      timer: (actor, kind, arg, payload) => {
        if (kind === SEND) this.sendToAll(actor);
        if (kind === RECONNECT) actor.connect(arg, 3_000_000);
        if (kind === READ_AGAIN) (payload as Connection).resumeReading();
        if (kind === YIELDED) actor.host.disk.open('log').append({}, 1);
      },
    };
  }

  /** Sends on every connection, until all is healed. */
  private sendToAll(actor: Actor): void {
    if (!this.sending) return;
    const { host } = actor;
    const dice = host.dice('sending');
    for (const connection of actor.connections) {
      if (!connection.open || connection.peer === host.id) continue;
      const { sent } = this.flow(connection, host.id);
      for (let n = dice.int(3); n > 0; n--) {
        sent.push(sent.length);
        connection.send(message(sent.length - 1, dice.chance(1, 5) ? 150_000 : 100));
      }
    }
    host.disk.open('log').fsync(FSYNCED, 0);
    host.timer(SEND, dice.between(1_000, 200_000), 0);
  }

  private strike({ what, x, y }: Blow): void {
    const { world } = this.stage;
    const { net } = world;
    switch (what) {
      case 'cut':
        return net.cut(x, y, true);
      case 'heal':
        return net.cut(x, y, false);
      case 'kill':
        return world.kill(x);
      case 'power loss':
        return world.powerLoss(x);
      case 'start':
        return world.start(x);
      case 'pause':
        return world.pause(x);
      case 'resume':
        return world.resume(x);
      case 'black hole':
        return net.blackHole(x, true);
      case 'black hole ends':
        return net.blackHole(x, false);
      case 'refuse':
        return net.refuse(x, true);
      case 'refuse ends':
        return net.refuse(x, false);
      case 'slow':
        return net.slow(x, y, 1 + y * 10, 1000);
      case 'hold':
        return void this.rules.push(net.rule({ from: x, to: y, nth: 2 }, 'hold', 0));
      case 'delay':
        return void this.rules.push(net.rule({ from: x, kind: y }, 'delay', 30_000));
      case 'reset before':
        return void this.rules.push(net.rule({ to: x, nth: y }, 'reset-before', 0));
      case 'rule ends':
        return void net.dropRule(this.rules[x] ?? this.rules[0] ?? net.rule({ to: x }, 'hold', 0));
      case 'reset':
        return this.lastConnection(x)?.reset();
      case 'close':
        return this.lastConnection(x)?.close();
      case 'drift':
        return world.driftClock(x, y * 1000 - 2000);
      case 'jump':
        return world.jumpClock(x, y * 1_000_000 - 2_000_000);
    }
  }

  /** A process that is paused does nothing, so it closes nothing either. */
  private lastConnection(machine: number): Connection | undefined {
    const { world } = this.stage;
    if (!world.isRunning(machine) || world.isPaused(machine)) return undefined;
    return this.stage.actor(machine).connections.findLast((connection) => connection.open);
  }
}
