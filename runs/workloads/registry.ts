/** All workloads. To add one: a file here and a line. */
import { append } from './append.js';
import { compacted } from './compacted.js';
import { own } from './own.js';
import { pipeline } from './pipeline.js';
import { queue } from './queue.js';
import { streams } from './streams.js';
import { transactions } from './transactions.js';
import type { Workload } from './workload.js';

const workloads: ReadonlyMap<string, Workload> = new Map([
  [append.name, append as Workload],
  [own.name, own as Workload],
  [queue.name, queue as Workload],
  [pipeline.name, pipeline as Workload],
  [streams.name, streams as Workload],
  [transactions.name, transactions as Workload],
  [compacted.name, compacted as Workload],
]);

/** Throws if there is none of this name: the spec was checked before. */
export function workloadNamed(name: string): Workload {
  const workload = workloads.get(name);
  if (workload === undefined) throw new Error(`unknown workload ${name}`);
  return workload;
}
