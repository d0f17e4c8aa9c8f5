/** Machines restarted one by one, as operators do it: the next when everything is whole again. */
import type { MachineId } from '../model/kernel/process.js';
import type { FaultSurface } from './fault.js';

export interface Round {
  readonly order: readonly MachineId[];
  next: number;
  step: 'stop' | 'stopping' | 'down' | 'returning';
  since: number;
}

const ASK_AGAIN_MICROS = 100_000;
/** An operator waits no longer than this for a shutdown, then kills; and until everything is whole, then goes on. */
const PATIENCE_MICROS = 60_000_000;

export function beginRound(surface: FaultSurface, order: readonly MachineId[]): Round {
  return { order, next: 0, step: 'stop', since: surface.now };
}

/**
 * One step for one machine.
 * @param whileDown what is done to a machine that has stopped
 * @returns microseconds until the next; 0: the round is over
 */
export function proceedRound(
  surface: FaultSurface,
  round: Round,
  how: 'graceful' | 'kill',
  downMicros: number,
  whileDown?: (machine: MachineId) => void,
): number {
  if (round.next >= round.order.length) return 0;
  const machine = round.order[round.next];
  const waited = surface.now - round.since;
  switch (round.step) {
    case 'stop':
      if (how === 'kill') surface.kill(machine);
      else surface.shutDown(machine);
      return enter(round, 'stopping', surface.now, 1);
    case 'stopping':
      if (surface.isRunning(machine) && waited < PATIENCE_MICROS) return ASK_AGAIN_MICROS;
      if (surface.isRunning(machine)) surface.kill(machine);
      return enter(round, 'down', surface.now, downMicros);
    case 'down':
      whileDown?.(machine);
      surface.startAgain(machine);
      return enter(round, 'returning', surface.now, ASK_AGAIN_MICROS);
    case 'returning':
      if (surface.whole() !== true && waited < PATIENCE_MICROS) return ASK_AGAIN_MICROS;
      round.next += 1;
      return round.next < round.order.length ? enter(round, 'stop', surface.now, 1) : 0;
  }
}

function enter(round: Round, step: Round['step'], now: number, afterMicros: number): number {
  round.step = step;
  round.since = now;
  return afterMicros;
}
