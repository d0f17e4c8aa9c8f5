/** What was altered of a topic's settings licenses what was decided by it, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { HistoryHeader } from '../../../histories/operation.js';
import { judged } from '../testing/judged.js';
import { acknowledged, lost } from '../testing/lost-record.js';
import { TraceScript } from '../testing/script.js';

const forbidden = { acks: 'all', 'unclean.leader.election.enable': false };
const allowed = { acks: 'all', 'unclean.leader.election.enable': true };

describe('an unclean election is licensed where the topic allowed it when it was decided', () => {
  /** 7 is on b1 and b2, the ISR, and acknowledged. */
  const onTwo = (settings: HistoryHeader['settings'], control: 'kraft' | 'zookeeper' = 'kraft'): TraceScript => {
    const script = new TraceScript({ settings, control }).lead(1, [1, 2, 3]).changeIsr([1, 2]);
    return script.emit('isr-adopted', 1, 0, 0b110, 2, 1).append(1, 7).commit(1, 2).acknowledge(1, 0);
  };
  const verdict = (script: TraceScript): readonly string[] => judged(script, lost, 'unseen');

  it('turned on before it, not after it', () => {
    expect(verdict(onTwo(forbidden).alter(2, 'unclean').lead(3, [3], 'unclean'))).toEqual(['unclean-election']);
    expect(verdict(onTwo(forbidden).lead(3, [3], 'unclean').alter(2, 'unclean'))).toEqual(['bug']);
  });

  it('turned off before it: it is what must not be', () => {
    expect(verdict(onTwo(allowed).alter(2).lead(3, [3], 'unclean'))).toEqual(['bug']);
    expect(verdict(onTwo(allowed).lead(3, [3], 'unclean').alter(2))).toEqual(['unclean-election']);
  });

  it('turned on and off again before it', () => {
    expect(verdict(onTwo(forbidden).alter(2, 'unclean').alter(2).lead(3, [3], 'unclean'))).toEqual(['bug']);
  });

  it('under ZooKeeper turned off since the state was written from which the controller chose, not before', () => {
    const since = onTwo(allowed, 'zookeeper').alter(2).lead(3, [3], 'unclean');
    expect(verdict(since)).toEqual(['unclean-election']);
    const before = onTwo(allowed, 'zookeeper').alter(2).elect(-1, [2], 'none').lead(3, [3], 'unclean');
    expect(verdict(before)).toEqual(['bug']);
  });

  it('whatever its leaders have heard of', () => {
    expect(verdict(onTwo(forbidden).alter(2, 'unclean').alter(2).hear(1, 2).lead(3, [3], 'unclean'))).toEqual(['bug']);
  });
});

describe('with eligible leader replicas a record bears the loss of min.insync.replicas - 1 copies', () => {
  const rules = { 'eligible-leader-replicas': true };
  const created = (minInsyncReplicas: number): TraceScript =>
    new TraceScript({ settings: forbidden, rules, minInsyncReplicas });
  /** b2 alone loses what it had, and is elected from those that are eligible. */
  const oneImpaired = (script: TraceScript): TraceScript =>
    script.losePower(2, 0).changeIsr([1, 3]).elect(2, [2]).apply(2);
  const verdict = (script: TraceScript): readonly string[] => judged(script, lost, 'unseen');

  it('as many as it was acknowledged under: one of two, none of one', () => {
    expect(verdict(oneImpaired(acknowledged(created(2))))).toEqual(['bug']);
    expect(verdict(oneImpaired(acknowledged(created(1))))).toEqual(['too-many-impaired']);
  });

  it('none once it is lowered to 1, and none while it was', () => {
    expect(verdict(oneImpaired(acknowledged(created(2)).alter(1)))).toEqual(['too-many-impaired']);
    expect(verdict(oneImpaired(acknowledged(created(2)).alter(1).alter(2)))).toEqual(['too-many-impaired']);
  });

  it('one if it was lowered before, and raised again for whoever acknowledged', () => {
    const before = (): TraceScript => created(2).alter(1).hear(1).alter(2);
    expect(verdict(oneImpaired(acknowledged(before().hear(1))))).toEqual(['bug']);
    // The leader has not heard that it is 2 again.
    expect(verdict(oneImpaired(acknowledged(before())))).toEqual(['too-many-impaired']);
  });

  it('one if it is lowered only after the election', () => {
    expect(verdict(oneImpaired(acknowledged(created(2))).alter(1))).toEqual(['bug']);
  });

  it('none where the controller went by 1 already, though the leader by 2', () => {
    expect(verdict(oneImpaired(acknowledged(created(2).alter(1))))).toEqual(['too-many-impaired']);
  });
});

describe('a record that one replica alone had', () => {
  /** 7 is on b1 alone, which loses it, and leads again: the ISR is frozen. */
  const alone = (script: TraceScript): ReturnType<typeof judged> => {
    script.lead(1, [1]).append(1, 7).highWatermark(1, 1).acknowledge(1, 0).losePower(1, 0);
    script.elect(-1, [1], 'none').restart(1).unfence(1).lead(1, [1]);
    return judged(script, lost, 'unseen');
  };

  it('is lost by an impaired leader, whatever was altered', () => {
    const settings = forbidden;
    expect(alone(new TraceScript({ settings, minInsyncReplicas: 1 }))).toEqual(['impaired-leader']);
    expect(alone(new TraceScript({ settings }).alter(1).hear(1))).toEqual(['impaired-leader']);
  });
});

describe('a partition that nobody may lead', () => {
  const rules = { 'eligible-leader-replicas': true };
  const empty = (): TraceScript =>
    acknowledged(new TraceScript({ settings: forbidden, rules }))
      .changeIsr([1])
      .elect(-1, [], 'none');
  const stuck = (script: TraceScript): readonly string[] => judged(script, [], 'stuck', [script.stall([])]);

  it('stays so because min.insync.replicas was altered meanwhile', () => {
    expect(stuck(empty().alter(1))).toEqual(['eligible-replicas-cleared']);
  });

  it('not because of what was altered before, or of another setting', () => {
    expect(
      stuck(
        acknowledged(new TraceScript({ settings: forbidden, rules }))
          .alter(1)
          .elect(-1, [], 'none'),
      ),
    ).toEqual(['bug']);
    expect(stuck(empty().alter(2, 'unclean'))).toEqual(['bug']);
  });

  it('not where the ISR has a member, nor without eligible leader replicas', () => {
    expect(stuck(empty().alter(1).lead(1, [1]))).toEqual(['bug']);
    const without = acknowledged(new TraceScript({ settings: forbidden })).elect(-1, [], 'none');
    expect(stuck(without.alter(1))).toEqual(['bug']);
  });
});
