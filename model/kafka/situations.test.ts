import { describe, expect, it } from 'vitest';
import { KernelProbe } from '../kernel/probes.js';
import type { System } from '../system.js';
import { kafkaProbes, Probe } from './probes.js';
import { kernelProbes } from '../kernel/probes.js';
import { KafkaError } from './protocol/errors.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import { kafkaSituations } from './situations.js';
import { smallCluster, type SmallCluster } from './testing/cluster-spec.js';
import { Run } from './testing/run.js';

type ProbeRecord = readonly [kind: number, machine: number, key: number, ...fields: number[]];

/** By key: the only one that its topic was not created with. */
const ADDED = 9;

/** A system of which only the sizes matter: RF 3, min.insync.replicas 2. */
const system = {
  spec: { topics: [{ name: 'orders', partitions: ADDED + 1, initialPartitions: ADDED }] },
  replicas: () => [1, 2, 3],
  view: () => ({ minInsyncReplicas: () => 2 }),
} as unknown as System;

/** Names of the situations that these probes reach, in this order. */
function reached(...records: readonly ProbeRecord[]): string[] {
  const names = kafkaSituations.flatMap((situation) => {
    const recognise = situation.create(system);
    const isReached = records
      .filter(([kind]) => situation.on.includes(kind))
      .map(([kind, machine, key, a = 0, b = 0, c = 0, d = 0]) => recognise(kind, machine, key, a, b, c, d))
      .includes(true);
    return isReached ? [situation.name] : [];
  });
  return names;
}

const isr = (...brokers: number[]): number => brokers.reduce((mask, broker) => mask | (1 << broker), 0);
const changed = (leader: number, ...members: number[]): ProbeRecord => [
  Probe.partitionChanged,
  4,
  0,
  leader,
  0,
  isr(...members),
  0,
];
const elected = (leader: number, oldLeader: number, reason: number): ProbeRecord => [
  Probe.elected,
  4,
  0,
  leader,
  1,
  oldLeader,
  reason,
];
const leads = (machine: number, epoch: number): ProbeRecord => [Probe.becomeLeader, machine, 0, epoch];
const append = (machine: number, value: number, asLeader: 0 | 1, offset = value): ProbeRecord => [
  Probe.append,
  machine,
  0,
  offset,
  0,
  value,
  asLeader,
];
const acknowledged = (machine: number): ProbeRecord => [Probe.acknowledged, machine, 0, 0, 0, 0, 1];

describe('situations', () => {
  it('have names and sentences of their own, and listen to probes that exist', () => {
    const names = kafkaSituations.map((situation) => situation.name);
    expect(new Set(names).size).toBe(names.length);
    const kinds = [...kernelProbes, ...kafkaProbes].map((probe) => probe.kind);
    const own = kafkaProbes.map((probe) => probe.kind);
    expect(new Set(own).size).toBe(own.length);
    for (const { name, sentence, on } of kafkaSituations) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      for (const kind of on) expect(kinds).toContain(kind);
    }
  });

  it('an ISR that stays the same is neither shrunk nor expanded', () => {
    expect(reached(changed(1, 1, 2, 3), changed(2, 1, 2, 3))).toEqual([]);
    expect(reached(changed(1, 1, 2, 3), changed(1, 1, 2))).toEqual(['isr-shrank']);
    expect(reached(changed(1, 1, 2), changed(1, 1, 2, 3))).toEqual(['isr-expanded']);
    expect(reached(changed(1, 1, 2), changed(1, 1, 3))).toEqual(['isr-shrank', 'isr-expanded']);
  });

  it('an ISR below min.insync.replicas, a leaderless partition and a frozen ISR are told apart', () => {
    expect(reached(changed(1, 1))).toEqual(['isr-below-min']);
    expect(reached(changed(-1, 1, 2))).toEqual(['no-leader']);
    expect(reached(changed(-1, 1))).toEqual(['isr-below-min', 'no-leader', 'frozen-isr']);
  });

  it('a leader that comes back after a time without one has not moved', () => {
    expect(reached(elected(1, -1, 0), elected(-1, 1, 3), elected(1, -1, 0))).toEqual([]);
    expect(reached(elected(1, -1, 0), elected(-1, 1, 3), elected(2, -1, 0))).toEqual(['leader-moved']);
    expect(reached(elected(1, -1, 0), elected(2, 1, 2))).toEqual(['leader-moved', 'leader-moved-on-purpose']);
    expect(reached(elected(2, -1, 1))).toEqual(['unclean-election']);
  });

  it('two leaders at once: the deposed one must act, while another leads in a later epoch and runs', () => {
    expect(reached(leads(1, 3), leads(2, 4))).toEqual([]);
    expect(reached(leads(1, 3), leads(2, 4), append(2, 7, 1))).toEqual([]);
    expect(reached(leads(1, 3), leads(2, 4), append(1, 7, 0))).toEqual([]);
    expect(reached(leads(1, 3), append(1, 7, 1, 5), leads(2, 4), append(2, 8, 1, 6))).toEqual([]);
    expect(reached(leads(1, 3), append(1, 7, 1, 5), leads(2, 4), append(2, 8, 1, 5))).toEqual(['two-leaders-at-once']);
    expect(reached(leads(1, 3), leads(2, 4), append(1, 7, 1))).toEqual(['two-leaders-at-once']);
    expect(reached(leads(1, 3), leads(2, 4), [Probe.becomeFollower, 1, 0, 4, 2], acknowledged(1))).toEqual([]);
    expect(reached(leads(1, 3), leads(2, 4), [KernelProbe.processKilled, 2, -1], acknowledged(1))).toEqual([]);
    expect(reached(leads(1, 3), leads(2, 4), acknowledged(1))).toEqual([
      'two-leaders-at-once',
      'deposed-leader-acknowledged',
    ]);
  });

  it('a truncation below the high watermark is told from one above it, and from recovery', () => {
    const highWatermark: ProbeRecord = [Probe.highWatermark, 2, 0, 5, 3, 0, 0];
    expect(reached(highWatermark, [Probe.truncate, 2, 0, 5, 9, 0])).toEqual(['log-truncated']);
    expect(reached(highWatermark, [Probe.truncate, 2, 0, 4, 9, 0])).toEqual([
      'log-truncated',
      'log-truncated-below-high-watermark',
    ]);
    expect(reached([Probe.truncate, 2, 0, 4, 9, 2])).toEqual(['log-cut-by-recovery']);
  });

  it("a follower's high watermark that goes back is told from a leader's that goes on", () => {
    expect(reached([Probe.highWatermark, 2, 0, 3, 5, 0, 0])).toEqual(['follower-high-watermark-went-back']);
    expect(reached([Probe.highWatermark, 2, 0, 5, 3, 0, 0])).toEqual([]);
  });

  it('refusals are told apart by their error', () => {
    const refused = (error: number): string[] => reached([Probe.refused, 1, 0, error, 5, -1]);
    expect(refused(KafkaError.NOT_ENOUGH_REPLICAS)).toEqual(['writes-refused']);
    expect(refused(KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND)).toEqual(['not-enough-replicas-after-append']);
    expect(refused(KafkaError.REQUEST_TIMED_OUT)).toEqual(['request-timed-out-in-purgatory']);
    expect(refused(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)).toEqual(['out-of-order-sequence-refused']);
    expect(refused(KafkaError.NOT_LEADER_OR_FOLLOWER)).toEqual([]);
  });

  it('delivery order changes when a later batch of the same producer is appended first, not when a retry repeats one', () => {
    const sent = (producer: number, value: number): ProbeRecord => [Probe.batchSent, producer, 0, 1, value, -1, 1];
    expect(reached(sent(5, 10), sent(5, 11), append(1, 10, 1), append(1, 11, 1), append(1, 10, 1))).toEqual([]);
    expect(reached(sent(5, 10), sent(6, 11), append(1, 11, 1), append(1, 10, 1))).toEqual([]);
    expect(reached(sent(5, 10), sent(5, 11), append(1, 11, 1), append(1, 10, 1))).toEqual(['delivery-order-changed']);
  });

  it('a partition that was added is told from those that the topic was created with', () => {
    expect(reached([Probe.elected, 4, ADDED, 1, 0, NO_LEADER])).toContain('partitions-created');
    expect(reached([Probe.elected, 4, 0, 1, 0, NO_LEADER])).not.toContain('partitions-created');
  });

  it('settings that were altered are told from those that a leader has not heard of', () => {
    const altered: ProbeRecord = [Probe.topicSettingsAltered, 4, 0, 1, 0];
    const applied: ProbeRecord = [Probe.topicSettingsApplied, 2, 0, 1, 0];
    const acknowledged: ProbeRecord = [Probe.acknowledged, 2, 0, 0, 0, 0, -1];
    expect(reached(altered, applied, acknowledged)).toContain('topic-settings-altered');
    expect(reached(altered, applied, acknowledged)).not.toContain('topic-settings-differ');
    expect(reached(altered, acknowledged)).toContain('topic-settings-differ');
    expect(reached(applied, acknowledged)).not.toContain('topic-settings-altered');
  });

  it('eligible leader replicas have names', () => {
    const eligible = (lastKnownLeader: number, ...brokers: number[]): ProbeRecord => [
      Probe.elrChanged,
      4,
      0,
      isr(...brokers),
      lastKnownLeader,
    ];
    expect(reached(eligible(-1, 2))).toEqual(['elr-kept']);
    expect(reached(changed(-1))).toEqual(['isr-below-min', 'isr-empty', 'no-leader']);
    expect(reached(elected(2, -1, 5))).toEqual(['elr-elected']);
    expect(reached(elected(2, -1, 6))).toEqual(['last-known-leader-elected']);
    const registered: ProbeRecord = [Probe.brokerRegistered, 4, -1, 2];
    const after = (...rest: ProbeRecord[]) => reached(eligible(-1, 1, 2), changed(3, 3), ...rest);
    expect(after(registered, eligible(-1, 1), changed(3, 3))).toContain('elr-member-removed');
    expect(after(registered, eligible(-1), changed(3, 3, 1))).not.toContain('elr-member-removed');
    expect(after(registered, eligible(-1, 1), changed(2, 2))).not.toContain('elr-member-removed');
  });

  it('power loss, damage, fencing and restarts have names', () => {
    expect(reached([Probe.dataLost, 1, 0, 3, 5, 0])).toEqual(['unsynced-data-lost']);
    expect(reached([Probe.dataLost, 1, 0, 3, 5, 2])).toEqual([]);
    expect(reached([Probe.controllerReady, 4, -1, 0, 1])).toEqual([]);
    const ready = (machine: number, epoch: number): ProbeRecord => [Probe.controllerReady, machine, -1, 0, epoch];
    expect(reached(ready(4, 1), ready(4, 2))).toEqual(['controller-restarted']);
    expect(reached(ready(4, 1), ready(5, 2))).toEqual(['controller-failed-over']);
    expect(reached([Probe.quorumResigned, 4, -1, 1])).toEqual(['controller-resigned']);
    expect(reached([Probe.uncommittedReverted, 4, -1, 2, 1])).toEqual(['uncommitted-decision-reverted']);
    expect(reached([Probe.logLoaded, 1, 0, 0, 0, 0])).toEqual([]);
    expect(reached([Probe.logLoaded, 1, 0, 0, 0, 1])).toEqual(['broker-restarted-unclean']);
    expect(reached([Probe.registrationRefused, 4, -1, 1, 101])).toEqual(['duplicate-registration-refused']);
    expect(reached([Probe.fetchRefused, 1, 0, KafkaError.FENCED_LEADER_EPOCH, 2])).toEqual(['stale-fetch-fenced']);
    expect(reached([Probe.fetchRefused, 1, 0, KafkaError.NOT_LEADER_OR_FOLLOWER, 2])).toEqual([]);
  });
});

describe('situations of a running cluster', () => {
  function watch(wanted: SmallCluster): { run: Run; names: Set<string> } {
    const run = new Run(smallCluster(wanted));
    const names = new Set<string>();
    for (const situation of kafkaSituations) {
      const recognise = situation.create(run.kafka);
      run.world.probes.listen(situation.on, {
        onProbe: (kind, machine, key, a, b, c, d) => {
          if (recognise(kind, machine, key, a, b, c, d)) names.add(situation.name);
        },
      });
    }
    run.up();
    return { run, names };
  }

  function cutOff(run: Run, broker: number, others: readonly number[], on: boolean): void {
    for (const other of others) {
      run.world.net.cut(broker, other, on);
      run.world.net.cut(other, broker, on);
    }
  }

  it('a quiet run reaches none', () => {
    const { run, names } = watch({});
    const afterBoot = [...names];
    run.send(50);
    run.run(20);
    expect([...names]).toEqual(afterBoot);
  });

  it('a leader cut off from all but its client: two leaders, a deposed one that acknowledges under acks=1, a cut log', () => {
    const { run, names } = watch({ producer: { acks: 1, 'enable.idempotence': false } });
    const deposed = run.leader();
    const others = [1, 2, 3, 4].filter((machine) => machine !== deposed);
    cutOff(run, deposed, others, true);
    run.send(60, 0.25);
    expect(names).toContain('deposed-leader-acknowledged');
    cutOff(run, deposed, others, false);
    run.until(120, () => run.kafka.settled());
    for (const name of [
      'two-leaders-at-once',
      'broker-fenced',
      'leader-moved',
      'isr-shrank',
      'isr-expanded',
      'log-truncated',
    ]) {
      expect(names).toContain(name);
    }
    expect(names).not.toContain('log-truncated-below-high-watermark');
  });

  it('the same under acks=all: the deposed leader appends and acknowledges nothing', () => {
    const { run, names } = watch({ producer: { 'request.timeout.ms': 4000 } });
    const deposed = run.leader();
    const others = [1, 2, 3, 4].filter((machine) => machine !== deposed);
    cutOff(run, deposed, others, true);
    run.send(60, 0.25);
    cutOff(run, deposed, others, false);
    run.until(120, () => run.kafka.settled());
    expect(names).toContain('two-leaders-at-once');
    expect(names).not.toContain('deposed-leader-acknowledged');
  });

  it('brokers lost one after the other leave a frozen ISR', () => {
    const { run, names } = watch({});
    run.send(10);
    for (const broker of [1, 2, 3]) {
      run.world.kill(broker);
      run.send(10, 1.2);
    }
    expect(names).toContain('frozen-isr');
    for (const broker of [1, 2, 3]) run.world.start(broker);
    run.until(200, () => run.kafka.settled());
    expect(names).toContain('writes-refused');
    expect(names).toContain('broker-restarted-unclean');
    expect(names).not.toContain('unclean-election');
  });
});
