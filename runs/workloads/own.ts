/** What a function of the user's own does, in a test: here it is only drawn when it is called. */
import type { Arbitrary } from 'fast-check';
import { append, sendSteps, type AppendParameters } from './append.js';
import type { Workload } from './workload.js';

export const own: Workload<AppendParameters> = {
  name: 'own',
  sentence: 'A function in a test of yours (harrow/vitest) is called again and again over the whole safety phase.',
  arbitrary: (shape) => append.arbitrary(shape) as Arbitrary<AppendParameters>,
  expand: (parameters, shape, stream) =>
    sendSteps(parameters, shape, stream).map(({ at, client, value }) => ({ at, client, f: 'own', by: value })),
};
