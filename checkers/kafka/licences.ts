/**
 * The one place that decides whether an anomaly was taken out of Kafka's guarantees, for what black-box checkers found
 * in the history and what invariants saw in the replicas alike. Licences are events of the trace, or settings that
 * promise nothing. No licence: a bug, of Kafka's rules or of our model of them.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { History, Operation, SendMicroOp } from '../../histories/operation.js';
import type { Trace } from '../../histories/trace.js';
import { everyReaderReadsCommitted } from './guarantees/transactions.js';
import type { FinalRead } from './history/final-reads.js';
import { historyIndex } from './history/history-index.js';
import { Attempts } from './licences/attempts.js';
import { blockedTransactionLicence } from './licences/blocked-transactions.js';
import { deletionLicence, deletionLicenceOf } from './licences/deletion.js';
import { damageLicence, lossLicence, type PartitionRules } from './licences/loss.js';
import type { PartitionTimeline, RecordIdentity, Stay } from './licences/partition-timeline.js';
import { producerWindowLicence } from './licences/producer-window.js';
import { lossyElection, offsetPartitions } from './licences/lossy-elections.js';
import { licensed, type Licensed } from './licences/rows.js';
import { stallLicence } from './licences/stall.js';
import { TransactionLosses } from './licences/transaction-losses.js';
import { TraceTimeline } from './licences/trace-timeline.js';
import { probeKinds, RemovedAs } from './probe-kinds.js';
import {
  hasRule,
  isTransactionalClient,
  partitionFacts,
  producerGuarantees,
  topicAllowsUnclean,
  topicOf,
} from './settings.js';

export type { Licensed } from './licences/rows.js';

export class Licences {
  private readonly history: History;
  private readonly trace: Trace;
  private timeline: TraceTimeline | null = null;
  private attemptsOfProducers: Attempts | null = null;
  private lossesOfTransactions: TransactionLosses | null = null;

  constructor(history: History, trace: Trace) {
    this.history = history;
    this.trace = trace;
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
      case 'torn-transaction':
      case 'precommitted-read':
      case 'G1c':
      case 'G1c-process':
      case 'G1c-realtime':
      case 'ctp-duplicate':
      case 'ctp-missing':
      case 'ctp-phantom':
      case 'ctp-torn':
      case 'ctp-order':
      case 'count-too-high':
      case 'count-too-low':
      case 'zombie-output':
        return this.ofWhatFollowsFromLoss(anomaly) ?? this.ofTransactions(anomaly);
      case 'duplicate':
        return this.ofDuplicate(anomaly) ?? this.ofProducerWindow(anomaly) ?? this.ofLostCopies(anomaly);
      case 'nonmonotonic-send':
      case 'int-nonmonotonic-send':
      case 'key-order':
        return this.ofOrder(anomaly) ?? this.ofProducerWindow(anomaly) ?? this.ofWhatFollowsFromLoss(anomaly);
      case 'G1a':
        return this.ofAbortedRead(anomaly) ?? this.ofTransactions(anomaly);
      case 'W1':
        return this.ofCommittedPrefix(anomaly);
      case 'W2':
      case 'W5':
      case 'W6':
        return this.ofCommittedRecords(anomaly);
      case 'W14':
      case 'W15':
      case 'W16':
        return this.ofCoordinator(anomaly);
      case 'skipped':
      case 'committed-too-far':
      case 'W19':
        return this.ofGroup([anomaly.key], anomaly);
      case 'committed-regression':
      case 'committed-nonlinearizable':
      case 'committed-phantom':
      case 'overlapping-ownership':
      case 'W17':
      case 'W18':
        return this.ofGroup(offsetPartitions(this.history), anomaly);
      case 'stuck':
        return (
          this.ofStall(anomaly) ??
          this.transactionLosses.ofHanging(anomaly.key, Infinity) ??
          blockedTransactionLicence(this.trace, anomaly, (key, events) => this.ofStall({ ...anomaly, key, events }))
        );
      default:
        return null;
    }
  }

  private ofLoss({ key, values, offsets }: Anomaly): Licensed | null {
    return this.ofUnreadRecord(key, values[0]!, offsets[0] ?? -1);
  }

  /** The copy that was acknowledged is the one that must not get lost. @param offset -1: wherever it was acknowledged */
  private ofUnreadRecord(key: number, value: number, offset: number): Licensed | null {
    const writer = this.writerOf(key, value);
    const { acks } = producerGuarantees(this.history.header, writer?.client ?? '');
    if (acks === 0) return licensed('acks-0', -1);
    const partition = this.partition(key);
    const copies = partition
      .appendsOf(value)
      .filter((copy) => (offset < 0 || copy.offset === offset) && partition.commitmentsOf(copy).length > 0);
    // What was never acknowledged was read: it had been below the high watermark, which promises as much as acks=all.
    const promise = writer?.outcome === 'ok' ? acks : 'all';
    const licences = copies.map((copy) => this.ofCopy(key, copy, promise));
    return licences.includes(null) ? null : (licences[licences.length - 1] ?? null);
  }

  private ofCopy(key: number, copy: Stay, promise: 'all' | 1): Licensed | null {
    return (
      this.ofCompacted(key, copy) ??
      this.ofReadersWithout(key, copy) ??
      lossLicence(this.partition(key), this.rules(key), copy, promise) ??
      this.ofHiddenRecord(key, copy)
    );
  }

  /**
   * lossLicence; of a record that compaction had removed, also that of the record that superseded it: a log that loses that
   * one may end below the place where the other had stood.
   */
  private ofLostRecord(
    key: number,
    copy: RecordIdentity,
    promise: 'all' | 1,
    last?: number,
    at?: number,
  ): Licensed | null {
    const licence = lossLicence(this.partition(key), this.rules(key), copy, promise, last, at);
    if (licence !== null) return licence;
    for (const newer of this.superseding(key, copy)) {
      const ofNewer = this.ofLostRecord(key, newer, 'all', last, at);
      if (ofNewer !== null) return ofNewer;
    }
    return null;
  }

  /** The later records of its key because of which compaction removed this one, here or there. */
  private superseding(key: number, copy: RecordIdentity): readonly Stay[] {
    const partition = this.partition(key);
    return partition.removalsOf(copy).flatMap((removal) => {
      const newer = removal.supersededBy > copy.offset ? partition.superseding(removal) : null;
      const recordKey = this.sendOf(key, copy.value)?.recordKey ?? null;
      const isOfSameKey = recordKey !== null && this.sendOf(key, newer?.value ?? -1)?.recordKey === recordKey;
      return newer !== null && isOfSameKey ? [newer] : [];
    });
  }

  /**
   * Compaction removed it, and by right: a tombstone, or a record that a later one of its key superseded. Then that one is
   * missing too, and what licenses its loss licenses this.
   */
  private ofCompacted(key: number, copy: Stay): Licensed | null {
    const removals = this.partition(key).removalsOf(copy);
    const dropped = removals.find(({ supersededBy }) => supersededBy === RemovedAs.tombstone);
    if (dropped !== undefined && this.sendOf(key, copy.value)?.tombstone === true) {
      return licensed('tombstone-removed', dropped.index);
    }
    for (const newer of this.superseding(key, copy)) {
      const licence = this.ofCopy(key, newer, 'all');
      if (licence !== null) return licence;
    }
    return null;
  }

  /**
   * Each replica that was read in full without the record lacks it by right: policy deleted it, or the disk took it and
   * nobody noticed. Where none was, some replica must have deleted it.
   */
  private ofReadersWithout(key: number, copy: RecordIdentity): Licensed | null {
    const index = historyIndex(this.history);
    const record = index.recordOf(key, copy.value);
    const partition = this.partition(key);
    const without = index.finalReads.filter((read) => read.key === key && read.complete && !returned(read, record));
    if (without.length === 0) return deletionLicence(partition, copy);
    const licences = without.map(({ machine, operations }) => {
      const at = this.lastEventBy(index.operations.completedAt[operations.at(-1)!]!);
      return deletionLicenceOf(partition, copy, machine, at) ?? damageLicence(partition, copy, machine, at);
    });
    return licences.includes(null) ? null : licences[0]!;
  }

  /** It stands in the logs, and nobody who reads committed records sees it: a transaction hangs, or it counts as aborted. */
  private ofHiddenRecord(key: number, copy: Stay): Licensed | null {
    const partition = this.partition(key);
    const index = historyIndex(this.history);
    const record = index.recordOf(key, copy.value);
    const lacking = index.finalReads.filter((read) => read.key === key && read.complete && !returned(read, record));
    if (!partition.isHeldInTheEnd(copy)) return null;
    if (!lacking.every(({ machine }) => partition.isHeldInTheEnd(copy, machine))) return null;
    return this.transactionLosses.ofTransaction(key, copy) ?? this.transactionLosses.ofHanging(key, copy.offset);
  }

  private ofStall(stuck: Anomaly): Licensed | null {
    return stallLicence(this.trace, stuck, this.partition(stuck.key), this.rules(stuck.key).minInsyncReplicas);
  }

  /** What was lost of a transaction that is involved: records of it, its markers, or what its coordinator knew of it. */
  private ofTransactions({ operations }: Anomaly): Licensed | null {
    for (const operation of operations) {
      for (const microOp of this.history.operations[operation]?.value ?? []) {
        if (microOp.kind !== 'send' || microOp.key < 0) continue;
        const { key, value } = microOp;
        const licence = this.ofUnreadRecord(key, value, -1) ?? this.ofEndOfTransaction(key, value);
        if (licence !== null) return licence;
      }
    }
    return null;
  }

  /** A marker against what was decided, a step that may not follow: what the coordinator knew was lost. */
  private ofCoordinator({ key, values }: Anomaly): Licensed | null {
    for (const value of values) {
      const licence = this.ofEndOfTransaction(key, value);
      if (licence !== null) return licence;
    }
    return this.transactionLosses.ofCoordinator(key);
  }

  private ofEndOfTransaction(key: number, value: number): Licensed | null {
    for (const copy of this.partition(key).appendsOf(value)) {
      const licence = this.transactionLosses.ofTransaction(key, copy);
      if (licence !== null) return licence;
    }
    return null;
  }

  /** One of these partitions may have lost records that were committed: then a group's offsets, or its records, are not what they were. */
  private ofGroup(keys: readonly number[], { at }: Anomaly): Licensed | null {
    for (const key of keys) {
      const licence = lossyElection(this.trace, this.partition(key), this.rules(key), at);
      if (licence !== null) return licence;
    }
    return null;
  }

  /** An offset given out again, a record back at another offset: one of the records involved, or a copy of it, was lost. */
  private ofWhatFollowsFromLoss(anomaly: Anomaly): Licensed | null {
    for (const value of anomaly.values) {
      for (const copy of this.partition(anomaly.key).appendsOf(value)) {
        const licence = this.ofLostCopy(anomaly.key, copy);
        if (licence !== null) return licence;
      }
    }
    return null;
  }

  /** What its producer was promised, or whoever read it. */
  private ofLostCopy(key: number, copy: Stay): Licensed | null {
    const { acks } = producerGuarantees(this.history.header, this.writerOf(key, copy.value)?.client ?? '');
    const licence = this.ofLostRecord(key, copy, acks === 'all' ? 'all' : 1) ?? this.ofLostRecord(key, copy, 'all');
    return licence !== null && acks === 0 ? licensed('acks-0', licence.licence.event) : licence;
  }

  /** One of the records involved was appended again, since a leader knew too little of its idempotent producer. */
  private ofProducerWindow({ key, values }: Anomaly): Licensed | null {
    for (const value of values) {
      const client = this.writerOf(key, value)?.client ?? '';
      if (!producerGuarantees(this.history.header, client).idempotent) continue;
      const machine = this.trace.header.machines.findIndex(({ name }) => name === client);
      const licence = producerWindowLicence(this.trace, key, this.partition(key).appendsOf(value), machine);
      if (licence !== null) return licence;
    }
    return null;
  }

  /** Of several copies all but one must have been lost. */
  private ofLostCopies({ key, values, offsets }: Anomaly): Licensed | null {
    const copies = this.partition(key).appendsOf(values[0]!);
    const licences = offsets.map((offset) =>
      copies.filter((copy) => copy.offset === offset).map((copy) => this.ofLostCopy(key, copy)),
    );
    // An offset at which nobody appended it was not lost there.
    const lost = licences.filter((each) => each.length > 0 && !each.includes(null)).map((each) => each[0]!);
    return lost.length > 0 && offsets.length - lost.length <= 1 ? lost[0]! : null;
  }

  /**
   * Each copy must have an attempt of its own: the application sent the record again, or its producer, without
   * idempotence, had put the record's batch back before the copy was appended.
   */
  private ofDuplicate({ key, values, offsets }: Anomaly): Licensed | null {
    const value = values[0]!;
    const copies = this.partition(key).appendsOf(value);
    if (!offsets.every((offset) => copies.some((copy) => copy.offset === offset))) return null;
    const { idempotent } = producerGuarantees(this.history.header, this.writerOf(key, value)?.client ?? '');
    let retry = -1;
    for (let i = 1; i < copies.length; i++) {
      const { from } = copies[i]!;
      const sends = this.history.header.resend ? this.attempts.sendsBefore(key, value, from) : 1;
      const retries = idempotent ? [] : this.attempts.retriesBefore(key, value, from);
      if (i >= sends + retries.length) return null;
      if (retries.length > 0) retry = retries[0]!;
    }
    return retry < 0 ? licensed('resend', -1) : licensed('retries-without-idempotence', retry);
  }

  /** The record that was sent first stands behind the other: how did this very copy of it come to be appended so late? */
  private ofOrder(anomaly: Anomaly): Licensed | null {
    const { key, values, offsets } = anomaly;
    const [overtaking, overtaken] = [values[0]!, values[1]!];
    const writer = this.writerOf(key, overtaken);
    const producer = producerGuarantees(this.history.header, writer?.client ?? '');
    if (producer.idempotent) return null;
    const partition = this.partition(key);
    const copies = partition.appendsOf(overtaken);
    const nth = copies.findLastIndex(({ offset }) => offset === offsets[1]);
    if (nth < 0) return null;
    const copy = copies[nth]!;
    const retries = this.attempts.retriesBefore(key, overtaken, copy.from);
    if (nth > retries.length) return null;
    // A batch that was retried may stand twice (1, 2, 1, 2), whatever was in flight.
    if (nth > 0) return licensed('retries-without-idempotence', retries[0]!);
    const ahead = partition.appendsOf(overtaking).find(({ offset }) => offset === offsets[0]);
    if (producer.acks === 0) return ofNoAnswers(copy, ahead, retries);
    if (producer.maxInFlight > 1) {
      if (retries.length > 0) return licensed('in-flight-without-idempotence', retries[0]!);
      if (ahead !== undefined && ahead.machine !== copy.machine) return this.ofTwoLeaders(anomaly);
    }
    return this.ofLateRequest(writer, copy);
  }

  /** Two batches were in flight at once, the first to a leader that took it only after it led again. */
  private ofTwoLeaders({ key, values }: Anomaly): Licensed | null {
    const second = this.attempts.firstSent(key, values[0]!);
    const first = this.attempts.firstSent(key, values[1]!);
    return first >= 0 && first < second ? licensed('in-flight-to-two-leaders', second) : null;
  }

  /** It was appended when its client had stopped waiting for it: the bytes were under way all the time. */
  private ofLateRequest(writer: Operation | undefined, { from }: Stay): Licensed | null {
    if (writer === undefined || writer.outcome !== 'info' || writer.completedAt < 0) return null;
    return this.trace.time[from]! > writer.completedAt ? licensed('late-request', from) : null;
  }

  /** A leader began without some of the committed prefix: each record of it that is named must be licensed. */
  private ofCommittedPrefix({ key, machine = -1, offsets, values, events }: Anomaly): Licensed | null {
    const partition = this.partition(key);
    const at = events[0] ?? -1;
    const last = this.electionOf(at, partition);
    const licences = offsets.map((offset, i) => {
      const copies = partition.appendsOf(values[i]!).filter((copy) => copy.offset === offset);
      const ofCopies = copies.map(
        (copy) => this.ofLostRecord(key, copy, 'all', last) ?? damageLicence(partition, copy, machine, at),
      );
      return ofCopies.find((one) => one !== null);
    });
    return licences.includes(undefined) ? null : (licences[0] ?? null);
  }

  /** The election by which a broker began to lead there; the last one, if it is no such event. */
  private electionOf(event: number, { elections }: PartitionTimeline): number {
    if (event < 0 || this.trace.kind[event] !== probeKinds(this.trace.header.probes).becomeLeader)
      return elections.length - 1;
    const returned = elections.findIndex(({ index, isReturn }) => isReturn && index === event);
    if (returned >= 0) return returned;
    return elections.findIndex(({ leaderEpoch }) => leaderEpoch === this.trace.a[event]);
  }

  /** A record of a transaction, read by somebody who did not ask whether that was committed. */
  private ofAbortedRead(anomaly: Anomaly): Licensed | null {
    const writer = this.writerOf(anomaly.key, anomaly.values[0]!);
    const isTransactional = writer !== undefined && isTransactionalClient(this.history.header, writer.client);
    if (!isTransactional || everyReaderReadsCommitted(anomaly, this.history)) return null;
    return licensed('read-uncommitted', -1);
  }

  /**
   * Invariants hold for what consumers could read, whatever producers asked for. A record that was gone at that moment may
   * have come back since, with the next unclean election.
   */
  private ofCommittedRecords(anomaly: Anomaly): Licensed | null {
    const partition = this.partition(anomaly.key);
    const then = this.endOfMoment(anomaly.events[0] ?? Infinity);
    const last = partition.elections.findLastIndex(({ index }) => index <= then);
    for (const record of this.recordsOf(anomaly, partition)) {
      const licence =
        this.ofLostRecord(anomaly.key, record, 'all', last, then) ??
        damageLicence(partition, record, anomaly.machine ?? -1, then);
      if (licence !== null) return licence;
    }
    return null;
  }

  /** The last record of the trace at a time or before; -1: none is. */
  private lastEventBy(micros: number): number {
    const { time, length } = this.trace;
    let low = -1;
    let high = length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (time[middle]! <= micros) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The last record of the trace at the time of this one: what a controller decides at once it announces one by one. */
  private endOfMoment(event: number): number {
    const { time, length } = this.trace;
    let last = event;
    while (last + 1 < length && time[last + 1] === time[event]) last++;
    return last;
  }

  private recordsOf(anomaly: Anomaly, partition: PartitionTimeline): readonly Stay[] {
    return anomaly.values
      .flatMap((value) => partition.appendsOf(value))
      .filter((record) => anomaly.offsets.includes(record.offset));
  }

  /** As its producer sent it; undefined: none of the history's did. */
  private sendOf(key: number, value: number): SendMicroOp | undefined {
    const sends = this.writerOf(key, value)?.value ?? [];
    return sends.find((microOp): microOp is SendMicroOp => microOp.kind === 'send' && microOp.value === value);
  }

  private writerOf(key: number, value: number): Operation | undefined {
    const index = historyIndex(this.history);
    const record = index.recordOf(key, value);
    return record < 0 ? undefined : index.writer(record);
  }

  private get transactionLosses(): TransactionLosses {
    return (this.lossesOfTransactions ??= new TransactionLosses(
      this.trace,
      (key) => this.partition(key),
      (key, record) => lossLicence(this.partition(key), this.rules(key), record, 'all'),
    ));
  }

  private get attempts(): Attempts {
    return (this.attemptsOfProducers ??= new Attempts(this.history, this.trace));
  }

  private partition(key: number): PartitionTimeline {
    this.timeline ??= new TraceTimeline(this.trace);
    return this.timeline.partition(key);
  }

  private rules(key: number): PartitionRules {
    const { header } = this.history;
    const { replicas, minInsyncReplicas } = partitionFacts(this.history, key);
    return {
      uncleanElections: topicAllowsUnclean(header, topicOf(this.history, key)),
      eligibleLeaderReplicas: hasRule(header, 'eligibleLeaderReplicas'),
      minInsyncReplicas,
      replicas,
    };
  }
}

function returned({ records }: FinalRead, record: number): boolean {
  for (let i = 0; i < records.length; i++) if (records.at(i) === record) return true;
  return false;
}

/**
 * acks=0 waits for no answer: whatever the setting, all that was written is in flight. On one connection the requests are
 * taken in their order all the same. So the batch was put back, or the two went to leaders of different epochs.
 */
function ofNoAnswers(copy: Stay, ahead: Stay | undefined, retries: readonly number[]): Licensed | null {
  if (retries.length > 0) return licensed('acks-0', retries[0]!);
  return ahead !== undefined && ahead.leaderEpoch !== copy.leaderEpoch ? licensed('acks-0', copy.from) : null;
}
