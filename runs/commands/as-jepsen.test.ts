import { describe, expect, it } from 'vitest';
import type { Anomaly, JudgedAnomaly } from '../../histories/anomaly.js';
import { checkHistory } from '../../checkers/kafka/api.js';
import { historyOf, other, poll, send } from '../../histories/builders.js';
import { asJepsen } from './as-jepsen.js';

const unjudged = { judgement: 'allowed', licence: null, requirement: null, guarantee: null } as const;

function verdictOf(type: string, ...functions: readonly string[]): string {
  const anomaly: Anomaly = {
    type,
    key: 0,
    offsets: [],
    operations: [],
    values: [],
    events: [],
    at: 0,
    story: '',
    preventedBy: null,
  };
  const judged: JudgedAnomaly = { anomaly, ...unjudged };
  return asJepsen({ verdict: 'clean', reasons: [], anomalies: [judged] }, historyOf(functions.map((f) => other(f))))
    .verdict;
}

describe('as Jepsen judges', () => {
  it.each(['lost-write', 'duplicate', 'G1c-realtime', 'poll-skip', 'int-poll-skip'])(
    '%s makes a history invalid, whatever licenses it',
    (type) => expect(verdictOf(type, 'assign')).toBe('unsafe'),
  );

  it.each(['int-send-skip', 'G0', 'G0-process', 'G0-realtime'])('%s is always allowed', (type) =>
    expect(verdictOf(type)).toBe('clean'),
  );

  it.each(['poll-skip', 'nonmonotonic-poll'])('%s is allowed where consumers subscribe', (type) =>
    expect(verdictOf(type, 'subscribe')).toBe('clean'),
  );

  it('a record is unseen though nothing was read to its end', () => {
    const sent = [
      send('x', 7).ok(0),
      send('x', 8).ok(1),
      send('x', 9).info(),
      poll('x', [0, 7]),
      poll('x', [1, 8]).fail(),
    ];
    const { verdict, anomalies } = asJepsen({ verdict: 'undecided', reasons: ['r'], anomalies: [] }, historyOf(sent));
    expect(verdict).toBe('unsafe');
    expect(anomalies.map(({ anomaly }) => [anomaly.type, anomaly.values])).toEqual([['unseen', [8]]]);
  });

  it.each([
    ['unsafe', 'by an operation that is ok', poll('x', [0, 7])],
    ['clean', 'by one that failed', poll('x', [0, 7]).fail()],
  ])('G1a is %s if the record was read %s', (verdict, _, read) => {
    const history = historyOf([send('x', 7).fail(), read]);
    const { anomalies } = checkHistory(history);
    const judged = anomalies.map((anomaly) => ({ anomaly, ...unjudged }));
    expect(judged.map(({ anomaly }) => anomaly.type)).toContain('G1a');
    expect(asJepsen({ verdict: 'clean', reasons: [], anomalies: judged }, history).verdict).toBe(verdict);
  });

  it.each(['phantom', 'ack-offset-mismatch', 'key-order', 'G1a-failed-reader'])('%s is none of its anomalies', (type) =>
    expect(verdictOf(type)).toBe('clean'),
  );
});
