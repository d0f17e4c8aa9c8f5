import fc from 'fast-check';
import type { Fault } from '../fault.js';
import { atMostWithoutPower, powerIsOn, type PowerLossParameters } from './power-loss.js';

/** Aimed at the hole that eligible leader replicas close (KIP-966): the frozen ISR of one. */
export const lastReplicaPowerLoss: Fault<PowerLossParameters> = {
  name: 'last-replica-power-loss',
  sentence:
    'When only one replica of a partition is left in sync, that one loses power: of what it had not fsynced a drawn part is gone.',
  family: 'power',
  role: 'sole-in-isr',
  harm: 'unsynced',
  delaysRequests: false,
  label: 'no power',
  hue: 304,
  parameters: [atMostWithoutPower()],
  arbitrary: (topology) => fc.record({ 'at-most': fc.constant(topology.brokers) }),
  available: (view, targets, parameters) => powerIsOn(view, targets, parameters['at-most']),
  begin(surface, targets) {
    for (const target of targets) surface.losePower(target);
  },
  say: () => 'loses power and is started again',
};
