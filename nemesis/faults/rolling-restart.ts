import fc from 'fast-check';
import type { Fault, Parameters } from '../fault.js';
import { beginRound, proceedRound, type Round } from '../round-of-restarts.js';

interface RollingParameters extends Parameters {
  readonly how: 'graceful' | 'kill';
  /** How long each broker stays down, milliseconds. */
  readonly 'down-ms': number;
}

/** An upgrade or a change of settings, as operators do it: one broker after the other, the next when every ISR is whole. */
export const rollingRestart: Fault<RollingParameters> = {
  name: 'rolling-restart',
  sentence: 'The brokers are restarted one by one, each after every ISR is whole again.',
  family: 'process',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: false,
  label: 'restarts',
  hue: 20,
  parameters: [
    { name: 'how', sentence: 'graceful or kill: by controlled shutdown, or by kill -9.', oneOf: ['graceful', 'kill'] },
    { name: 'down-ms', sentence: 'How long each broker stays down, milliseconds.', range: [1, 3_600_000] },
  ],
  arbitrary: () =>
    fc.record({ how: fc.constantFrom('graceful', 'kill'), 'down-ms': fc.integer({ min: 50, max: 4_000 }) }),
  available: (view) => view.whole(),
  touches: (view) => view.machines('broker'),
  begin(surface, targets) {
    const brokers = surface.machines('broker');
    const first = Math.max(0, brokers.indexOf(targets[0]));
    const order = brokers.map((_, i) => brokers[(first + i) % brokers.length]);
    surface.state = beginRound(surface, order);
  },
  proceed(surface, parameters) {
    return proceedRound(surface, surface.state as Round, parameters.how, parameters['down-ms'] * 1_000);
  },
  say: (parameters) =>
    `and then every other broker is ${parameters.how === 'kill' ? 'killed' : 'shut down'} and started again, one by one`,
};
