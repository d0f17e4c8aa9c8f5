import fc from 'fast-check';
import { allRunning, others, type Fault, type Parameters } from '../fault.js';

interface ResponseLostParameters extends Parameters {
  /** Which response to each client is lost, counted from the beginning of the fault. */
  readonly nth: number;
}

/** The classical duplicate: the request was carried out, and its client cannot know. */
export const responseLost: Fault<ResponseLostParameters> = {
  name: 'response-lost',
  sentence: 'A leader carries a request out, but the connection is reset before its response arrives.',
  family: 'network',
  role: 'leader',
  harm: 'nothing',
  delaysRequests: true,
  label: 'no response',
  hue: 148,
  parameters: [
    {
      name: 'nth',
      sentence: 'Which response to each client is lost, from the beginning of the fault on.',
      range: [1, 1_000_000],
    },
  ],
  arbitrary: () => fc.record({ nth: fc.integer({ min: 1, max: 10 }) }),
  available: allRunning,
  begin(surface, targets, parameters) {
    for (const target of targets) {
      for (const client of others(surface, targets, 'client')) {
        surface.resetBefore({ from: target, to: client, nth: parameters.nth });
      }
    }
  },
  say: (parameters) => `loses its response number ${parameters.nth} to each client, with the connection`,
};
