/**
 * Counterexamples of replication.md §12, played through by real brokers under a controller that decides what the story
 * needs: with the broken rule the story ends as told, with the mended one it does not.
 */
import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import type { RuleValues } from '../protocol/versions/rules.js';
import { labWithLeader, MILLI, SECOND } from './testing/lab.js';
import {
  acknowledged,
  cluster,
  cut,
  handedOverBeforeACrash,
  restart,
  shortLag,
  tell,
  withhold,
} from './testing/story.js';
import { BrokerTimer } from './timers.js';

/** How a release truncates, elects and fences, under the controller of 3.9. */
function dataPathOf(version: string): Partial<RuleValues> {
  const rules = resolveRules(version);
  const { truncation, outOfRange, epochStartOnElection, leaderEpochStartOffset, fetchEpochFencing } = rules;
  return { truncation, outOfRange, epochStartOnElection, leaderEpochStartOffset, fetchEpochFencing };
}

describe('S1: a planned move and a crash, with truncation to the high watermark (KIP-101)', () => {
  const story = (version: string) => handedOverBeforeACrash({ rules: dataPathOf(version) });

  it('elects a broker without an acknowledged record, acks=all and min.insync.replicas=2 notwithstanding', () => {
    // The former leader is ahead of the new one, and its broker stops rather than cut its log.
    expect(story('0.10.2')).toEqual({ running: [2], holders: [] });
  });

  it.each(['0.11', '2.0', '2.1', '3.9'])('elects one that has it since KIP-101: %s', (version) => {
    expect(story(version)).toEqual({ running: [2, 3], holders: [2, 3] });
  });
});

describe('S2: a follower that keeps what lies below its high watermark', () => {
  /** 1 committed a record alone; 2 is elected without it, and writes another at the same offset; 1 comes back. */
  function logs(version: string): readonly (readonly number[])[] {
    const lab = cluster(1, { brokers: 2, rules: dataPathOf(version), settings: shortLag });
    cut(lab, 1, 2);
    lab.decide({ isr: [1] });
    lab.pass(2 * SECOND);
    acknowledged(lab, 1, -1);
    // The checkpoint of the high watermark.
    lab.pass(6 * SECOND);
    lab.world.kill(1);
    lab.decide({ leader: 2, isr: [2] });
    lab.awaitMetadata(2);
    cut(lab, 1, 2, false);
    acknowledged(lab, 2, 1);
    restart(lab, 1);
    lab.pass(5 * SECOND);
    return [lab.log(1), lab.log(2)];
  }

  it('holds another record than its leader at one offset, for ever, up to 0.10', () => {
    const [old, elected] = logs('0.10.2');
    expect(old).toHaveLength(2);
    expect(old).not.toEqual(elected);
  });

  it('holds the same since KIP-101', () => {
    for (const version of ['0.11', '2.0', '2.1', '3.9']) {
      const [old, elected] = logs(version);
      expect(old, version).toEqual(elected);
    }
  });
});

describe('S3: two elections in a row, of which the first went unnoticed (KIP-279)', () => {
  /** Leader epochs of the records of both brokers at the end. */
  function epochs(version: string): readonly (readonly number[])[] {
    const lab = cluster(1, { brokers: 2, rules: dataPathOf(version) }, 2);
    cut(lab, 1, 2);
    withhold(lab, 1);
    lab.decide({ leader: 2 });
    lab.awaitMetadata(2);
    for (let i = 0; i < 2; i++) acknowledged(lab, 1, 1);
    for (let i = 0; i < 3; i++) acknowledged(lab, 2, 1);
    lab.world.kill(2);
    lab.decide({ leader: 1, isr: [1] });
    tell(lab, 1);
    acknowledged(lab, 1, 1);
    cut(lab, 1, 2, false);
    restart(lab, 2);
    lab.pass(5 * SECOND);
    return [lab.epochs(1), lab.epochs(2)];
  }

  it('leaves two histories under one high watermark when the leader answers with an offset alone (0.11)', () => {
    expect(epochs('0.11')).toEqual([
      [0, 0, 0, 0, 2],
      [0, 0, 1, 1, 2],
    ]);
  });

  it.each(['2.0', '2.1', '3.9'])('leaves one when it names the epoch: %s', (version) => {
    const [leader, follower] = epochs(version);
    expect(leader).toEqual([0, 0, 0, 0, 2]);
    expect(follower).toEqual(leader);
  });
});

describe('S4: a follower of a former epoch that still fetches (KIP-320)', () => {
  /** Does the leader acknowledge a record of which broker 3 holds another version? */
  function acknowledgedWithout(version: string): boolean {
    const lab = cluster(1, { rules: dataPathOf(version), topic: { 'min.insync.replicas': 2 } });
    // Broker 3 has a record of epoch 0 that 2 never gets.
    cut(lab, 1, 2);
    acknowledged(lab, 1, 1);
    lab.until('broker 3 has it', () => lab.replica(3).logEnd === 2);
    withhold(lab, 3);
    lab.decide({ leader: 2 });
    for (const broker of [1, 2]) lab.awaitMetadata(broker);
    cut(lab, 1, 2, false);
    lab.until('broker 1 has cut it', () => lab.replica(1).logEnd === 1);
    lab.decide({ leader: 1 });
    for (const broker of [1, 2]) lab.awaitMetadata(broker);
    const batch = lab.batch();
    const id = lab.produce(1, -1, batch, { timeoutMs: 5000 });
    const isAcknowledged = lab.produceError(id) === KafkaError.NONE;
    expect(lab.log(3)).not.toContain(batch.records[0].value);
    return isAcknowledged;
  }

  it('counts for the high watermark up to 2.0, over a record that it does not have', () => {
    expect(acknowledgedWithout('2.0')).toBe(true);
  });

  it('is fenced since 2.1', () => {
    expect(acknowledgedWithout('2.1')).toBe(false);
    expect(acknowledgedWithout('3.9')).toBe(false);
  });
});

describe('S5: a follower that joins the ISR below the start of the leader epoch (KAFKA-7128)', () => {
  /** 3 leads with 1, hands over to 1, and cannot fetch from it; 2, which was out, fetches once; then 1 dies. */
  function joins(leaderEpochStartOffset: boolean): boolean {
    const lab = cluster(3, { rules: { leaderEpochStartOffset }, settings: shortLag });
    cut(lab, 2, 3);
    lab.decide({ isr: [1, 3] });
    lab.pass(2 * SECOND);
    const value = acknowledged(lab, 3, -1);
    expect(lab.replica(1)).toMatchObject({ logEnd: 2, highWatermark: 1 });
    cut(lab, 1, 3);
    const host = lab.host(1);
    withhold(lab, 2);
    lab.decide({ leader: 1 });
    lab.until('broker 1 leads', () => lab.replica(1).isLeader);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 1, leaderEpochStartOffset: 2 });
    // Broker 2 asks from 1, and what it would be answered with is held up.
    host.hold();
    tell(lab, 2);
    lab.until('broker 2 has asked', () => {
      while (host.waiting.length > 0 && host.waiting[0] !== BrokerTimer.followerState) host.step();
      return host.waiting.length > 0;
    });
    lab.world.net.cut(1, 2, true);
    host.release();
    lab.pass(100 * MILLI);
    const joined = lab.script.image.partition(0)!.isr.includes(2);
    lab.world.kill(1);
    expect(lab.log(2)).not.toContain(value);
    return joined;
  }

  it('could be elected without committed records up to 2.0.0, and not since', () => {
    expect([joins(false), joins(true)]).toEqual([true, false]);
  });
});

describe('S6: a leader that counts only the ISR that was confirmed (KIP-497)', () => {
  /** Broker 3 is proposed and perhaps taken in by now; it has fetched nothing since. Is a write acknowledged without it? */
  function acknowledgedWithout(maximalIsr: boolean): boolean {
    const lab = labWithLeader({ settings: shortLag, rules: { maximalIsr } }, [1, 2]);
    lab.script.confirmIsr = false;
    lab.fetched(2, 1, 0);
    lab.fetched(3, 1, 0);
    lab.until('broker 3 is proposed', () => lab.controller.inbox.length === 1);
    lab.pass(1500 * MILLI);
    const id = lab.produce(1, -1);
    lab.until('it is appended', () => lab.replica(1).logEnd === 1);
    lab.fetched(2, 1, 1);
    lab.pass(100 * MILLI);
    return lab.reply(id) !== undefined;
  }

  it('acknowledges what a member that the controller may elect does not have', () => {
    expect([acknowledgedWithout(false), acknowledgedWithout(true)]).toEqual([true, false]);
  });
});
