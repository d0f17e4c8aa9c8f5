import fc from 'fast-check';
import { allRunning, others, type Fault, type Parameters } from '../fault.js';

interface SlowNetworkParameters extends Parameters {
  /** Times the usual latency. */
  readonly factor: number;
  /** Added at random, up to so much. */
  readonly 'jitter-ms': number;
}

/** Everything arrives, late: replicas fall behind and time-outs fire although nobody is gone. */
export const slowNetwork: Fault<SlowNetworkParameters> = {
  name: 'slow-network',
  sentence: 'Messages to and from a broker take many times longer than usual, and vary.',
  family: 'network',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: true,
  label: 'slow',
  hue: 168,
  parameters: [
    { name: 'factor', sentence: 'How many times the usual latency.', range: [1, 1_000_000] },
    { name: 'jitter-ms', sentence: 'Up to how much is added to each message, milliseconds.', range: [0, 3_600_000] },
  ],
  arbitrary: () =>
    fc.record({ factor: fc.integer({ min: 2, max: 500 }), 'jitter-ms': fc.integer({ min: 0, max: 2_000 }) }),
  available: allRunning,
  begin(surface, targets, parameters) {
    const jitterMicros = parameters['jitter-ms'] * 1_000;
    for (const target of targets) {
      for (const peer of others(surface, targets, 'broker', 'controller', 'client')) {
        surface.slowLink(target, peer, parameters.factor, jitterMicros);
        surface.slowLink(peer, target, parameters.factor, jitterMicros);
      }
    }
  },
  say: (parameters) => `has a network ${parameters.factor} times slower, with up to ${parameters['jitter-ms']} ms more`,
};
