/**
 * The three phases of a trial (DESIGN): safety, with faults; liveness, after a sufficient set was healed; the final
 * read, after everything was. Time is virtual; whoever waits looks again every POLL_MICROS.
 */
import type { MachineId } from '../../model/kernel/process.js';
import type { FinalReader, System } from '../../model/system.js';
import { KernelProbe } from '../../model/kernel/probes.js';
import type { World } from '../../model/kernel/world.js';

const POLL_MICROS = 50_000;

export const Phase = { safety: 1, liveness: 2, finalRead: 3 } as const;

/** Announces a phase, for trace and report. */
export function announce(world: World, phase: number): void {
  world.probes.emit(KernelProbe.phase, 0, -1, phase, 0, 0, 0);
}

/** Runs the world until the condition holds. True; or the last reason why it does not, once the bound has passed. */
export function waitUntil(world: World, boundMicros: number, condition: () => true | string): true | string {
  const deadline = world.now + boundMicros;
  for (;;) {
    const state = condition();
    if (state === true || world.now >= deadline) return state;
    world.runUntil(Math.min(deadline, world.now + POLL_MICROS));
  }
}

/** What a final read left out. */
export interface FinalReadEnd {
  /** Why some read could not be made; null: all were, but of replicas that no fail-over reaches. */
  readonly incomplete: string | null;
  /** Of stalled keys, the replicas that could not be elected: "b3 of orders-0". */
  readonly unreached: readonly string[];
}

/**
 * Moves leadership of every key to each of its replicas in turn, by clean election, and reads it there in full.
 * What a fail-over tomorrow would show is found today: of a stalled key each replica is read that can be elected, now or
 * once leadership has moved; no fail-over reaches the others.
 * @param stalled keys that did not settle after everything was healed
 */
export function readEveryReplica(
  world: World,
  system: System,
  boundMicros: number,
  stalled: ReadonlySet<number>,
): FinalReadEnd {
  const unread = system.keys().map((_, key) => [...system.replicas(key)]);
  for (;;) {
    const moves: Move[] = [];
    for (let key = 0; key < unread.length; key++) {
      const electable = system.electable(key);
      const to = unread[key]!.find((replica) => electable.includes(replica));
      if (to !== undefined) moves.push({ key, to });
    }
    if (moves.length === 0) break;
    const read = readRound(world, system, moves, boundMicros, stalled);
    if (read !== true) return { incomplete: read, unreached: [] };
    for (const { key, to } of moves) unread[key] = unread[key]!.filter((replica) => replica !== to);
  }
  const missed = unread.findIndex((replicas, key) => replicas.length > 0 && !stalled.has(key));
  const incomplete =
    missed < 0 ? null : `final read: b${unread[missed]![0]} cannot be elected for ${system.keys()[missed]}`;
  const unreached = unread.flatMap((replicas, key) =>
    replicas.map((replica) => `b${replica} of ${system.keys()[key]}`),
  );
  return { incomplete, unreached };
}

/**
 * What the final read left out, as far as nothing else says so: who requires that the cluster comes back is told that it
 * did not (stuck), whatever stands on the replicas that nobody could elect.
 */
export function leftOut({ incomplete, unreached }: FinalReadEnd, requirements: readonly string[]): readonly string[] {
  const reasons = incomplete === null ? [] : [incomplete];
  if (unreached.length === 0 || requirements.includes('writable-again')) return reasons;
  return [...reasons, `the final read did not reach what could not be elected: ${unreached.join(', ')}`];
}

interface Move {
  readonly key: number;
  readonly to: MachineId;
}

/** Each of these keys at one of its replicas: move, settle, read. */
function readRound(
  world: World,
  system: System,
  moves: readonly Move[],
  boundMicros: number,
  stalled: ReadonlySet<number>,
): true | string {
  for (const { key, to } of moves) if (!system.leads(key, to)) system.transferLeadership(key, to);
  const moved = waitUntil(world, boundMicros, () => {
    const missing = moves.find(({ key, to }) => !system.leads(key, to));
    return missing === undefined ? system.settled() : `b${missing.to} does not lead ${system.keys()[missing.key]} yet`;
  });
  if (moved !== true) {
    const missing = moves.find(({ key, to }) => !system.leads(key, to));
    const obstacle = system.settlingObstacles().find(({ key }) => !stalled.has(key));
    if (missing !== undefined) return `final read: b${missing.to} does not lead ${system.keys()[missing.key]}`;
    if (obstacle !== undefined) return `final read: ${obstacle.reason}`;
  }
  const readers: FinalReader[] = moves.map(({ key }) => system.finalRead(key));
  const done = waitUntil(world, boundMicros, () => {
    for (const reader of readers) {
      const state = reader.done();
      if (state !== true) return state;
    }
    return true;
  });
  return done === true ? true : `final read: ${done}`;
}
