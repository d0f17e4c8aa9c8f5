/** Keyed sends to the input of a Kafka Streams application, which counts the records of each key. */
import { queue, type QueueParameters } from './queue.js';
import type { Workload } from './workload.js';

export const streams: Workload<QueueParameters> = {
  name: 'streams',
  sentence:
    'Producers send records to the first topic, and a Kafka Streams application counts the records of each key: its state is local, its changelog the second topic, and every new count goes to the third.',
  arbitrary: (shape) => queue.arbitrary(shape),
  expand: (parameters, shape, stream) => queue.expand(parameters, shape, stream),
};
