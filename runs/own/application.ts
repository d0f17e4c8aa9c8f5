/**
 * An application of the user's own: a function that is called again and again, as the plan says, and each time does with
 * the clients what it likes.
 *
 * Calls of it overlap, as requests to a service do; of a producer with transactional.id, which has one transaction at a
 * time, they follow each other. A call whose process is killed never goes on: its program is dead.
 */
import { createStream, type Stream } from '../../model/kernel/random.js';
import type { OwnStep } from '../../model/system.js';
import type { Plan } from '../../nemesis/plan.js';
import type { Guest } from '../drive/async.js';
import type { Spec } from '../spec/spec.js';
import type { Stage } from '../trial/stage.js';
import { Calls } from './calls.js';
import type { OwnContext } from './clients.js';
import { ClientFacades, type Asking } from './context.js';
import { drawFields, drawOrders, type AnyArbitrary, type Order } from './draws.js';
import { KafkaError, OutsideWorldError, WorkloadError } from './errors.js';
import { Invocation } from './invocation.js';
import { Sleepers } from './sleepers.js';
import { unwatched, type Watch } from './watch.js';

export interface OwnWorkload {
  readonly run: (context: never) => unknown;
  /** Fields of the context, drawn anew for each call. */
  readonly draw: Readonly<Record<string, AnyArbitrary>>;
  /** How many calls may be under way at one producer; null: any number, of a transactional one 1. */
  readonly concurrency: number | null;
}

/** The function threw something that Kafka's client did not. */
export interface Thrown {
  readonly error: unknown;
  /** Which call of the function it was. */
  readonly by: number;
  /** Virtual micros. */
  readonly at: number;
}

/** What became of the calls of the function. */
export interface Told {
  /** The first; null: none. */
  readonly thrown: Thrown | null;
  readonly returned: number;
  /** Ended by an error of Kafka's, by its name: the function did not catch it, and that is no failure. */
  readonly kafkaErrors: Readonly<Record<string, number>>;
}

export interface ApplicationInput extends Pick<Stage, 'world' | 'system' | 'cluster'> {
  readonly spec: Spec;
  readonly seed: string;
  readonly workload: OwnWorkload;
  /** When the function is called: steps of `f: own`. */
  readonly steps: Plan['workload'];
  /** When the safety phase began. */
  readonly from: number;
  readonly watch?: Watch;
}

/** Some code goes on without the world: a trial that is watched tells whether it waits for another call of the function, or outside. */
export class NeedsWatching extends Error {
  override readonly name = 'NeedsWatching';
}

/** A call of the function that calls so often without letting time pass calls for ever. */
const MOST_TURNS_AT_ONCE = 20_000;
const AT_ONCE_MICROS = 100_000;

/** Whose process is paused goes on after it; looked at again after so long. */
const PAUSED_MICROS = 10_000;

export class OwnApplication implements Guest, Asking {
  readonly #input: ApplicationInput;
  readonly #watch: Watch;
  readonly #calls: Calls;
  readonly #facades: ClientFacades;
  readonly #sleepers = new Sleepers();
  readonly #starts: readonly OwnStep[];
  #nextStart = 0;
  /** Starts that wait until their producer is free. */
  #queued: OwnStep[] = [];
  readonly #running = new Set<Invocation>();
  /** Something was done for them in this turn. */
  readonly #touched = new Set<Invocation>();
  readonly #fields: ReadonlyMap<string, readonly unknown[]>;
  readonly #orders: readonly Order[];
  #thrown: Thrown | null = null;
  #returned = 0;
  readonly #kafkaErrors: Record<string, number> = {};
  /** Some call of the function has gone with its process. */
  #hasKilled = false;
  #turns = 0;
  #turnsSince = 0;

  constructor(input: ApplicationInput) {
    this.#input = input;
    this.#watch = input.watch ?? unwatched;
    const { world, system, cluster, spec, seed, workload, from, steps } = input;
    this.#calls = new Calls({
      world,
      system,
      from,
      machines: system.clients,
      onNews: (by) => this.#touched.add(by),
      onKilled: (client) => this.#killed(client),
    });
    this.#facades = new ClientFacades(spec, cluster, system, this.#calls, this);
    this.#starts = steps.filter((step): step is OwnStep => step.f === 'own');
    const count = 1 + this.#starts.reduce((most, { by }) => Math.max(most, by), -1);
    this.#fields = drawFields(workload.draw, seed, count);
    this.#orders = drawOrders(seed, count, spec.workload.keys);
  }

  // ---------------------------------------------------------------------- as the driver sees it

  get hasNews(): boolean {
    return this.#touched.size > 0;
  }

  get callsAt(): number {
    return this.#calls.nextAt;
  }

  get wakesAt(): number {
    const start = this.#starts[this.#nextStart];
    return Math.min(this.#sleepers.nextAt, start === undefined ? Infinity : this.#input.from + start.at);
  }

  makeCalls(): void {
    this.#calls.makeDue();
  }

  wake(): void {
    const { now } = this.#input.world;
    this.#sleepers.wake(now);
    for (let start = this.#starts[this.#nextStart]; start !== undefined; start = this.#starts[this.#nextStart]) {
      if (this.#input.from + start.at > now) break;
      this.#nextStart++;
      if (this.#isFree(start.client)) this.#start(start);
      else this.#queued.push(start);
    }
  }

  afterTurn(): boolean {
    const touched = [...this.#touched];
    this.#touched.clear();
    this.#mustLetTimePass();
    if (touched.some((by) => by.state === 'running' && by.pending === 0)) this.#mustBeWatched();
    this.#lookOutside();
    this.#mustGoOn();
    this.#startQueued();
    return !(this.#thrown?.error instanceof WorkloadError);
  }

  /** The safety phase is over: whoever is not done never goes on. */
  end(): Told {
    this.#lookOutside();
    const [stopped] = [...this.#running].filter(({ pending }) => pending === 0);
    // Whoever waits for a lock waits for others, and some of those have come back.
    if (stopped !== undefined && this.#returned === 0) this.#waitsOutside(stopped);
    for (const by of this.#running) by.state = 'gone';
    this.#watch.end();
    return { thrown: this.#thrown, returned: this.#returned, kafkaErrors: this.#kafkaErrors };
  }

  /** The plan with what was done: it runs again without the function. */
  recorded(plan: Plan): Plan {
    return { ...plan, workload: this.#calls.made, own: this.#starts };
  }

  // ---------------------------------------------------------------------- calls of the function

  /** A client that is down or paused calls nothing. */
  #start({ by: number, client }: OwnStep): void {
    const { world, system, workload } = this.#input;
    const machine = system.clients[client]!;
    if (!world.isRunning(machine) || world.isPaused(machine)) return;
    const by = new Invocation(number, client);
    this.#running.add(by);
    this.#touched.add(by);
    const run = workload.run as (context: OwnContext) => unknown;
    const context = this.#contextOf(by);
    const ended = this.#watch.run(by, async () => run(context));
    ended.then(
      () => this.#returnedBy(by),
      (error: unknown) => this.#threw(by, error),
    );
  }

  #startQueued(): void {
    const waiting = this.#queued;
    this.#queued = [];
    for (const start of waiting) {
      if (this.#isFree(start.client)) this.#start(start);
      else this.#queued.push(start);
    }
  }

  #isFree(client: number): boolean {
    const { workload, cluster } = this.#input;
    const isTransactional = cluster.producers[client]!.settings['transactional.id'] !== undefined;
    const most = workload.concurrency ?? (isTransactional ? 1 : Infinity);
    if (most === Infinity) return true;
    let running = 0;
    for (const by of this.#running) if (by.client === client) running++;
    return running < most;
  }

  #returnedBy(by: Invocation): void {
    if (by.state === 'gone') return;
    this.#ends(by);
    this.#returned++;
  }

  #threw(by: Invocation, error: unknown): void {
    if (by.state === 'gone') return;
    this.#ends(by);
    if (error instanceof KafkaError && !error.isMisuse) {
      this.#kafkaErrors[error.name] = (this.#kafkaErrors[error.name] ?? 0) + 1;
    } else if (error instanceof WorkloadError) {
      this.#mistaken(error, by.number);
    } else {
      this.#thrown ??= { error, by: by.number, at: this.#input.world.now };
    }
  }

  #ends(by: Invocation): void {
    by.state = 'done';
    this.#running.delete(by);
  }

  #killed(client: number): void {
    for (const by of this.#running) {
      if (!by.uses.has(client)) continue;
      by.state = 'gone';
      this.#hasKilled = true;
      this.#running.delete(by);
      this.#touched.delete(by);
    }
  }

  // ---------------------------------------------------------------------- what it is given

  #contextOf(by: Invocation): OwnContext {
    const { world, seed } = this.#input;
    let dice: Stream | null = null;
    return {
      ...this.#facades.producersFor(by),
      ...this.#facades.consumersFor(by),
      sleep: (ms) => this.#sleep(by, ms),
      now: () => world.now / 1000,
      random: () => {
        dice ??= createStream(seed, `own/random/${by.number}`);
        return dice.int(0x100000000) / 0x100000000;
      },
      seed,
      number: by.number,
      order: this.#orders[by.number]!,
      ...Object.fromEntries([...this.#fields].map(([name, values]) => [name, values[by.number]])),
    };
  }

  promise<T>(by: Invocation, start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    by.pending++;
    const promise = new Promise<T>((resolve, reject) => {
      start(
        (value) => {
          by.pending--;
          resolve(value);
        },
        (error) => {
          by.pending--;
          reject(error);
        },
      );
    });
    // Whoever does not wait for it does not want to hear of its error either.
    promise.catch(() => undefined);
    return promise;
  }

  #sleep(by: Invocation, ms: number): Promise<void> {
    const { world } = this.#input;
    const micros = Math.max(1, Math.round(ms * 1000) || 0);
    return this.promise(by, (resolve) => {
      const wake = (): void => {
        if (by.state === 'gone') return;
        if (this.#isPaused(by)) {
          this.#sleepers.add(world.now + PAUSED_MICROS, wake);
          return;
        }
        resolve();
        this.#touched.add(by);
      };
      this.#sleepers.add(world.now + micros, wake);
    });
  }

  #isPaused(by: Invocation): boolean {
    const { world, system } = this.#input;
    return world.isPaused(system.clients[by.client]!);
  }

  // ---------------------------------------------------------------------- code that does not go on

  /** Somebody waits for nothing of the world's: for another call of the function perhaps, as with a lock. */
  #mustBeWatched(): void {
    if (this.#watch === unwatched) throw new NeedsWatching();
  }

  #lookOutside(): void {
    if (this.#watch === unwatched) return;
    for (const by of this.#running) {
      if (by.pending === 0 && this.#watch.outside(by) !== null) this.#waitsOutside(by);
    }
  }

  /** Somebody waits for something of the world's, if anybody waits; unless whom the others wait for was killed. */
  #mustGoOn(): void {
    if (this.#hasKilled) return;
    let stopped: Invocation | null = null;
    for (const by of this.#running) {
      if (by.pending > 0) return;
      stopped ??= by;
    }
    if (stopped !== null) this.#waitsOutside(stopped);
  }

  #waitsOutside(by: Invocation): void {
    const what = this.#watch.outside(by);
    const line = this.#watch.line(by);
    const error = new OutsideWorldError(
      `the workload waits for ${what ?? 'something'} outside the simulated world, where time stands still` +
        `${line === null ? '' : `\n    ${line}`}\n` +
        '  It may wait for its clients and for sleep(ms); what comes from elsewhere has to be there before campaign() runs.',
    );
    error.stack = [`${error.name}: ${error.message}`, ...(line === null ? [] : [`    ${line}`])].join('\n');
    this.#mistaken(error, by.number);
  }

  /** The first mistake in the code says more than what else was thrown, and ends it. */
  #mistaken(error: WorkloadError, by: number): void {
    if (this.#thrown?.error instanceof WorkloadError) return;
    this.#thrown = { error, by, at: this.#input.world.now };
  }

  #mustLetTimePass(): void {
    const { now } = this.#input.world;
    if (now - this.#turnsSince > AT_ONCE_MICROS) {
      this.#turnsSince = now;
      this.#turns = 0;
    }
    this.#turns++;
    if (this.#turns <= MOST_TURNS_AT_ONCE) return;
    const error = new OutsideWorldError(
      `the workload went on ${MOST_TURNS_AT_ONCE} times within ${AT_ONCE_MICROS / 1000} ms of virtual time: it loops without sleep(ms)`,
    );
    error.stack = `${error.name}: ${error.message}`;
    this.#mistaken(error, -1);
  }
}
