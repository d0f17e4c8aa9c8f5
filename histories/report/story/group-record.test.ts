import { describe, expect, it } from 'vitest';
import { causeOf, storyOf, type Story } from '../story.js';
import { bandsOf } from '../drawing/bands.js';
import {
  committedThenDied,
  diedBeforeCommit,
  overtakenBySuccessor,
  pausedBeforeCommit,
  slowMember,
} from '../testing/group-scenarios.js';
import type { Scenario } from '../testing/scenarios.js';
import { TraceReader } from '../../trace-record.js';
import { seconds } from '../words.js';

function told({ lines }: Story): readonly string[] {
  return lines.map(({ atMicros, text, note }) => `${seconds(atMicros)} ${text}${note === null ? '' : ` | ${note}`}`);
}

function storyOfScenario({ history, trace, judged }: Scenario): Story {
  return storyOf(history, trace, judged);
}

function cause({ history, trace, judged }: Scenario): string {
  return causeOf(judged, history, trace).sentence;
}

describe('the story of a record that a group processed twice', () => {
  const scenario = slowMember();
  const story = storyOfScenario(scenario);

  it('says who, and why', () => {
    expect(story.headline).toBe('Group ledger processed orders-0@0 (key acct-8, value 7) twice, by c0 and c1.');
    expect(story.cause).toBe(
      'A member took longer than max.poll.interval.ms and was replaced: c0 processed it at 9.300 s, c1 at 9.401 s.',
    );
    expect(story.why).toContain('max.poll.interval.ms (6000)');
  });

  it('tells the generations, what the member was busy with, its leaving and its late commit', () => {
    expect(told(story)).toEqual([
      '2.000 generation 1 of ledger gives orders-0 to c0 | no offset is committed: auto.offset.reset earliest',
      '3.001 c0 polls offset 0 of orders-0',
      '3.001 c0 is busy with orders-0@0 for 6.3 s | longer than max.poll.interval.ms 6000',
      '9.000 c0 leaves the group | it was in generation 1',
      '9.100 generation 2 of ledger gives orders-0 to c1 | no offset is committed: auto.offset.reset earliest',
      '9.300 c0 has processed orders-0@0',
      '9.300 c0 may not commit offset 1 of orders-0: CommitFailedException',
      '9.401 c1 has processed orders-0@0 | ← the second time',
    ]);
  });

  it('names the slow member as the cause', () => {
    expect(cause(scenario)).toBe('a member took longer than max.poll.interval.ms and was replaced');
  });

  it.each([
    ['was killed', diedBeforeCommit(), 'a member died between processing and committing'],
    ['was paused', pausedBeforeCommit(), 'a member was evicted while it was paused, before it had committed'],
  ])('names another where the member %s', (_, other, sentence) => {
    expect(cause(other)).toBe(sentence);
    expect(told(storyOfScenario(other)).join('\n')).not.toContain('starts again');
  });

  it('draws who owned the partition, and until when', () => {
    const { cluster, trace } = scenario;
    const bands = bandsOf(new TraceReader(trace), 0).ownerships;
    const [c0, c1] = [cluster.machine('c0'), cluster.machine('c1')];
    expect(bands.map(({ machine, generation }) => [machine, generation])).toEqual([
      [c0, 1],
      [c1, 2],
    ]);
    expect(bands.map(({ from, to }) => [from, to])).toEqual([
      [2_000_000, 9_000_000],
      [9_100_000, cluster.trace.time[cluster.trace.length - 1]],
    ]);
  });
});

describe('the story of a record that a group skipped', () => {
  const scenario = committedThenDied();
  const story = storyOfScenario(scenario);

  it('says which, and who had committed past it', () => {
    expect(story.headline).toBe(
      'No member of group ledger has processed orders-0@0 (key acct-8, value 7); c0 committed offset 1.',
    );
    expect(story.why).toContain('commit: after-processing');
  });

  it('tells the commit, the death, and where the next owner begins', () => {
    expect(told(story)).toEqual([
      '2.000 generation 1 of ledger gives orders-0 to c0 | no offset is committed: auto.offset.reset earliest',
      '3.001 c0 polls offset 0 of orders-0',
      '3.001 c0 commits offset 1 of orders-0 | offset 0 is not processed',
      '3.500 fault: c0 is killed',
      '9.000 c0 is evicted: no heartbeat came (session.timeout.ms 6000) | it was in generation 1',
      '9.001 generation 2 of ledger gives orders-0 to c1 | ← it begins at the committed offset 1, behind the record',
    ]);
  });

  it('names the commit and the death as the cause', () => {
    expect(cause(scenario)).toBe('a member committed before processing, then died');
  });
});

describe('the story of a record that a later one of its key overtook', () => {
  const scenario = overtakenBySuccessor();
  const story = storyOfScenario(scenario);

  it('says which two, and who had them', () => {
    expect(story.headline).toBe(
      'Group ledger processed orders-0@0 (key acct-8, value 7) only after orders-0@1, which stands behind it.',
    );
    expect(story.cause).toBe(
      'A member took longer than max.poll.interval.ms, and its successor began behind its records: c1 had processed orders-0@1 at 9.101 s, c0 began with the other at 9.500 s.',
    );
    expect(cause(scenario)).toBe(
      'a member took longer than max.poll.interval.ms, and its successor began behind its records',
    );
  });

  it('tells the commit, the leaving, where the successor begins, and both', () => {
    expect(told(story)).toEqual([
      '2.000 generation 1 of ledger gives orders-0 to c0 | no offset is committed: auto.offset.reset earliest',
      '3.001 c0 polls offset 0 of orders-0',
      '3.004 c0 commits offset 1 of orders-0 | offset 0 is not processed',
      '9.000 c0 leaves the group | it was in generation 1',
      '9.100 generation 2 of ledger gives orders-0 to c1 | ← it begins at the committed offset 1, behind the record',
      '9.101 c1 has processed orders-0@1',
      '9.500 c0 has processed orders-0@0 | ← only now',
    ]);
  });
});
