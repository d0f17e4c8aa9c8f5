import type { Fault } from '../fault.js';
import { takingPower, type PowerLossParameters } from './power-loss.js';

/** Aimed at the hole that eligible leader replicas close (KIP-966): the frozen ISR of one. */
export const lastReplicaPowerLoss: Fault<PowerLossParameters> = {
  ...takingPower,
  name: 'last-replica-power-loss',
  sentence:
    'When only one replica of a partition is left in sync, that one loses power: of what it had not fsynced a drawn part is gone.',
  role: 'sole-in-isr',
  hue: 304,
};
