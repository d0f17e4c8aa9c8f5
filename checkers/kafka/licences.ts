/**
 * The one place that decides whether an anomaly was taken out of Kafka's guarantees, for what black-box checkers found
 * in the history and what invariants saw in the replicas alike. Licences are events of the trace, or settings that
 * promise nothing. No licence: a bug, of Kafka's rules or of our model of them.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { History, Operation } from '../../histories/operation.js';
import type { Trace } from '../../histories/trace.js';
import type { CheckNotes } from './check-history.js';
import type { FinalRead } from './history/final-reads.js';
import { historyIndex } from './history/history-index.js';
import { electionLicence, damageLicence, lossLicence, type PartitionRules } from './licences/loss.js';
import type { PartitionTimeline, RecordIdentity, Stay } from './licences/partition-timeline.js';
import { licensed, type Licensed } from './licences/rows.js';
import { firstDamage, TraceTimeline } from './licences/trace-timeline.js';
import { probeKinds } from './probe-kinds.js';
import { hasRule, partitionFacts, producerGuarantees } from './settings.js';

export type { Licensed } from './licences/rows.js';

export class Licences {
  private readonly history: History;
  private readonly trace: Trace;
  private readonly notes: CheckNotes;
  private timeline: TraceTimeline | null = null;

  constructor(history: History, trace: Trace, notes: CheckNotes = {}) {
    this.history = history;
    this.trace = trace;
    this.notes = notes;
  }

  /** null: nothing licenses it. */
  of(anomaly: Anomaly): Licensed | null {
    switch (anomaly.type) {
      case 'lost-write':
      case 'unseen':
        return this.ofLoss(anomaly);
      case 'inconsistent-offsets':
      case 'ack-offset-mismatch':
        return this.ofWhatFollowsFromLoss(anomaly);
      case 'duplicate':
        return this.ofDuplicate(anomaly) ?? this.ofWhatFollowsFromLoss(anomaly);
      case 'nonmonotonic-send':
      case 'int-nonmonotonic-send':
      case 'key-order':
        return this.ofOrder(anomaly) ?? this.ofWhatFollowsFromLoss(anomaly);
      case 'W1':
        return this.ofElection(anomaly) ?? this.ofCommittedRecords(anomaly);
      case 'W2':
      case 'W5':
      case 'W6':
        return this.ofCommittedRecords(anomaly);
      case 'stuck':
        return this.ofStanding();
      default:
        return null;
    }
  }

  /**
   * Progress is promised while no replica is impaired by bit rot: a damaged batch holds up the leader's followers and
   * readers until an operator replaces the disk.
   */
  private ofStanding(): Licensed | null {
    if (this.notes.stuck?.bound === 'required') return licensed('required-bound', -1);
    const damage = firstDamage(this.trace);
    return damage < 0 ? null : licensed('damaged-replica', damage);
  }

  /** The copy that was acknowledged is the one that must not get lost. */
  private ofLoss(anomaly: Anomaly): Licensed | null {
    const value = anomaly.values[0]!;
    const writer = this.writerOf(anomaly.key, value);
    const { acks } = producerGuarantees(this.history.header, writer?.client ?? '');
    if (acks === 0) return licensed('acks-0', -1);
    const partition = this.partition(anomaly.key);
    const offset = anomaly.offsets[0] ?? -1;
    const copies = partition
      .appendsOf(value)
      .filter((copy) => (offset < 0 || copy.offset === offset) && partition.commitmentsOf(copy).length > 0);
    // What was never acknowledged was read: it had been below the high watermark, which promises as much as acks=all.
    const promise = writer?.outcome === 'ok' ? acks : 'all';
    const licences = copies.map(
      (copy) =>
        this.ofReadersWithout(anomaly, value, copy) ?? lossLicence(partition, this.rules(anomaly.key), copy, promise),
    );
    return licences.includes(null) ? null : (licences[licences.length - 1] ?? null);
  }

  /** On each replica that was read in full without the record, the disk must have damaged it. */
  private ofReadersWithout(anomaly: Anomaly, value: number, copy: RecordIdentity): Licensed | null {
    const index = historyIndex(this.history);
    const record = index.recordOf(anomaly.key, value);
    const partition = this.partition(anomaly.key);
    let licence: Licensed | null = null;
    for (const read of index.finalReads) {
      if (read.key !== anomaly.key || !read.complete || returned(read, record)) continue;
      licence = damageLicence(partition, this.rules(anomaly.key), copy, read.machine);
      if (licence === null) return null;
    }
    return licence;
  }

  /** An offset given out again, a record back at another offset: one of the records involved, or a copy of it, was lost. */
  private ofWhatFollowsFromLoss(anomaly: Anomaly): Licensed | null {
    const partition = this.partition(anomaly.key);
    for (const value of anomaly.values) {
      const writer = this.writerOf(anomaly.key, value);
      const { acks } = producerGuarantees(this.history.header, writer?.client ?? '');
      if (acks === 0) return licensed('acks-0', -1);
      for (const copy of partition.appendsOf(value)) {
        const licence =
          lossLicence(partition, this.rules(anomaly.key), copy, acks) ??
          lossLicence(partition, this.rules(anomaly.key), copy, 'all');
        if (licence !== null) return licence;
      }
    }
    return null;
  }

  private ofDuplicate(anomaly: Anomaly): Licensed | null {
    const index = historyIndex(this.history);
    const record = index.recordOf(anomaly.key, anomaly.values[0]!);
    if (record < 0) return null;
    if (this.history.header.resend && index.records.resent[record] === 1) return licensed('resend', -1);
    const producer = producerGuarantees(this.history.header, index.writer(record)?.client ?? '');
    return !producer.idempotent && producer.retries > 0 ? licensed('retries-without-idempotence', -1) : null;
  }

  private ofOrder(anomaly: Anomaly): Licensed | null {
    const writer = this.writerOf(anomaly.key, anomaly.values[0]!);
    const producer = producerGuarantees(this.history.header, writer?.client ?? '');
    if (producer.idempotent) return null;
    if (producer.acks === 0) return licensed('acks-0', -1);
    if (producer.maxInFlight > 1 && producer.retries > 0) return licensed('in-flight-without-idempotence', -1);
    if (producer.retries > 0 && this.isFurtherCopy(anomaly)) return licensed('retries-without-idempotence', -1);
    return this.ofLateRequest(anomaly);
  }

  /** Out of place is only a further copy of a record that stands in its place: a batch that was retried (1, 2, 1, 2). */
  private isFurtherCopy({ key, values, offsets }: Anomaly): boolean {
    const index = historyIndex(this.history);
    const record = index.recordOf(key, values[1]!);
    return record >= 0 && index.firstOffset(record) < offsets[0]!;
  }

  /** A record that was appended when its client had stopped waiting for it: the bytes were under way all the time. */
  private ofLateRequest(anomaly: Anomaly): Licensed | null {
    for (const value of anomaly.values) {
      const over = this.writerOf(anomaly.key, value)?.completedAt ?? -1;
      if (over < 0) continue;
      const late = this.partition(anomaly.key)
        .appendsOf(value)
        .find(({ from }) => this.trace.time[from]! > over);
      if (late !== undefined) return licensed('late-request', late.from);
    }
    return null;
  }

  /** A leader began without the committed prefix: judged by how it was elected. */
  private ofElection(anomaly: Anomaly): Licensed | null {
    const event = anomaly.events[0] ?? -1;
    if (event < 0 || this.trace.kind[event] !== probeKinds(this.trace.header.probes).becomeLeader) return null;
    const leaderEpoch = this.trace.a[event]!;
    const election = this.partition(anomaly.key).elections.find((one) => one.leaderEpoch === leaderEpoch);
    return election === undefined ? null : electionLicence(this.rules(anomaly.key), election);
  }

  /** Invariants hold for what consumers could read, whatever producers asked for. */
  private ofCommittedRecords(anomaly: Anomaly): Licensed | null {
    const partition = this.partition(anomaly.key);
    for (const record of this.recordsOf(anomaly, partition)) {
      const licence = lossLicence(partition, this.rules(anomaly.key), record, 'all');
      if (licence !== null) return licence;
    }
    return null;
  }

  private recordsOf(anomaly: Anomaly, partition: PartitionTimeline): readonly Stay[] {
    return anomaly.values
      .flatMap((value) => partition.appendsOf(value))
      .filter((record) => anomaly.offsets.includes(record.offset));
  }

  private writerOf(key: number, value: number): Operation | undefined {
    const index = historyIndex(this.history);
    const record = index.recordOf(key, value);
    return record < 0 ? undefined : index.writer(record);
  }

  private partition(key: number): PartitionTimeline {
    this.timeline ??= new TraceTimeline(this.trace);
    return this.timeline.partition(key);
  }

  private rules(key: number): PartitionRules {
    const { header } = this.history;
    const { replicas, minInsyncReplicas } = partitionFacts(this.history, key);
    return { eligibleLeaderReplicas: hasRule(header, 'eligibleLeaderReplicas'), minInsyncReplicas, replicas };
  }
}

function returned({ records }: FinalRead, record: number): boolean {
  for (let i = 0; i < records.length; i++) if (records.at(i) === record) return true;
  return false;
}
