/** Keyed sends to the input topics, and groups that make of each record another one in the last topic, in transactions. */
import { queue, type QueueParameters } from './queue.js';
import type { Workload } from './workload.js';

export const pipeline: Workload<QueueParameters> = {
  name: 'pipeline',
  sentence:
    'Producers send records to every topic but the last; the members of consumer groups make of each of them a record in the last topic, and commit both in transactions (consume, transform, produce).',
  arbitrary: (shape) => queue.arbitrary(shape),
  expand: (parameters, shape, stream) => queue.expand(parameters, shape, stream),
};
