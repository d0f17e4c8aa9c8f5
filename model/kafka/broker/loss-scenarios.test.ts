/**
 * Counterexamples of replication.md §12 in which a replica comes back with less than it had, or another is elected that
 * never had it: with the broken rule or the unsafe setting the story ends as told, with the mended one it does not.
 */
import { describe, expect, it } from 'vitest';
import { validateAlterPartition } from '../control/kraft/alter-partition.js';
import { errorName } from '../protocol/errors.js';
import type { AlterPartitionRequest } from '../protocol/messages.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import type { RuleValues } from '../protocol/versions/rules.js';
import { SECOND, type Lab } from './testing/lab.js';
import { acknowledged, cluster, cut, shortLag } from './testing/story.js';

describe('S7: a replica that is reborn while its way into the ISR is asked for (KIP-903)', () => {
  /** Broker 1 leads alone and asks for 2; before that is decided 2 dies with its disk and registers again. Then 1 dies. */
  function story(brokerEpochInIsr: boolean): { readonly answer: string; readonly kept: boolean } {
    const lab = cluster(1, { brokers: 2, rules: { brokerEpochInIsr }, settings: shortLag });
    const value = acknowledged(lab, 1, -1);
    lab.script.confirmIsr = false;
    lab.decide({ isr: [1] });
    lab.until('broker 2 is proposed', () => lab.controller.inbox.length === 1);
    const { request } = lab.controller.inbox[0];
    cut(lab, 1, 2);
    lab.world.kill(2);
    lab.world.diskFaults(2).wipe();
    lab.fence(2);
    lab.world.start(2);
    lab.until('broker 2 is unfenced', () => lab.script.image.broker(2)?.fenced === false);
    // No trace of all this in the partition: 2 was not in the ISR.
    const asked = request as AlterPartitionRequest;
    const rules = resolveRules('3.9', { brokerEpochInIsr });
    const answer = errorName(validateAlterPartition(lab.script.image, rules, 1, asked.partitions[0]));
    if (answer === 'NONE') lab.controller.confirm(asked);
    lab.world.kill(1);
    return { answer, kept: !lab.script.image.partition(0)!.isr.includes(2) || lab.log(2).includes(value) };
  }

  it('puts an empty log into the ISR before 3.5: it may be elected, and what was committed is gone', () => {
    expect(story(false)).toEqual({ answer: 'NONE', kept: false });
  });

  it('is refused since: the request names the incarnation that had caught up', () => {
    expect(story(true)).toEqual({ answer: 'INELIGIBLE_REPLICA', kept: true });
  });
});

describe('S10: an ISR of one and acks=all', () => {
  /** Broker 1 is alone in the ISR, answers a write, and never comes back; 2 is elected in its place. */
  function story(minInsyncReplicas: number): { readonly answer: string; readonly kept: boolean } {
    const lab = cluster(1, { topic: { 'min.insync.replicas': minInsyncReplicas }, settings: shortLag });
    aloneInTheIsr(lab);
    const batch = lab.batch();
    const answer = errorName(lab.produceError(lab.produce(1, -1, batch)));
    electUncleanly(lab);
    return { answer, kept: lab.log(2).includes(batch.records[0].value) };
  }

  it('acknowledges what one broker has, with min.insync.replicas=1', () => {
    expect(story(1)).toEqual({ answer: 'NONE', kept: false });
  });

  it('refuses it with min.insync.replicas=2: nobody was told that it is safe', () => {
    expect(story(2)).toEqual({ answer: 'NOT_ENOUGH_REPLICAS', kept: false });
  });
});

describe('S18: an idempotent producer after an unclean election', () => {
  const producer = { producerId: 7, producerEpoch: 0 };

  /**
   * Sequences so far are acknowledged by broker 1, of which 2 has those of `replicated`; 1 dies and 2 is elected.
   * The answer to the next sequence, and how many records of the producer the new leader has then.
   */
  function story(
    replicated: number,
    rules: Partial<RuleValues> = {},
  ): { readonly answer: string; readonly has: number } {
    const lab = cluster(1, { rules, settings: shortLag }, 0);
    const sends = Array.from({ length: 3 }, (_, baseSequence) => lab.batch(1, { ...producer, baseSequence }));
    for (const [sequence, batch] of sends.slice(0, 2).entries()) {
      if (sequence === replicated) aloneInTheIsr(lab);
      expect(errorName(lab.produceError(lab.produce(1, -1, batch)))).toBe('NONE');
    }
    electUncleanly(lab);
    const answer = errorName(lab.produceError(lab.produce(2, -1, sends[2])));
    return { answer, has: lab.log(2).length };
  }

  it('is told that its next sequence does not follow, when the new leader remembers an older one', () => {
    expect(story(1)).toEqual({ answer: 'OUT_OF_ORDER_SEQUENCE_NUMBER', has: 1 });
  });

  it('is told nothing by a leader that never heard of it: the gap is silent', () => {
    expect(story(0)).toEqual({ answer: 'NONE', has: 1 });
  });

  it.each([
    ['0.11', 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    ['1.1', 'UNKNOWN_PRODUCER_ID'],
  ])('was told by such a leader in %s: %s', (version, answer) => {
    const { sequenceWithoutState } = resolveRules(version);
    expect(story(0, { sequenceWithoutState })).toEqual({ answer, has: 0 });
  });

  it('misses nothing when the election was clean', () => {
    expect(story(2)).toEqual({ answer: 'NONE', has: 3 });
  });
});

/** The followers of broker 1 are away, and were taken out of the ISR. */
function aloneInTheIsr(lab: Lab): void {
  for (const follower of [2, 3]) cut(lab, 1, follower);
  lab.decide({ isr: [1] });
  lab.awaitMetadata(1);
  lab.pass(2 * SECOND);
}

/** Broker 1 dies, and 2 leads, alone, in its place: from outside the ISR, unless it was never put out. */
function electUncleanly(lab: Lab): void {
  lab.pass(2 * SECOND);
  lab.world.kill(1);
  lab.decide({ leader: 2, isr: [2] });
  lab.awaitMetadata(2);
}
