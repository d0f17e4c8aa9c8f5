/** What licences ask of a history and its trace: derived at the first question, and kept. */
import type { History, Operation, SendMicroOp } from '../../../histories/operation.js';
import type { Trace } from '../../../histories/trace.js';
import { historyIndex } from '../history/history-index.js';
import {
  hasRule,
  partitionFacts,
  producerGuarantees,
  type ProducerGuarantees,
  topicAllowsUnclean,
  topicOf,
} from '../settings.js';
import { Attempts } from './attempts.js';
import { lossLicence, type PartitionRules } from './loss.js';
import type { PartitionTimeline } from './partition-timeline.js';
import { TraceTimeline } from './trace-timeline.js';
import { TransactionLosses } from './transaction-losses.js';

export class LicenceFacts {
  readonly history: History;
  readonly trace: Trace;
  private timeline: TraceTimeline | null = null;
  private attemptsOfProducers: Attempts | null = null;
  private lossesOfTransactions: TransactionLosses | null = null;

  constructor(history: History, trace: Trace) {
    this.history = history;
    this.trace = trace;
  }

  partition(key: number): PartitionTimeline {
    this.timeline ??= new TraceTimeline(this.trace);
    return this.timeline.partition(key);
  }

  rules(key: number): PartitionRules {
    const { header } = this.history;
    const { replicas, minInsyncReplicas } = partitionFacts(this.history, key);
    return {
      uncleanElections: topicAllowsUnclean(header, topicOf(this.history, key)),
      eligibleLeaderReplicas: hasRule(header, 'eligibleLeaderReplicas'),
      minInsyncReplicas,
      replicas,
      underZooKeeper: header.control === 'zookeeper',
    };
  }

  get attempts(): Attempts {
    return (this.attemptsOfProducers ??= new Attempts(this.history, this.trace));
  }

  get transactionLosses(): TransactionLosses {
    return (this.lossesOfTransactions ??= new TransactionLosses(
      this.trace,
      (key) => this.partition(key),
      (key, record) => lossLicence(this.partition(key), this.rules(key), record, 'all'),
    ));
  }

  /** The operation that first sent a record; undefined: none of the history's did. */
  writerOf(key: number, value: number): Operation | undefined {
    const index = historyIndex(this.history);
    const record = index.recordOf(key, value);
    return record < 0 ? undefined : index.writer(record);
  }

  /** What the producer of a record was promised. */
  promisesTo(writer: Operation | undefined): ProducerGuarantees {
    return producerGuarantees(this.history.header, writer?.client ?? '');
  }

  /** As its producer sent it; undefined: none of the history's did. */
  sendOf(key: number, value: number): SendMicroOp | undefined {
    const sends = this.writerOf(key, value)?.value ?? [];
    return sends.find((microOp): microOp is SendMicroOp => microOp.kind === 'send' && microOp.value === value);
  }

  /** The last record of the trace at a time or before; -1: none is. */
  lastEventBy(micros: number): number {
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
  endOfMoment(event: number): number {
    const { time, length } = this.trace;
    let last = event;
    while (last + 1 < length && time[last + 1] === time[event]) last++;
    return last;
  }
}
