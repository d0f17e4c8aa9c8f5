/** Colours and marks of the terminal: colour is never alone. */
import pc from 'picocolors';
import type { Verdict } from '../../histories/anomaly.js';

export type Paint = ReturnType<typeof pc.createColors>;

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** NO_COLOR and FORCE_COLOR are heeded (picocolors); else colours are for terminals. */
export function paintFor(stream: TextStream, env: Readonly<Record<string, string | undefined>>): Paint {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const forbidden = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return pc.createColors(!forbidden && (forced || stream.isTTY === true));
}

export const noPaint: Paint = pc.createColors(false);

const verdictWords: Readonly<Record<Verdict, string>> = {
  clean: '✓ CLEAN',
  unsafe: '✗ UNSAFE',
  bug: '✗ KAFKA BUG',
  undecided: '? UNDECIDED',
};

export function verdictMark(verdict: Verdict, paint: Paint): string {
  const words = verdictWords[verdict];
  if (verdict === 'clean') return paint.bold(paint.green(words));
  return paint.bold(verdict === 'undecided' ? paint.yellow(words) : paint.red(words));
}
