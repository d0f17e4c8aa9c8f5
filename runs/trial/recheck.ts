/** --paranoid: after every event the invariants are checked from scratch, and must say the same as those that go along. */
import { Recheck, type Disagreement, type InvariantOptions } from '../../checkers/kafka/api.js';
import { HarrowFailure } from '../engine.js';
import type { Stage } from './stage.js';

/**
 * Wires the second check into a world. It throws a `HarrowFailure` at the first event about which the two differ: one of
 * them is wrong, and with it Harrow.
 */
export function recheckEvents(
  { input, system, world, recorder }: Pick<Stage, 'input' | 'system' | 'world' | 'recorder'>,
  options: InvariantOptions,
): Recheck {
  const recheck = new Recheck(system.view(), system.probes, options);
  world.probes.listen(recheck.kinds, recheck);
  world.watchEvents(() => {
    const [first] = recheck.afterEvent();
    if (first === undefined) return;
    const event = `event ${world.events} of seed ${input.seed}, ${world.now} us, trace record ${recorder.record}`;
    throw new HarrowFailure(sayDisagreement(first, event));
  });
  return recheck;
}

function sayDisagreement({ id, partition, invariants, fromScratch }: Disagreement, event: string): string {
  const what = partition === null ? id : `${id} of ${partition}`;
  return `Two checks of the invariant ${what} differ at ${event}. Along the way: ${invariants}. From scratch: ${fromScratch}.`;
}
