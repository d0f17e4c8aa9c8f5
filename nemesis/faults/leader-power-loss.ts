import type { Fault } from '../fault.js';
import { takingPower, type PowerLossParameters } from './power-loss.js';

/** The records that are nowhere but in the leader's page cache are lost with it. */
export const leaderPowerLoss: Fault<PowerLossParameters> = {
  ...takingPower,
  name: 'leader-power-loss',
  sentence:
    'The leader of a partition loses power: of what it had not fsynced a drawn part is gone. It is started again later.',
  role: 'leader',
  hue: 310,
};
