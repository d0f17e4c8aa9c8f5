/** What a second worker is worth: trials per CPU-second with two workers, over those with one. */
import { runCampaign } from '../campaign.js';
import { cpuMicrosSince } from './calibration.js';
import type { BenchRow } from './main.js';
import { standardSpec } from './trials.js';

const SEEDS = 160;

export async function benchWorkers(): Promise<BenchRow[]> {
  const one = await trialsPerSecond(1);
  const two = await trialsPerSecond(2);
  return [
    {
      measure: 'efficiency of two workers',
      value: two.perCpuSecond / one.perCpuSecond,
      unit: 'x',
      bound: 0.85,
      atMost: false,
    },
    {
      measure: 'two workers over one, wall time',
      value: two.perSecond / one.perSecond,
      unit: 'x',
      bound: null,
      atMost: false,
    },
  ];
}

async function trialsPerSecond(workers: number): Promise<{ perCpuSecond: number; perSecond: number }> {
  const spec = standardSpec(2_000);
  const cpu = process.cpuUsage();
  const began = performance.now();
  await runCampaign(
    {
      base: spec,
      variants: [spec],
      seeds: Array.from({ length: SEEDS }, (_, i) => String(i)),
      timeBoundMillis: null,
      workers,
      bail: null,
      paranoid: false,
      stop: new AbortController().signal,
    },
    () => undefined,
  );
  return { perCpuSecond: SEEDS / (cpuMicrosSince(cpu) / 1e6), perSecond: (1000 * SEEDS) / (performance.now() - began) };
}
