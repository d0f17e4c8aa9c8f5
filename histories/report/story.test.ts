import { describe, expect, it } from 'vitest';
import { causeOf, overviewOf, storyOf, type Story } from './story.js';
import {
  cutOffLeader,
  deposedLeader,
  judge,
  killedLeader,
  lastReplicaDiskReturned,
  lastReplicaStanding,
  replicasDiffer,
  lateRequest,
  lostResponse,
  overtaken,
  uncleanElection,
  type Scenario,
} from './testing/scenarios.js';
import { seconds } from './words.js';

function told(story: Story): readonly string[] {
  return story.lines.map(
    ({ atMicros, text, note }) => `${seconds(atMicros)} ${text}${note === null ? '' : ` | ${note}`}`,
  );
}

function storyOfScenario({ history, trace, judged }: Scenario): Story {
  return storyOf(history, trace, judged);
}

describe('the story of a record that a cut-off leader acknowledged with acks=1', () => {
  const scenario = cutOffLeader();
  const story = storyOfScenario(scenario);

  it('begins with what is lost and how', () => {
    expect(story.headline).toBe('The acknowledged record orders-0@0 (key acct-8, value 5000) is on no replica.');
    expect(story.cause).toBe(
      'acks=1 acknowledged it at 4.207 s from b1 alone; b1 was cut off, b2 took over without it, b1 truncated.',
    );
    expect(story.why).toBe('acks=1 acknowledges before replication; min.insync.replicas is checked only for acks=all.');
  });

  it('tells it in order, from who led to the truncation', () => {
    expect(told(story)).toEqual([
      '0.002 b1 leads orders-0 in epoch 1, ISR {1,2,3}',
      '4.180 fault: b1 is cut off from b2, b3 and the controller; the producer still reaches it',
      '4.206 p0 → b1   offset 0 | on b1 only',
      '4.207 p0 ← b1   acknowledged | acks=1 asks no follower',
      '12.900 controller fences b1; b2 leads in epoch 2, ISR {2,3} | without the record',
      '19.400 heal',
      '19.612 b1 follows b2, truncates 1 → 0 | ← the record is gone',
    ]);
  });

  it('points each line at the record after which it holds', () => {
    const events = story.lines.map(({ traceIndex }) => scenario.trace.kind[traceIndex]);
    const names = events.map((kind) => scenario.trace.header.probes.find((probe) => probe.kind === kind)?.name);
    expect(names).toEqual([
      'partition-changed',
      'fault-began',
      'append',
      'acknowledged',
      'partition-changed',
      'fault-ended',
      'truncate',
    ]);
    expect(story.lines[2]!.operation).toBe(0);
  });

  it('is the same among 600 other sends', () => {
    const texts = (each: Story): readonly string[] => each.lines.map((line) => line.text.replaceAll(/\d+/g, 'n'));
    expect(texts(storyOfScenario(cutOffLeader(600)))).toEqual(texts(story));
  });

  it('links causes to the loss: every chain ends in it, and the setting is among its roots', () => {
    const { nodes, edges } = story.graph;
    const end = nodes.find((node) => node.kind === 'anomaly')!.id;
    const reaching = new Set([end]);
    for (let before = 0; before !== reaching.size;) {
      before = reaching.size;
      for (const edge of edges) if (reaching.has(edge.to)) reaching.add(edge.from);
    }
    expect([...reaching].sort((a, b) => a - b)).toEqual(nodes.map((node) => node.id));
    const setting = nodes.find((node) => node.kind === 'setting')!;
    expect(setting.label).toBe('acks=1');
    expect(edges.some((edge) => edge.to === setting.id)).toBe(false);
  });
});

describe('other ways to lose an acknowledged record', () => {
  it('the leader is killed before a follower had fetched it', () => {
    const scenario = killedLeader();
    expect(told(storyOfScenario(scenario)).slice(1)).toEqual([
      '7.001 p0 → b1   offset 0 | on b1 only',
      '7.002 p0 ← b1   acknowledged | acks=1 asks no follower',
      '7.003 fault: b1 is killed | its page cache survives',
      '16.000 controller fences b1; b3 leads in epoch 2, ISR {2,3} | without the record',
      '20.000 b1 starts again',
      '20.003 b1 follows b3, truncates 1 → 0 | ← the record is gone',
    ]);
    expect(causeOf(scenario.judged, scenario.history, scenario.trace).sentence).toBe(
      'leader killed before a follower had fetched the record',
    );
  });

  it('a leader that was deposed before the record was sent: the story begins with what cut it off', () => {
    const story = told(storyOfScenario(deposedLeader()));
    const roles = ['fault: b1 is cut off', 'b2 leads in epoch 2', 'heal', 'p0 → b1', 'p0 ← b1', 'b1 follows b2'];
    const places = roles.map((words) => story.findIndex((line) => line.includes(words)));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('the last replica in a frozen ISR loses power: the story names the ISR and who could have helped', () => {
    const story = storyOfScenario(lastReplicaStanding());
    const frozen = story.lines.find((line) => line.role === 'frozen');
    expect(frozen?.text).toBe('controller fences b2; ISR {2} frozen: b2 was the last in it; nobody leads');
    expect(frozen?.note).toBe('b1 and b3 have the record and may not lead');
    expect(told(story)).toContain(
      '28.000 fault: b2 loses power and keeps 0 of 1 records: the rest was never synced | ← b2 no longer has the record',
    );
    expect(story.why).toContain('An ISR never becomes empty');
    expect(story.cause).toBe(
      'acks=all acknowledged it at 6.006 s from b1, b2 and b3; b2, the last in the ISR, lost power, came back without it and led, and b1 and b3 truncated to match.',
    );
  });

  it('a disk that fails and comes back is no loss of power', () => {
    const scenario = lastReplicaDiskReturned();
    const story = storyOfScenario(scenario);
    expect(told(story)).toContain(
      '45.000 b2 gets the disk back that had failed, with 0 of 1 records: the rest was never synced | ← b2 no longer has the record',
    );
    expect(told(story).join('\n')).not.toContain('power');
    expect(story.cause).toContain('b2, the last in the ISR, lost a disk, came back without it and led');
    expect(causeOf(scenario.judged, scenario.history, scenario.trace).sentence).toBe(
      'the last replica in the ISR lost a disk, got it back and led again without the record',
    );
  });

  it('an unclean election puts a replica in charge that lacked it', () => {
    const scenario = uncleanElection();
    const story = storyOfScenario(scenario);
    expect(story.lines.find((line) => line.role === 'elect')?.note).toBe('unclean: it was not in the ISR');
    expect(story.why).toContain('unclean.leader.election.enable=true');
    expect(causeOf(scenario.judged, scenario.history, scenario.trace).id).toBe('unclean-election');
  });

  it('two records at one offset that both stay: the story is how the replicas came to differ, and met', () => {
    const scenario = replicasDiffer();
    const story = storyOfScenario(scenario);
    expect(story.headline).toBe('orders-0@0 is two records for good: value 6 on b1, value 7 on b2.');
    expect(told(story)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/ p0 → b1 {3}offset 0 \| on b1 only$/),
        expect.stringMatching(/ b2 appends orders-0@0 = 7 \(epoch 2\) \| ← another record at that offset$/),
        expect.stringMatching(/ b1 follows b2 in epoch \d \| ← and keeps what it has at offset 0$/),
      ]),
    );
    expect(story.why).toContain('A follower cuts its log where');
    expect(causeOf(scenario.judged, scenario.history, scenario.trace).id).toBe('replicas-differ');
  });

  it('two records at one offset: the story is that of the one which went', () => {
    const { history, trace, judged } = cutOffLeader(60);
    const winner = history.operations.find(
      (operation) => operation.value[0]?.kind === 'send' && operation.value[0].offset === judged.anomaly.offsets[0],
    );
    const both = judge(
      { ...judged.anomaly, type: 'inconsistent-offsets', story: 'two', values: [Number(winner?.index), 5000] },
      'acks=1 and a change of leader',
    );
    expect(storyOf(history, trace, both).headline).toContain(
      'held two records: value 5000, acknowledged, and now value',
    );
  });
});

describe('the story of a duplicate', () => {
  it('tells the answer that was lost, and that the producer could not know', () => {
    const scenario = lostResponse();
    const story = storyOfScenario(scenario);
    expect(story.headline).toBe('The record (key acct-3, value 3) is in orders-0 twice: at offsets 0 and 1.');
    expect(told(story).slice(2)).toEqual([
      '2.002 p0 → b1   value 3: offset 0',
      '2.006 b1 answers: value 3 is appended | p0 does not hear it in time',
      '32.000 p0 puts value 3 back to be sent again: REQUEST_TIMED_OUT | it cannot know that it was appended',
      '32.000 heal',
      '32.001 p0 → b1   value 3, again: offset 1 | ← the same record once more',
      '32.007 p0 ← b1   value 3 acknowledged',
    ]);
    expect(causeOf(scenario.judged, scenario.history, scenario.trace).id).toBe('lost-response');
  });

  it('is another way to fail when the first request was only late', () => {
    const { judged, history, trace } = lateRequest();
    expect(causeOf(judged, history, trace)).toEqual({
      id: 'late-request',
      sentence: 'the producer stopped waiting and sent the batch again; the first request arrived after all',
    });
  });
});

describe('the story of records out of order', () => {
  it('says which batch overtook which, and why the first was sent again', () => {
    const scenario = overtaken();
    const story = storyOfScenario(scenario);
    expect(story.headline).toBe(
      'Records of key acct-1 are out of order in orders-0: value 11, sent second, is at 0; value 10, sent first, at 1.',
    );
    expect(story.cause).toBe(
      'Both were in flight at once; p0 saw NOT_ENOUGH_REPLICAS for value 10 and sent it again, after value 11 had been appended.',
    );
    expect(causeOf(scenario.judged, scenario.history, scenario.trace).id).toBe('overtaken');
  });
});

describe('stories of everything else', () => {
  it('an invariant: the records that it names and what led to them', () => {
    const { history, trace } = lastReplicaStanding();
    const elected = trace.kind.findLastIndex((kind) => kind === kindOf(trace, 'elected'));
    const judged = judge(
      { type: 'W1', story: 'orders-0@0 was committed', events: [elected], at: 50_000_000 },
      'a licence',
    );
    const story = storyOf(history, trace, judged);
    expect(story.headline).toBe('orders-0@0 was committed.');
    expect(story.lines.some((line) => line.traceIndex === elected)).toBe(true);
    expect(story.lines.length).toBeGreaterThanOrEqual(4);
  });

  it('a partition that stays without a leader: what the controller said last', () => {
    const { history, trace } = lastReplicaStanding();
    const judged = judge({ type: 'stuck', story: 'no write gets through', at: 40_000_000 }, 'a licence');
    expect(storyOf(history, trace, judged).cause).toBe(
      "The controller's last word: controller decides orders-0: leader none, epoch 3, ISR {2}.",
    );
  });

  it('a trial without anomalies: its main events', () => {
    const { history, trace } = cutOffLeader(60);
    const story = overviewOf(history, trace, 0);
    expect(story.lines.map((line) => line.role)).toContain('elect');
    expect(story.lines.length).toBeLessThanOrEqual(12);
  });

  it('never fails, whatever anomaly is told from whatever trace', () => {
    const types = ['lost-write', 'unseen', 'duplicate', 'key-order', 'stuck', 'W5', 'inconsistent-offsets', 'phantom'];
    for (const { history, trace } of [cutOffLeader(), lostResponse(), lastReplicaStanding()]) {
      for (const type of types) {
        for (const values of [[], [999], [3, 9], [5000]]) {
          for (const key of [-1, 0, 7]) {
            const judged = judge({ type, story: 'something', values, key, operations: [0], offsets: [4] }, 'a licence');
            const story = storyOf(history, trace, judged);
            expect(story.lines.length).toBeLessThanOrEqual(12);
            expect(story.graph.nodes.length).toBeLessThanOrEqual(30);
            expect(causeOf(judged, history, trace).id).not.toBe('');
          }
        }
      }
    }
  });
});

function kindOf(trace: Scenario['trace'], name: string): number {
  return trace.header.probes.find((probe) => probe.name === name)!.kind;
}
