/** harrow/vitest: a campaign as one ordinary test of vitest. */
import { dirname, relative } from 'node:path';
import { test } from 'vitest';
import { parseSeeds } from '../commands/seeds.js';
import { assertCampaign, CampaignFailure, type CampaignOptions, type Draw } from '../own/assert-campaign.js';

export type { CampaignOptions } from '../own/assert-campaign.js';
export type * from '../own/clients.js';
export type { Order } from '../own/draws.js';
export { KafkaError, OutsideWorldError, WorkloadError } from '../own/errors.js';
export { CampaignFailure };

export interface VitestCampaignOptions<D extends Draw> extends Omit<CampaignOptions<D>, 'folder'> {
  /** Of the test, milliseconds. Left out: enough for all seeds and for shrinking. */
  readonly timeout?: number;
}

/** A failing campaign is shrunk within this. */
const SHRINKING_MILLIS = 120_000;
const SEED_MILLIS = 2_000;

/**
 * Registers one test of this name, with a time-out of its own. A spec's path is relative to the file of the test.
 * HARROW_SEED=117 runs that seed alone.
 */
export function campaign<D extends Draw = Record<never, never>>(name: string, options: VitestCampaignOptions<D>): void {
  const { timeout, ...rest } = options;
  const place = new Error(name);
  Error.captureStackTrace(place, campaign);
  const seeds = parseSeeds(String(options.seeds ?? 100)).length;
  test(name, { timeout: timeout ?? SHRINKING_MILLIS + seeds * SEED_MILLIS }, async ({ task, annotate }) => {
    const file = task.file.filepath;
    const command = `npx vitest run ${relative(process.cwd(), file)} -t ${shellWord(escaped(name))}`;
    try {
      const { words } = await assertCampaign(name, { ...rest, folder: dirname(file) }, { env: process.env, command });
      await annotate(words, 'harrow');
    } catch (error) {
      throw shownAt(error, place);
    }
  });
}

/** The place where the campaign stands says more than that where it was run. */
function shownAt(error: unknown, place: Error): unknown {
  if (!(error instanceof Error)) return error;
  const frames = (place.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  if (error instanceof CampaignFailure) error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}

/** -t takes a regular expression. */
function escaped(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
