import { describe, expect, it } from 'vitest';
import { causeOf, storyOf, type Story } from '../story.js';
import type { Scenario } from '../testing/scenarios.js';
import {
  hangingTransaction,
  lateEndOfTransaction,
  lateWriteOfTransaction,
  recordBehindHangingTransaction,
} from '../testing/transaction-scenarios.js';

function storyOfScenario({ history, trace, judged }: Scenario): Story {
  return storyOf(history, trace, judged);
}

/** Times to a hundredth of a second: what comes between ticks away. */
function told({ lines }: Story): readonly string[] {
  return lines.map(({ atMicros, text, note }) => {
    const at = (atMicros / 1_000_000).toFixed(2);
    return `${at} ${text}${note === null ? '' : ` | ${note}`}`;
  });
}

function cause({ history, trace, judged }: Scenario): string {
  return causeOf(judged, history, trace).sentence;
}

describe('the story of a transaction that was read in part', () => {
  const scenario = lateEndOfTransaction();
  const story = storyOfScenario(scenario);

  it('says what was read and what was not, and which request ended it', () => {
    expect(story.headline).toBe(
      'Of one transaction of p0, orders-0@4 (value 7) was read and orders-1 (value 8) was not.',
    );
    expect(story.cause).toContain('A request to end the previous transaction');
    expect(story.cause).toContain('arrived at 14.00');
    expect(story.why).toContain('KAFKA-17754');
    expect(cause(scenario)).toBe('a request to end a transaction came late, and ended the one after it');
  });

  it('tells what the coordinator decided, and that nobody had asked for it', () => {
    expect(told(story)).toEqual([
      '0.00 b1 leads orders-0 in epoch 1, ISR {1,2,3}',
      '9.00 fault: p0 has the next EndTxn request held up',
      "12.00 b3 commits p0's previous transaction",
      "13.00 b3, its coordinator, opens p0's transaction",
      '13.00 b1 appends orders-0@4 = 7',
      '14.00 heal',
      "14.00 b3 commits p0's transaction | ← p0 has not asked: this request is of the previous one, and late",
      '14.00 b1 marks orders-0@5: committed',
      '15.00 p0 gives its transaction up: INVALID_TXN_STATE',
    ]);
  });
});

describe('the story of a failed transaction that was read', () => {
  const scenario = lateWriteOfTransaction();
  const story = storyOfScenario(scenario);

  it('says that a write came late, and became part of the next', () => {
    expect(story.headline).toBe(
      'orders-0@5 (value 7) was read, and the transaction of p0 that it belongs to had failed.',
    );
    expect(story.cause).toContain('p0 gave the transaction up at 18.100 s');
    expect(told(story).join('\n')).toContain('b1 appends orders-0@5 = 7 | ← its transaction is over');
    expect(cause(scenario)).toBe('a write of a transaction that was over came late, and became part of the next');
  });
});

describe('the story of a partition behind a hanging transaction', () => {
  const scenario = hangingTransaction();
  const story = storyOfScenario(scenario);

  it('says up to where it can be read, and whose write is in the way', () => {
    expect(story.headline).toBe('Nobody who reads committed records gets past offset 5 of orders-0.');
    expect(told(story)).toEqual([
      '0.00 b1 leads orders-0 in epoch 1, ISR {1,2,3}',
      '10.00 fault: p0 has the next Produce request held up',
      '18.00 b1 marks orders-0@4: aborted',
      '18.10 p0 gives its transaction up: TimeoutException: delivery.timeout.ms',
      '22.00 heal',
      "22.00 b1 appends orders-0@5 = 7 | ← p0's transaction is over; nobody will end this one",
      '300.00 orders-0 can be read up to offset 5 alone (last stable offset) | and so it stays',
    ]);
    expect(story.why).toContain('transaction.partition.verification.enable');
    expect(cause(scenario)).toBe('a write of a transaction that was over came late, and opened one that nobody ends');
  });
});

describe('the story of a record that stands behind a hanging transaction', () => {
  const scenario = recordBehindHangingTransaction();
  const story = storyOfScenario(scenario);

  it('says that it is there, up to where readers get, and whose transaction is in the way', () => {
    expect(story.headline).toBe(
      'The acknowledged record orders-0@6 (value 9) was never read: nobody who reads committed records gets past offset 5 of orders-0.',
    );
    expect(story.cause).toContain('p0 gave a transaction up at 18.100 s');
    expect(told(story).slice(-3)).toEqual([
      "22.00 b1 appends orders-0@5 = 7 | ← p0's transaction is over; nobody will end this one",
      '23.00 b1 acknowledges orders-0@6 | ← nobody will read it',
      '300.00 orders-0 can be read up to offset 5 alone (last stable offset) | and so it stays',
    ]);
    expect(cause(scenario)).toBe('a write of a transaction that was over came late, and opened one that nobody ends');
  });
});

describe('the causal graph of a transaction', () => {
  it.each([
    ['ended by a late request', lateEndOfTransaction],
    ['with a late write', lateWriteOfTransaction],
    ['that hangs', hangingTransaction],
    ['that hangs before a record', recordBehindHangingTransaction],
  ])('%s has an arrow to or from every line of the story', (_, scenario) => {
    const { graph } = storyOfScenario(scenario());
    const linked = new Set(graph.edges.flatMap(({ from, to }) => [from, to]));
    expect(graph.nodes.filter(({ id }) => !linked.has(id)).map(({ label }) => label)).toEqual([]);
  });

  it('leads from what came late to the anomaly, by the marker that it brought about', () => {
    const { graph } = storyOfScenario(lateEndOfTransaction());
    const [late, marker, anomaly] = (['late-request', 'marker', 'anomaly'] as const).map(
      (kind) => graph.nodes.findLast((node) => node.kind === kind)!.id,
    );
    expect(graph.edges).toContainEqual({ from: late, to: marker });
    expect(graph.edges).toContainEqual({ from: marker, to: anomaly });
  });
});
