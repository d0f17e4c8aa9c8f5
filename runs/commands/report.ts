/** harrow report: write the HTML page of a trial or a campaign again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Exit, type ExitCode } from '../outcome.js';
import { UsageError } from '../spec/problems.js';
import { writeWhole } from '../store/atomic.js';
import { isCampaignFolder, loadCampaign } from '../store/campaign-folder.js';
import { type Context, say } from './context.js';
import { trialPageInput } from './pages.js';
import { storedCampaignPage } from './stored-campaign.js';
import { keptSpecPath, loadKeptTrial } from './trial-files.js';

export async function report(context: Context, path: string, options: { out?: string }): Promise<ExitCode> {
  const written = isCampaignFolder(path)
    ? reportCampaign(context, path, options.out)
    : await reportTrial(context, path, options.out);
  say(context, written);
  return Exit.expected;
}

/** From the seed and the plan: the trial runs again, so the page shows what this version of Harrow sees. */
async function reportTrial(context: Context, path: string, out: string | undefined): Promise<string> {
  if (keptSpecPath(path) === null)
    throw new UsageError(`${path}: neither a kept trial (spec.yaml) nor a campaign (campaign.json)`);
  const run = (file: string): ReturnType<typeof context.engine.runTrial> => {
    const { spec, seed, plan } = loadKeptTrial(file);
    return context.engine.runTrial(spec, seed, plan);
  };
  const own = run(path);
  const before = join(path, 'original');
  const original = existsSync(before) ? run(before) : own;
  const replay = `npx harrow replay ${path}`;
  const shrunk = original === own ? null : own;
  const html = await context.pages.trial(trialPageInput(original, { replay, fix: null, shrunk }));
  const file = out ?? (keptSpecPath(path) === path ? path.replace(/\.ya?ml$/, '.html') : join(path, 'report.html'));
  writeWhole(file, html);
  return file;
}

function reportCampaign(context: Context, path: string, out: string | undefined): string {
  const stored = loadCampaign(path);
  const file = out ?? join(stored.path, 'report.html');
  writeWhole(file, context.pages.campaign(storedCampaignPage(stored)));
  return file;
}
