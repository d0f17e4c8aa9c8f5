/** How fast the kernel is when those who live in it do nothing. */
import type { Connection } from '../../model/kernel/network.js';
import { Process, type Host, type Message } from '../../model/kernel/process.js';
import { createStream } from '../../model/kernel/random.js';
import { createWorld, type World } from '../../model/kernel/world.js';
import { cpuMicrosSince } from './calibration.js';
import type { BenchRow } from './main.js';

const EVENTS = 1_000_000;
const ROUNDS = 5;
/** DESIGN, Speed: events per CPU-second with empty handlers, with as many pending as a trial has. */
const BOUND = 4_000_000;

export function benchKernel(): BenchRow[] {
  return [
    row('kernel, empty handlers, 64 timers pending', BOUND, () => run(timerWorld(64))),
    row('kernel, empty handlers, 512 timers pending', BOUND, () => run(timerWorld(512))),
    row('kernel, empty handlers, 4,096 timers pending', null, () => run(timerWorld(4096))),
    row('kernel, yields, 64 pending', null, () => run(yieldWorld(64))),
    row('kernel, messages on 64 connections', null, () => run(messageWorld(64))),
    row('kernel, draws from a stream', null, draws),
  ];
}

/** The best of several rounds, after one that warms the code up. `work` returns how many events it ran. */
function row(measure: string, bound: number | null, work: () => number): BenchRow {
  work();
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.cpuUsage();
    const events = work();
    best = Math.max(best, (events * 1e6) / cpuMicrosSince(began));
  }
  return { measure, value: Math.round(best), unit: 'events/s', bound, atMost: false };
}

function run(world: World): number {
  const first = world.events;
  while (world.events - first < EVENTS) world.step();
  return EVENTS;
}

/** Lives on and does nothing. */
class Idle extends Process {
  start(): void {}
  onConnection(): void {}
  onConnected(): void {}
  onMessage(): void {}
  onBroken(): void {}
  onTimer(): void {}
}

/** Delays as a trial has them: most around a millisecond, some around ten, few in seconds. Drawn before the clock runs. */
const DELAYS = 4096;
const delays = drawDelays();

function drawDelays(): Int32Array {
  const dice = createStream('bench', 'delays');
  return Int32Array.from({ length: DELAYS }, () => {
    const kind = dice.int(100);
    if (kind < 80) return dice.between(50, 3_000);
    return kind < 95 ? dice.between(3_000, 30_000) : dice.between(100_000, 10_000_000);
  });
}

class Rearming extends Idle {
  pending = 0;
  private next = 0;

  override start(): void {
    for (let n = 0; n < this.pending; n++) this.onTimer();
  }

  override onTimer(): void {
    this.next = (this.next + 1) % DELAYS;
    this.host.timer(1, delays[this.next], 0);
  }
}

function timerWorld(pending: number): World {
  return worldOf((host) => {
    const process = new Rearming(host);
    process.pending = pending;
    return process;
  });
}

class Yielding extends Idle {
  pending = 0;

  override start(): void {
    for (let n = 0; n < this.pending; n++) this.onTimer();
  }

  override onTimer(): void {
    this.host.later(1, 0);
  }
}

function yieldWorld(pending: number): World {
  return worldOf((host) => {
    const process = new Yielding(host);
    process.pending = pending;
    return process;
  });
}

const SETUP_MICROS = 10_000_000;
const ball: Message = { kind: 1, bytes: 100 };

/** Returns whatever comes. */
class Echo extends Idle {
  override onMessage(connection?: Connection): void {
    connection!.send(ball);
  }
}

class Server extends Echo {
  connections = 0;

  override start(): void {
    for (let n = 0; n < this.connections; n++) this.host.net.connect(1, 0, SETUP_MICROS);
  }

  override onConnected(connection?: Connection): void {
    connection!.send(ball);
  }
}

function messageWorld(connections: number): World {
  const world = worldOf((host) => new Echo(host));
  const server = world.addMachine({
    name: 'b',
    program: (host) => {
      const process = new Server(host);
      process.connections = connections;
      return process;
    },
  });
  world.start(server);
  return world;
}

function worldOf(program: (host: Host) => Process): World {
  const world = createWorld({ seed: 'bench' });
  world.start(world.addMachine({ name: 'a', program }));
  return world;
}

function draws(): number {
  const dice = createStream('bench', 'draws');
  let sum = 0;
  for (let n = 0; n < EVENTS; n++) sum += dice.int(1000);
  if (sum === 0) throw new Error('a stream of zeros');
  return EVENTS;
}
