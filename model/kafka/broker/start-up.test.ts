import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { segmentPath } from '../log/paths.js';
import { Lab, labWithFollower, labWithLeader, answerFetch, MILLI, SECOND } from './testing/lab.js';
import { BrokerTimer } from './timers.js';

function written(lab: Lab, count: number): void {
  for (let i = 0; i < count; i++) lab.awaitReply(lab.produce(1, 1));
}

/** The broker runs again and is unfenced, in another registration. */
function restarted(lab: Lab): void {
  const former = lab.brokerEpoch(1);
  lab.world.start(1);
  lab.until('it is back', () => lab.brokerEpoch(1) !== former && lab.script.image.broker(1)?.fenced === false);
  lab.awaitMetadata(1);
}

describe('a broker that starts', () => {
  it('registers, catches up, loads its logs, recovers each, and only then serves and asks to be unfenced', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    written(lab, 2);
    lab.world.kill(1);
    const from = lab.announced.length;
    lab.world.start(1);
    lab.host(1).hold();
    lab.until('it waits to load', () => lab.host(1).waiting.includes(BrokerTimer.loadLogs));
    expect(lab.broker(1).brokerEpoch()).toBe(lab.brokerEpoch(1));
    expect(lab.announced.slice(from)).toEqual([]);
    lab.host(1).step();
    expect(lab.host(1).waiting).toEqual([BrokerTimer.recoverLog]);
    expect(lab.announced.slice(from)).toEqual([]);
    lab.host(1).step();
    expect(lab.all('log-loaded', 1).at(-1)).toEqual({ logEnd: 2, highWatermark: 0, unclean: 1, latestEpoch: 0 });
    lab.pass(5 * SECOND);
    expect(lab.script.image.broker(1)!.fenced).toBe(true);
    const early = lab.produce(1, 1, lab.batch(), { lane: 9 });
    lab.pass(SECOND);
    expect(lab.client.broken.at(-1)).toEqual({ peer: 1, why: 'refused' });
    expect(lab.reply(early)).toBeUndefined();
    lab.host(1).release();
    lab.until('it is unfenced', () => !lab.script.image.broker(1)!.fenced);
    expect(lab.replica(1)).toMatchObject({ isLeader: true, logEnd: 2 });
  });

  it('has its log back after a kill, and its idempotent producers with it', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    const batch = lab.batch(1, { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    expect(lab.produceError(lab.produce(1, 1, batch))).toBe(KafkaError.NONE);
    lab.world.kill(1);
    restarted(lab);
    expect(lab.log(1)).toEqual([1]);
    expect(lab.produceError(lab.produce(1, 1, batch))).toBe(KafkaError.NONE);
    expect(lab.log(1)).toEqual([1]);
    expect(lab.all('deduplicated')).toHaveLength(1);
  });

  it('counts its high watermark from the last checkpoint, every replica.high.watermark.checkpoint.interval.ms', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 4);
    lab.fetched(2, 1, 3);
    lab.pass(6 * SECOND);
    lab.fetched(2, 1, 4);
    expect(lab.replica(1).highWatermark).toBe(4);
    lab.world.kill(1);
    restarted(lab);
    // Elected as before, it waits for its follower: until that fetches it knows no more than the checkpoint.
    expect(lab.replica(1)).toMatchObject({ highWatermark: 3, logEnd: 4 });
  });

  it('fetches from its log end, in the epoch in which it last wrote', () => {
    const lab = labWithFollower();
    const batch = lab.batch(3, { baseOffset: 0, partitionLeaderEpoch: 0 });
    answerFetch(lab, 2, { batches: [batch] });
    lab.until('the records are there', () => lab.replica(1).logEnd === 3);
    lab.world.kill(1);
    lab.puppet(2).inbox.length = 0;
    restarted(lab);
    lab.until('it fetches', () => lab.puppet(2).inbox.length > 0);
    expect(lab.puppet(2).inbox[0].request).toMatchObject({ partitions: [{ fetchOffset: 3, lastFetchedEpoch: 0 }] });
  });

  it('gives up nothing that flush.messages=1 had put on the platter, whatever the power does', () => {
    const lab = labWithLeader({ brokers: 1, topic: { 'flush.messages': 1 } }, [1]);
    written(lab, 20);
    lab.world.powerLoss(1);
    restarted(lab);
    expect(lab.log(1)).toHaveLength(20);
  });

  it('keeps a prefix of what was not flushed, cut at a torn batch', () => {
    const ends = new Set<number>();
    let torn = 0;
    for (let seed = 0; seed < 40; seed++) {
      const lab = labWithLeader({ seed: `power ${seed}`, brokers: 1 }, [1]);
      written(lab, 8);
      const log = lab.log(1);
      lab.world.powerLoss(1);
      restarted(lab);
      expect(lab.log(1)).toEqual(log.slice(0, lab.replica(1).logEnd));
      expect(lab.replica(1).highWatermark).toBeLessThanOrEqual(8);
      ends.add(lab.replica(1).logEnd);
      torn += lab.all('truncate').length;
    }
    expect(ends.size).toBeGreaterThan(3);
    expect(torn).toBeGreaterThan(0);
  });

  it('after an orderly stop trusts its files, its high watermark is whole, and the marker is gone', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    written(lab, 3);
    lab.broker(1).shutDown();
    lab.until('it has stopped', () => !lab.world.isRunning(1));
    lab.world.powerLoss(1);
    restarted(lab);
    expect(lab.all('log-loaded', 1).at(-1)).toEqual({ logEnd: 3, highWatermark: 3, unclean: 0, latestEpoch: 0 });
    expect(lab.broker(1).previousBrokerEpoch).toBeGreaterThanOrEqual(0);
    lab.world.kill(1);
    restarted(lab);
    expect(lab.all('log-loaded', 1).at(-1)).toMatchObject({ unclean: 1 });
  });

  it('that crashes while it loads after an orderly stop counts as stopped uncleanly (KAFKA-10471)', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    written(lab, 1);
    lab.broker(1).shutDown();
    lab.until('it has stopped', () => !lab.world.isRunning(1));
    lab.world.start(1);
    lab.host(1).hold();
    lab.until('it loads', () => lab.host(1).waiting.includes(BrokerTimer.loadLogs));
    lab.host(1).step();
    lab.world.kill(1);
    restarted(lab);
    expect(lab.all('log-loaded', 1).at(-1)).toMatchObject({ unclean: 1 });
  });

  it('loses what its disk lost, down to the whole log, and begins again as a follower', () => {
    const lab = labWithFollower();
    answerFetch(lab, 2, { batches: [lab.batch(3, { baseOffset: 0, partitionLeaderEpoch: 0 })] });
    lab.until('the records are there', () => lab.replica(1).logEnd === 3);
    lab.world.kill(1);
    lab.world.diskFaults(1).wipe();
    restarted(lab);
    expect(lab.replica(1)).toMatchObject({ logEnd: 0, highWatermark: 0 });
    expect(lab.all('log-loaded', 1).at(-1)).toMatchObject({ logEnd: 0, latestEpoch: -1 });
  });

  it('halts when its only log directory fails', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    lab.world.diskFaults(1).ioErrors(true);
    lab.produce(1, 1);
    lab.pass(100 * MILLI);
    expect(lab.world.isRunning(1)).toBe(false);
    expect(lab.all('acknowledged')).toEqual([]);
    expect(lab.world.disk(1).open(segmentPath('orders-0', 0)).length).toBe(0);
  });
});

describe('a broker that is shutting down', () => {
  it('copies no more of what it has left the ISR of, and stops when the controller lets it', () => {
    const lab = labWithFollower();
    lab.until('it fetches', () => lab.puppet(2).inbox.length > 0);
    lab.script.letStop = false;
    lab.broker(1).shutDown();
    lab.decide({ leader: 3, isr: [2, 3] });
    lab.awaitMetadata(1);
    lab.pass(10 * SECOND);
    expect(lab.puppet(3).inbox).toEqual([]);
    expect(lab.world.isRunning(1)).toBe(true);
    lab.script.letStop = true;
    lab.until('it stops', () => !lab.world.isRunning(1));
  });

  it('answers the writes that wait for a leadership which it has given away', () => {
    const lab = labWithLeader();
    const id = lab.produce(1, -1);
    lab.pass(SECOND);
    lab.script.letStop = false;
    lab.broker(1).shutDown();
    lab.decide({ leader: 2, isr: [2, 3] });
    expect(lab.produceError(id)).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
  });
});

describe('a broker that serves', () => {
  it('closes a connection that nobody used for connections.max.idle.ms', () => {
    const lab = labWithLeader({ settings: { 'connections.max.idle.ms': 10_000 } });
    const waiting = lab.produce(1, -1, lab.batch(), { lane: 1 });
    lab.pass(3 * SECOND);
    written(lab, 1);
    lab.pass(9 * SECOND);
    expect(lab.client.broken).toEqual([]);
    lab.pass(2 * SECOND);
    expect(lab.client.broken).toEqual([{ peer: 1, why: 'closed' }]);
    expect(lab.produceError(waiting)).toBe(KafkaError.REQUEST_TIMED_OUT);
  });

  it('forgets producers that have been silent for producer.id.expiration.ms, at the next check', () => {
    const lab = labWithLeader({ brokers: 1, settings: { 'producer.id.expiration.ms': 60_000 } }, [1]);
    written(lab, 1);
    const first = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    lab.awaitReply(lab.produce(1, 1, lab.batch(1, first)));
    const gap = lab.batch(1, { ...first, baseSequence: 9 });
    expect(lab.produceError(lab.produce(1, 1, gap, { lane: 1 }))).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
    lab.pass(601 * SECOND);
    expect(lab.produceError(lab.produce(1, 1, gap, { lane: 2 }))).toBe(KafkaError.NONE);
  });
});
