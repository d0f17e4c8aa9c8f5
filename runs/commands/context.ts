/** What a command may touch: handed in, so that each can be tested without a terminal, a clock or a cluster. */
import type { CampaignPageInput } from '../../histories/report/campaign-page.js';
import type { TrialPageInput } from '../../histories/report/trial-page.js';
import type { Engine } from '../engine.js';
import { type Paint, paintFor, type TextStream } from '../reporters/paint.js';

export interface Context {
  readonly engine: Engine;
  readonly pages: {
    trial(input: TrialPageInput): Promise<string>;
    campaign(input: CampaignPageInput): string;
  };
  /** Results. */
  readonly stdout: TextStream;
  /** All else: progress, warnings, errors. */
  readonly stderr: TextStream;
  /** The words behind `harrow`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Wall time, milliseconds. */
  readonly clock: () => number;
  /** Cores that may be used. */
  readonly cores: number;
  /** Aborted by the first Ctrl-C. */
  readonly stop: AbortSignal;
}

export function say(context: Context, text: string): void {
  context.stdout.write(`${text}\n`);
}

export function sayAside(context: Context, text: string): void {
  context.stderr.write(`${text}\n`);
}

export function sayJson(context: Context, value: unknown): void {
  context.stdout.write(`${JSON.stringify(value)}\n`);
}

export function paintOf(context: Context): Paint {
  return paintFor(context.stdout, context.env);
}
