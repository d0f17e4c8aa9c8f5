#!/usr/bin/env node
/** The command `harrow`. */
import { availableParallelism } from 'node:os';
import { renderCampaignPage } from '../histories/report/campaign-page.js';
import { renderTrialPage } from '../histories/report/trial-page.js';
import { runCommandLine } from './cli.js';
import { Exit } from './outcome.js';
import { simulation } from './simulation.js';

/** The first Ctrl-C lets running trials finish and writes results; the second stops at once. */
const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(Exit.interrupted);
  stop.abort();
  process.stderr.write('\nfinishing the trials that run (Ctrl-C again stops at once)\n');
});

// A reader that has seen enough (`harrow replay --trace | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(Exit.expected);
  throw error;
});

process.exitCode = await runCommandLine({
  engine: simulation,
  pages: { trial: renderTrialPage, campaign: renderCampaignPage },
  stdout: process.stdout,
  stderr: process.stderr,
  argv: process.argv.slice(2),
  env: process.env,
  clock: () => performance.now(),
  cores: availableParallelism(),
  stop: stop.signal,
});
