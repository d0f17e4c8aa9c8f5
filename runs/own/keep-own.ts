/** What a failing campaign leaves behind, and the known failures that the next one runs first. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { renderTrialPage } from '../../histories/report/trial-page.js';
import { trialPageInput } from '../commands/pages.js';
import { loadKeptTrial, trialFiles } from '../commands/trial-files.js';
import { makeFolder } from '../files.js';
import { seedFileName } from '../store/campaign-folder.js';
import { writeWholeFolder } from '../store/atomic.js';
import { runTrial } from '../trial.js';
import type { Trial } from '../engine.js';
import type { ExaminedOwn } from './examine-own.js';

export interface Kept {
  /** Of the smallest trial; from the working folder. */
  readonly folder: string;
  readonly report: string;
  /** Runs it again without the code; null: it does not come out the same. */
  readonly replay: string | null;
}

/** Writes the smallest trial into .harrow/<campaign>/<seed>/, the one that it was shrunk from into original/ there. */
export async function keepOwn(root: string, campaign: string, seed: string, examined: ExaminedOwn): Promise<Kept> {
  const { original, smallest, finding } = examined;
  const path = join(root, '.harrow', campaign, seedFileName(seed));
  const folder = relative(process.cwd(), path) || '.';
  const replay = sameWithoutCode(smallest.trial) ? `npx harrow replay ${folder}` : null;
  const isShrunk = smallest !== original;
  const html = await renderTrialPage(
    trialPageInput(original.trial, {
      replay: replay ?? '',
      fix: finding.kind === 'anomaly' ? finding.fix : null,
      shrunk: isShrunk ? smallest.trial : null,
    }),
  );
  makeFolder(join(root, '.harrow', campaign));
  const before = isShrunk ? Object.entries(trialFiles(original.trial)) : [];
  writeWholeFolder(path, {
    ...trialFiles(smallest.trial),
    ...Object.fromEntries(before.map(([name, content]) => [`original/${name}`, content])),
    'report.html': html,
  });
  return { folder, report: join(folder, 'report.html'), replay };
}

/** The calls that were written down do it all again: what `harrow replay` will do. */
function sameWithoutCode({ spec, seed, plan, row }: Trial): boolean {
  return runTrial({ spec, seed, plan, variant: row.variant }).row.digest === row.digest;
}

export interface KnownFailure {
  /** From the working folder. */
  readonly file: string;
  readonly seed: string;
  readonly plan: Trial['plan'];
}

/** test/harrow-regressions/<campaign>/ */
export function regressionFolder(root: string, campaign: string): string {
  return join(root, 'test', 'harrow-regressions', campaign);
}

/** In the order of their names. @throws UsageError if one is no kept trial */
export function knownFailures(root: string, campaign: string): readonly KnownFailure[] {
  const folder = regressionFolder(root, campaign);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => {
    const path = join(folder, name);
    const { seed, plan } = loadKeptTrial(path);
    return { file: relative(process.cwd(), path), seed, plan };
  });
}

/** A name for a folder: "an-order-that-was-acknowledged-is-never-lost". */
export function folderNameOf(name: string): string {
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return words.slice(0, 80) || 'campaign';
}
