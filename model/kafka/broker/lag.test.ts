/** What makes a follower leave the ISR, by release (replication.md §4.1), and what the high watermark waits for (§3.3). */
import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import type { DefectId } from '../protocol/versions/defects.js';
import { Api, type AlterPartitionRequest, type FetchResponse } from '../protocol/messages.js';
import { labWithLeader, MILLI, SECOND, type Lab, type LabOptions } from './testing/lab.js';

const mask = (...brokers: number[]): number => brokers.reduce((set, broker) => set | (1 << broker), 0);

/** Up to 0.8.2, where replica.lag.time.max.ms was 10 s. */
function byMessages(limit: number, more: LabOptions = {}): LabOptions {
  const settings = { 'replica.lag.max.messages': limit, 'replica.lag.time.max.ms': 10_000 };
  return { ...more, settings, rules: { replicaLag: 'messages-and-time', highWatermarkWaitsForCaughtUp: false } };
}

/** The follower fetches what there is, every second. */
function keepsUp(lab: Lab, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    lab.fetched(2, 1, lab.replica(1).logEnd);
    lab.pass(SECOND);
  }
}

describe('lag by messages and time, up to 0.8.2', () => {
  it('one burst puts every healthy follower out of the ISR, and acks=all is then a promise of one broker (KAFKA-1546)', () => {
    const lab = labWithLeader(byMessages(4, { brokers: 2 }));
    keepsUp(lab, 5);
    const id = lab.produce(1, -1, lab.batch(5));
    lab.until('the ISR shrinks', () => lab.all('isr-pending').length === 1, 11 * SECOND);
    expect(lab.all('isr-pending')[0].isr).toBe(mask(1));
    expect(lab.produceError(id)).toBe(KafkaError.NONE);
    // Nobody else holds the records.
    expect(lab.all('follower-fetched').some(({ fetchOffset }) => fetchOffset >= 5)).toBe(false);
  });

  it('the same burst puts nobody out by time alone', () => {
    const lab = labWithLeader({ brokers: 2 });
    keepsUp(lab, 5);
    lab.produce(1, 1, lab.batch(5));
    lab.pass(11 * SECOND);
    expect(lab.all('isr-pending')).toEqual([]);
  });

  it('puts a follower out that is silent, be it at the log end, and looks every replica.lag.time.max.ms', () => {
    const lab = labWithLeader(byMessages(4000, { brokers: 2 }));
    lab.fetched(2, 1, 0);
    const from = lab.world.now;
    lab.until('the ISR shrinks', () => lab.all('isr-pending').length === 1);
    expect(lab.world.now - from).toBeGreaterThan(10 * SECOND);
    expect(lab.world.now - from).toBeLessThanOrEqual(20 * SECOND);
  });

  it('leaves a follower in that fetches all the time and lags by less', () => {
    const lab = labWithLeader(byMessages(4, { brokers: 2 }));
    lab.produce(1, 1, lab.batch(4));
    for (let second = 0; second < 40; second++) {
      lab.fetched(2, 1, 0);
      lab.pass(SECOND);
    }
    expect(lab.all('isr-pending')).toEqual([]);
  });
});

describe('a caught-up follower outside the ISR', () => {
  /** Broker 2 has caught up, and cannot join: another proposal of the leader waits at the controller. */
  function labOf(waits: boolean): Lab {
    const lab = labWithLeader({ rules: { highWatermarkWaitsForCaughtUp: waits } }, [1]);
    lab.script.confirmIsr = false;
    lab.fetched(3, 1, 0);
    lab.until('broker 3 is proposed', () => lab.controller.inbox.length === 1);
    lab.fetched(2, 1, 0);
    lab.awaitReply(lab.produce(1, 1));
    lab.fetched(3, 1, 1);
    return lab;
  }

  it('holds the high watermark back, so that it can reach it at all', () => {
    expect(labOf(true).replica(1).highWatermark).toBe(0);
  });

  it('was passed over in 0.8.2', () => {
    expect(labOf(false).replica(1).highWatermark).toBe(1);
  });
});

describe('min.insync.replicas above the number of replicas', () => {
  const options = { brokers: 2, topic: { 'min.insync.replicas': 3 } };

  it('counts as their number since 3.7 (KAFKA-15583)', () => {
    const lab = labWithLeader(options);
    const id = lab.produce(1, -1);
    lab.until('it is appended', () => lab.replica(1).logEnd === 1);
    lab.fetched(2, 1, 1);
    expect(lab.produceError(id)).toBe(KafkaError.NONE);
  });

  it('refused every acks=all write before', () => {
    const lab = labWithLeader({ ...options, rules: { effectiveMinIsr: false } });
    expect(lab.produceError(lab.produce(1, -1))).toBe(KafkaError.NOT_ENOUGH_REPLICAS);
  });
});

describe('a write that an ISR shrink below min.insync.replicas overtakes', () => {
  function labOf(gate: boolean): { readonly lab: Lab; readonly id: number } {
    const lab = labWithLeader({ brokers: 2, topic: { 'min.insync.replicas': 2 }, rules: { highWatermarkGate: gate } });
    const id = lab.produce(1, -1, lab.batch(), { timeoutMs: 60_000 });
    lab.until('the ISR shrinks', () => lab.all('isr-adopted').length === 1);
    return { lab, id };
  }

  it('was answered with NOT_ENOUGH_REPLICAS_AFTER_APPEND before 3.7: the shrink let the high watermark jump', () => {
    const { lab, id } = labOf(false);
    expect(lab.produceError(id)).toBe(KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    expect(lab.replica(1).highWatermark).toBe(1);
  });

  it('times out since, and stays in the log (KAFKA-15583)', () => {
    const { lab, id } = labOf(true);
    expect(lab.produceError(id)).toBe(KafkaError.REQUEST_TIMED_OUT);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 0, logEnd: 1 });
  });
});

describe("a move of the high watermark while a follower's fetch is parked", () => {
  function answered(wakes: boolean): boolean {
    const lab = labWithLeader({ rules: { highWatermarkWakesFollowers: wakes } });
    lab.awaitReply(lab.produce(1, 1));
    lab.fetched(2, 1, 0);
    const parked = lab.followerFetch(2, 1, 1, { maxWaitMs: 60_000 });
    lab.pass(100 * MILLI);
    expect(lab.reply(parked, 2)).toBeUndefined();
    lab.fetched(3, 1, 1);
    lab.pass(100 * MILLI);
    expect(lab.replica(1).highWatermark).toBe(1);
    return lab.reply<FetchResponse>(parked, 2)?.partitions[0].highWatermark === 1;
  }

  it('answers it in 2.4 and 2.5, and not since 2.6 (KAFKA-9952)', () => {
    expect([answered(true), answered(false)]).toEqual([true, false]);
  });
});

describe('a proposal to shrink that is confirmed', () => {
  function highWatermark(defects: readonly DefectId[]): number {
    const lab = labWithLeader({ brokers: 2, defects });
    lab.awaitReply(lab.produce(1, 1));
    lab.script.confirmIsr = false;
    lab.until('the shrink is proposed', () => lab.controller.inbox.length === 1);
    lab.script.withheld.add(1);
    lab.controller.answer(Api.alterPartition, (request) => lab.controller.confirm(request as AlterPartitionRequest));
    lab.until('it is adopted', () => lab.all('isr-adopted').length === 1);
    return lab.replica(1).highWatermark;
  }

  it('moves the high watermark at once, but for KAFKA-13091', () => {
    expect([highWatermark([]), highWatermark(['KAFKA-13091'])]).toEqual([1, 0]);
  });
});
