import { describe, expect, it } from 'vitest';
import { causeOf, storyOf, type Story } from '../story.js';
import { countedLate, countedTwice } from '../testing/group-scenarios.js';
import type { Scenario } from '../testing/scenarios.js';
import { seconds } from '../words.js';

function told({ lines }: Story): readonly string[] {
  return lines.map(({ atMicros, text, note }) => `${seconds(atMicros)} ${text}${note === null ? '' : ` | ${note}`}`);
}

function storyOfScenario({ history, trace, judged }: Scenario): Story {
  return storyOf(history, trace, judged);
}

function cause({ history, trace, judged }: Scenario): string {
  const licence = { row: 'at-least-once', words: 'processing.guarantee at_least_once', event: -1 };
  return causeOf({ ...judged, licence }, history, trace).sentence;
}

describe('the story of a count that is too high', () => {
  const scenario = countedTwice();

  it('tells of the record that was counted twice, and what befell its first member', () => {
    expect(told(storyOfScenario(scenario))).toEqual([
      '2.000 generation 1 of ledger gives orders-0 to c0 | no offset is committed: auto.offset.reset earliest',
      '3.001 c0 polls offset 0 of orders-0',
      '3.001 c0 counts orders-0@0: 1 of key acct-8',
      '3.500 fault: c0 is killed',
      '9.000 c0 is evicted: no heartbeat came (session.timeout.ms 6000) | it was in generation 1',
      '9.001 generation 2 of ledger gives orders-0 to c1 | no offset is committed: auto.offset.reset earliest',
      '9.002 c1 counts orders-0@0: 2 of key acct-8 | ← the second time',
    ]);
  });

  it('names the death before the commit as the cause, not the setting that allows it', () => {
    expect(cause(scenario)).toBe('a member died between processing and committing');
  });

  it('says what the setting leaves open', () => {
    expect(storyOfScenario(scenario).why).toContain('the offset of their input later (commit.interval.ms)');
  });
});

describe('the story of a record that was counted by the member that had lost it, too', () => {
  const scenario = countedLate();

  it('says who was late', () => {
    expect(told(storyOfScenario(scenario))).toEqual([
      '2.000 generation 1 of ledger gives orders-0 to c0 | no offset is committed: auto.offset.reset earliest',
      '3.001 c0 polls offset 0 of orders-0, and does not poll again | max.poll.interval.ms 6000',
      '9.100 c0 leaves the group | it was in generation 1',
      '9.101 generation 2 of ledger gives orders-0 to c1 | no offset is committed: auto.offset.reset earliest',
      '9.102 c1 counts orders-0@0: 1 of key acct-8',
      '11.000 c0 counts orders-0@0: 1 of key acct-8 | ← late: c1 has the partition',
    ]);
  });

  it('names whom and what in its headline', () => {
    expect(storyOfScenario(scenario).headline).toBe(
      'Group ledger made two outputs of orders-0@0 (key acct-8, value 7), by c0 and c1.',
    );
  });

  it('is a cause of its own', () => {
    expect(cause(scenario)).toBe('a member that had been replaced wrote late, after its successor');
  });
});
