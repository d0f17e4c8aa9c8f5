/** What an operation may do: its `f`, in every file of this format, and so in everything that is recorded. */
import { kindOf } from './special-micro-ops.js';

/** Operations whose value is no list of micro-operations; Operation holds nothing of it. */
export const withoutMicroOps: ReadonlySet<string> = new Set(['crash', 'debug-topic-partitions', 'init-producer']);

/** `txn` is one transaction: ok committed, fail aborted. */
export const functions: ReadonlySet<string> = new Set([
  'send',
  'poll',
  'txn',
  ...Object.keys(kindOf),
  ...withoutMicroOps,
]);
