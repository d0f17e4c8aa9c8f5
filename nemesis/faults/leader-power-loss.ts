import fc from 'fast-check';
import type { Fault } from '../fault.js';
import { atMostWithoutPower, powerIsOn, type PowerLossParameters } from './power-loss.js';

/** The records that are nowhere but in the leader's page cache are lost with it. */
export const leaderPowerLoss: Fault<PowerLossParameters> = {
  name: 'leader-power-loss',
  sentence:
    'The leader of a partition loses power: of what it had not fsynced a drawn part is gone. It is started again later.',
  family: 'power',
  role: 'leader',
  harm: 'unsynced',
  delaysRequests: false,
  label: 'no power',
  hue: 310,
  parameters: [atMostWithoutPower()],
  arbitrary: (topology) => fc.record({ 'at-most': fc.constant(topology.brokers) }),
  available: (view, targets, parameters) => powerIsOn(view, targets, parameters['at-most']),
  begin(surface, targets) {
    for (const target of targets) surface.losePower(target);
  },
  say: () => 'loses power and is started again',
};
