import fc from 'fast-check';
import type { Fault, FaultView, Parameters } from '../fault.js';
import type { MachineId } from '../../model/kernel/process.js';

export interface PowerLossParameters extends Parameters {
  /** Machines without power at one time. */
  readonly 'at-most': number;
}

/** What all faults that take a machine's power have in common, whomever they aim at. */
export const takingPower = {
  family: 'power',
  harm: 'unsynced',
  delaysRequests: false,
  label: 'no power',
  parameters: [
    { name: 'at-most', sentence: 'How many machines may be without power at one time.', range: [1, 30] as const },
  ],
  arbitrary: (topology) => fc.record({ 'at-most': fc.constant(topology.brokers) }),
  available: (view, targets, parameters) => powerIsOn(view, targets, parameters['at-most']),
  begin(surface, targets) {
    for (const target of targets) surface.losePower(target);
  },
  say: () => 'loses power and is started again',
} satisfies Partial<Fault<PowerLossParameters>>;

/** A broker flushes nothing on the produce path by default: what it acknowledged may be in its page cache alone. */
export const powerLoss: Fault<PowerLossParameters> = {
  ...takingPower,
  name: 'power-loss',
  sentence: 'A broker loses power: of what it had not fsynced a drawn part is gone. It is started again later.',
  role: 'broker',
  hue: 318,
};

/** A machine whose process is down can lose power too: its page cache still held what it had written. */
export function powerIsOn(view: FaultView, targets: readonly MachineId[], atMost: number): true | string {
  for (const target of targets) {
    if (!view.hasPower(target)) return `${view.name(target)} has no power`;
  }
  const without = view.machines('any').filter((machine) => !view.hasPower(machine)).length;
  if (without + targets.length <= atMost) return true;
  return `${without} without power already, at-most is ${atMost}`;
}
