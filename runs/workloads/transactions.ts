/** Transactions of several records from all producers over the whole phase, most of them committed, some aborted. */
import fc from 'fast-check';
import type { StepRecord } from '../../model/system.js';
import { append, sendSteps, type AppendParameters } from './append.js';
import type { Workload } from './workload.js';

export interface TransactionsParameters {
  /** When they begin, and what they write. */
  readonly append: AppendParameters;
  /** Records of the longest. */
  readonly mostRecords: number;
  /** Percent of all transactions that the application aborts. */
  readonly abortPercent: number;
}

export const transactions: Workload<TransactionsParameters> = {
  name: 'transactions',
  sentence:
    'Producers write records with keys acct-0, acct-1, ... in transactions over the whole safety phase, and abort some of them; no value is sent twice.',
  arbitrary: (shape) =>
    fc.record({
      append: append.arbitrary(shape) as fc.Arbitrary<AppendParameters>,
      mostRecords: fc.integer({ min: 1, max: 6 }),
      abortPercent: fc.constantFrom(0, 10, 10, 40),
    }),
  /** `sends` counts records, as everywhere. */
  expand(parameters, shape, stream) {
    const steps = sendSteps(parameters.append, shape, stream);
    const expanded = [];
    for (let first = 0; first < steps.length;) {
      const size = 1 + stream.int(parameters.mostRecords);
      const [begin, ...others] = steps.slice(first, first + size);
      first += size;
      const more = others.map(({ topic, recordKey, value }): StepRecord => ({ topic, recordKey, value }));
      const end = stream.int(100) < parameters.abortPercent ? ('abort' as const) : ('commit' as const);
      expanded.push({ ...begin!, f: 'transaction' as const, more, end });
    }
    return expanded;
  },
};
