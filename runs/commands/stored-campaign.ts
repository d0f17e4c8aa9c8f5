/** A stored campaign as the input of its page: totals are taken again from trials.jsonl. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CampaignPageInput } from '../../histories/report/campaign-page.js';
import type { CampaignEnd } from '../engine.js';
import { outcomeOf } from '../outcome.js';
import { type LoadedSpec, loadSpec } from '../spec/load.js';
import { UsageError } from '../spec/problems.js';
import type { StoredCampaign } from '../store/campaign-folder.js';
import { totalsOf } from '../totals.js';
import { campaignPageInput } from './campaign-page.js';

interface StoredSpec {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly spec: string;
}

export function storedCampaignPage(stored: StoredCampaign): CampaignPageInput {
  const { summary, rows, path } = stored;
  const file = join(path, 'campaign.json');
  const specs = summary['specs'] as readonly StoredSpec[] | undefined;
  if (typeof summary['base'] !== 'string' || !Array.isArray(specs))
    throw new UsageError(`${file}: damaged: it has no specs`);
  const read = (text: string): LoadedSpec => loadSpec({ input: file, text });
  const ended = (summary['ended'] === 'running' ? 'interrupted' : summary['ended']) as CampaignEnd['ended'];
  const seeds = [...new Set(rows.map((row) => row.seed))].sort(bySeed);
  const variants = specs.map(({ name, settings, spec: text }, index) => {
    const { spec } = read(text);
    const totals = totalsOf(
      rows.filter((row) => row.variant === index),
      seeds,
    );
    const outcome = outcomeOf(spec, totals, ended);
    return { variant: { name, settings, spec }, totals, outcome, told: [], attribution: new Map() };
  });
  const page = campaignPageInput(read(summary['base']), {
    folder: { id: String(summary['id']), path },
    variants,
    command: String(summary['command']),
  });
  return {
    ...page,
    causes: page.causes.map((cause) => ({ ...cause, href: keptPage(path, cause.seed, cause.variant) })),
  };
}

/** Numbers by value, other seeds by their text. */
function bySeed(a: string, b: string): number {
  const numbers = /^\d+$/.test(a) && /^\d+$/.test(b);
  return numbers ? Number(a) - Number(b) : a < b ? -1 : Number(a > b);
}

/** The page of a kept trial of this seed and variant, relative to the campaign's. */
function keptPage(path: string, seed: string, variant: string): string | null {
  const failures = join(path, 'failures');
  if (!existsSync(failures)) return null;
  const wanted = variant === '' ? seed : `${seed}--${variant}`;
  const found = readdirSync(failures).find((name) => decodeURIComponent(basename(name)) === wanted);
  return found === undefined ? null : `failures/${found}/report.html`;
}
