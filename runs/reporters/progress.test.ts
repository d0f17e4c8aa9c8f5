import { describe, expect, it } from 'vitest';
import { lostRow, seedsTo, trialRow } from '../testing/rows.js';
import { lineProgress, liveProgress, type ProgressInput } from './progress.js';

/** A stream that keeps what is written, and a clock that a test moves. */
function setting(trials: number): { input: ProgressInput; written: string[]; time: { now: number } } {
  const written: string[] = [];
  const time = { now: 0 };
  const stream = { write: (text: string) => written.push(text), columns: 80 };
  return { input: { stream, trials, workers: 2, clock: () => time.now }, written, time };
}

describe('progress in lines', () => {
  it('is said for every tenth of the way', () => {
    const { input, written, time } = setting(200);
    const progress = lineProgress(input);
    for (const seed of seedsTo(200)) {
      time.now += 10;
      progress.trial(seed === '30' ? lostRow(seed) : trialRow(seed));
    }
    expect(written).toHaveLength(10);
    expect(written[0]).toBe('  20/200  10 %  100 trials/s  2 workers  0 failed\n');
    expect(written[9]).toBe('  200/200  100 %  100 trials/s  2 workers  1 failed\n');
  });

  it('is said after ten seconds, however little was done', () => {
    const { input, written, time } = setting(1000);
    const progress = lineProgress(input);
    progress.trial(trialRow('1'));
    time.now = 10_000;
    progress.trial(trialRow('2'));
    expect(written).toEqual(['  2/1000  0 %  0.2 trials/s  2 workers  0 failed\n']);
  });
});

describe('progress on a terminal', () => {
  it('is painted at most ten times a second, over itself, and whole at the end', () => {
    const { input, written, time } = setting(100);
    const progress = liveProgress(input);
    for (const seed of seedsTo(100)) {
      time.now += 20;
      progress.trial(trialRow(seed));
    }
    progress.end();
    expect(written.filter((text) => text !== '\n')).toHaveLength(21);
    expect(written.at(-2)).toBe('\r\u001B[2K  100/100 ████████████████████ 50 trials/s  2 workers');
    expect(written.at(-1)).toBe('\n');
  });

  it('never runs over the end of the line', () => {
    const { input, written } = setting(100);
    const progress = liveProgress({ ...input, stream: { ...input.stream, columns: 30 } });
    progress.trial(trialRow('1'));
    expect(written[0]!.slice('\r\u001B[2K'.length)).toHaveLength(29);
  });
});
