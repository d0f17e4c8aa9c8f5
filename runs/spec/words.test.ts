import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './durations.js';
import { didYouMean, editDistance, nearestName } from './nearest.js';
import { controlModes, versionRow } from './versions.js';

describe('durations', () => {
  it.each([
    ['500ms', 500_000],
    ['4.2s', 4_200_000],
    ['2m', 120_000_000],
    ['1h', 3_600_000_000],
    ['7us', 7],
    ['60', null],
    ['-1s', null],
    ['1 s', null],
    ['', null],
  ])('%s is %j microseconds', (text, micros) => {
    expect(parseDuration(text)).toBe(micros);
  });

  it('are written so that they are read the same', () => {
    fc.assert(
      fc.property(fc.nat(), (micros) => {
        expect(parseDuration(formatDuration(micros))).toBe(micros);
      }),
    );
  });
});

describe('the nearest name', () => {
  it('is the one with the fewest edits, where a swap of neighbours is one', () => {
    expect(editDistance('acsk', 'acks')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(nearestName('leader-cutoff', ['leader-killed', 'leader-cut-off'])).toBe('leader-cut-off');
  });

  it('is none where nothing is near', () => {
    expect(nearestName('quorum', ['acks', 'retries'])).toBeNull();
    expect(nearestName('x', ['y'])).toBeNull();
    expect(didYouMean('quorum', ['acks'])).toBe('');
  });

  it('is at no distance from itself, and the distance is the same both ways', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
      }),
    );
  });
});

describe('versions', () => {
  it.each([
    ['3.9', '3.9'],
    ['3.9.1', '3.9'],
    ['3.10', '3.9'],
    ['3.8.0', '3.7'],
    ['0.10.2.1', '0.10.2'],
    ['0.11.0', '0.11'],
    ['2.3', '2.1'],
    ['5.0', '4.1'],
    ['0.7', null],
    ['3', undefined],
    ['3.x', undefined],
  ])('%s takes the row %s', (release, row) => {
    expect(versionRow(release)).toBe(row);
  });

  it('had KRaft from 3.3 on, and ZooKeeper until 3.9', () => {
    expect(controlModes('2.8')).toEqual(['zookeeper']);
    expect(controlModes('3.3')).toEqual(['kraft', 'zookeeper']);
    expect(controlModes('4.0')).toEqual(['kraft']);
  });
});
