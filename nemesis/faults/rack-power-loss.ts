import type { MachineId } from '../../model/kernel/process.js';
import type { Fault, FaultView } from '../fault.js';
import { powerIsOn, takingPower, type PowerLossParameters } from './power-loss.js';

/** What spreading replicas over racks is for: machines that share a power supply fail together. */
export const rackPowerLoss: Fault<PowerLossParameters> = {
  ...takingPower,
  name: 'rack-power-loss',
  sentence:
    'All brokers of a rack lose power at once: of what they had not fsynced a drawn part is gone. They are started again later.',
  role: 'broker',
  needs: 'racks',
  label: 'rack without power',
  hue: 326,
  available(view, targets, parameters) {
    const alone = targets.find((target) => view.rackOf(target).length === 0);
    if (alone !== undefined) return `${view.name(alone)} stands in no rack`;
    return powerIsOn(view, racksOf(view, targets), parameters['at-most']);
  },
  touches: racksOf,
  begin(surface, targets) {
    for (const machine of racksOf(surface, targets)) surface.losePower(machine);
  },
  say: () => 'and its whole rack lose power and are started again',
};

function racksOf(view: FaultView, targets: readonly MachineId[]): readonly MachineId[] {
  return targets.flatMap((target) => view.rackOf(target));
}
