import { describe, expect, it } from 'vitest';
import type { Anomaly, JudgedAnomaly } from '../../histories/anomaly.js';
import { checkHistory } from '../../checkers/kafka/api.js';
import { historyOf, type OperationBuilder, other, poll, send, txn } from '../../histories/builders.js';
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
  it.each(['lost-write', 'duplicate', 'G1c-realtime'])('%s makes a history invalid, whatever licenses it', (type) =>
    expect(verdictOf(type, 'assign')).toBe('unsafe'),
  );

  it.each(['G0', 'G0-process', 'G0-realtime'])('%s is always allowed', (type) => expect(verdictOf(type)).toBe('clean'));

  it('circles of reads are allowed where the order of logs was taken for one of writes, as its :ww-deps does', () => {
    const circle = (wwDeps: boolean) => {
      const reads = [
        txn(send('x', 1).ok(0), poll('y', [0, 2])).to(9e6),
        txn(send('y', 2).ok(0), poll('x', [0, 1])).to(9e6),
      ];
      const history = historyOf(reads);
      const anomalies = checkHistory(history).anomalies.map((anomaly) => ({ anomaly, ...unjudged }));
      return asJepsen({ verdict: 'clean', reasons: [], anomalies }, history, wwDeps).verdict;
    };
    expect([circle(false), circle(true)]).toEqual(['unsafe', 'clean']);
  });

  const judged = (...operations: readonly OperationBuilder[]): string => {
    const history = historyOf([...operations, poll('x', [0, 1], [1, 2], [2, 3]).by('final')]);
    const inOneProcess = history.operations.map((one) => ({ ...one, process: one.client.charCodeAt(0) }));
    const { verdict, anomalies } = asJepsen(
      { verdict: 'clean', reasons: [], anomalies: [] },
      { ...history, operations: inOneProcess },
    );
    return [verdict, ...anomalies.map(({ anomaly, judgement }) => `${judgement} ${anomaly.type}`)].join(', ');
  };
  const sends = [1, 2, 3].map((value) => send('x', value).ok(value - 1));
  const polls = (...offsets: readonly number[]) => offsets.map((offset) => poll('x', [offset, offset + 1]));

  it('int-send-skip is always allowed, and reported', () => {
    expect(judged(send('x', 1).send('x', 3).ok(0, 2), sends[1]!.by('w'))).toBe('clean, allowed int-send-skip');
  });

  it('poll-skip and nonmonotonic-poll make a history invalid, but are allowed where consumers subscribe', () => {
    expect(judged(...sends, ...polls(0, 2))).toBe('unsafe, unsafe poll-skip');
    expect(judged(...sends, other('subscribe'), ...polls(0, 2))).toBe('clean, allowed poll-skip');
    expect(judged(...sends, ...polls(0, 0))).toBe('unsafe, unsafe nonmonotonic-poll');
    expect(judged(...sends, other('subscribe'), ...polls(0, 0))).toBe('clean, allowed nonmonotonic-poll');
  });

  it('int-poll-skip makes a history invalid even there', () => {
    expect(judged(...sends, other('subscribe'), poll('x', [0, 1], [2, 3]))).toBe('unsafe, unsafe int-poll-skip');
  });

  it('our own finding of an order counts for nothing', () => {
    expect(verdictOf('poll-skip', 'assign')).toBe('clean');
    expect(verdictOf('nonmonotonic-send', 'assign')).toBe('clean');
  });

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
    expect(judged.map(({ anomaly }) => anomaly.type)).toHaveLength(1);
    expect(asJepsen({ verdict: 'clean', reasons: [], anomalies: judged }, history).verdict).toBe(verdict);
  });

  it.each(['phantom', 'ack-offset-mismatch', 'key-order', 'G1a-failed-reader'])('%s is none of its anomalies', (type) =>
    expect(verdictOf(type)).toBe('clean'),
  );
});
