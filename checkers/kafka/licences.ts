/**
 * The one place that decides whether an anomaly was taken out of Kafka's guarantees, for what black-box checkers found
 * in the history and what invariants saw in the replicas alike. Licences are events of the trace, or settings that
 * promise nothing. No licence: a bug, of Kafka's rules or of our model of them. What can license an anomaly stands in
 * licences/, a file for each subject.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';
import type { Trace } from '../../histories/trace.js';
import { blockedTransactionLicence } from './licences/blocked-transactions.js';
import { committedPrefixLicence, committedRecordsLicence } from './licences/committed-records.js';
import { copiesLicence } from './licences/copies.js';
import { deletedCountLicence, deletedInputLicence, deletedOutputLicence } from './licences/deleted-inputs.js';
import { LicenceFacts } from './licences/facts.js';
import { lossyElection } from './licences/lossy-elections.js';
import { offsetPartitions, offsetPartitionsOf } from './licences/offset-partitions.js';
import { staleCoordinatorLicence } from './licences/stale-coordinators.js';
import { consequenceOfLossLicence, lostRecordLicence } from './licences/lost-records.js';
import { orderLicence } from './licences/order.js';
import type { Licensed } from './licences/rows.js';
import { stallLicence } from './licences/stall.js';
import { abortedReadLicence, coordinatorLicence, transactionsLicence } from './licences/transactions.js';

export type { Licensed } from './licences/rows.js';

/** More would not be a story. */
const MOST_EVENTS = 6;

export class Licences {
  private readonly facts: LicenceFacts;

  constructor(history: History, trace: Trace) {
    this.facts = new LicenceFacts(history, trace);
  }

  /** null: nothing licenses it. */
  of(anomaly: Anomaly): Licensed | null {
    const { facts } = this;
    switch (anomaly.type) {
      case 'lost-write':
      case 'unseen':
        return lostRecordLicence(facts, anomaly);
      case 'inconsistent-offsets':
      case 'ack-offset-mismatch':
      case 'poll-skip':
      case 'nonmonotonic-poll':
      case 'int-poll-skip':
      case 'int-nonmonotonic-poll':
        return consequenceOfLossLicence(facts, anomaly);
      case 'torn-transaction':
      case 'interleaved-transactions':
      case 'precommitted-read':
      case 'G1c':
      case 'G1c-process':
      case 'G1c-realtime':
      case 'ctp-duplicate':
      case 'ctp-phantom':
      case 'ctp-torn':
      case 'ctp-order':
      case 'count-too-high':
      case 'zombie-output':
        return consequenceOfLossLicence(facts, anomaly) ?? transactionsLicence(facts, anomaly);
      case 'ctp-missing':
        return (
          consequenceOfLossLicence(facts, anomaly) ??
          deletedInputLicence(facts, anomaly) ??
          deletedOutputLicence(facts, anomaly) ??
          transactionsLicence(facts, anomaly)
        );
      case 'count-too-low':
        return (
          consequenceOfLossLicence(facts, anomaly) ??
          deletedCountLicence(facts, anomaly) ??
          transactionsLicence(facts, anomaly)
        );
      case 'duplicate':
        return copiesLicence(facts, anomaly);
      case 'nonmonotonic-send':
      case 'int-nonmonotonic-send':
      case 'key-order':
        return orderLicence(facts, anomaly);
      case 'G1a':
      case 'G1a-failed-reader':
        return abortedReadLicence(facts, anomaly) ?? transactionsLicence(facts, anomaly);
      case 'W1':
        return committedPrefixLicence(facts, anomaly);
      case 'W2':
      case 'W5':
      case 'W6':
        return committedRecordsLicence(facts, anomaly);
      case 'W14':
      case 'W15':
      case 'W16':
        return coordinatorLicence(facts, anomaly);
      case 'skipped':
      case 'committed-too-far':
      case 'processed-out-of-order':
        return this.ofLossyElections([anomaly.key], anomaly) ?? deletedInputLicence(facts, anomaly);
      case 'W19':
        return this.ofLossyElections([anomaly.key], anomaly);
      case 'committed-regression':
      case 'committed-nonlinearizable':
      case 'committed-phantom':
        return (
          this.ofLossyElections(offsetPartitionsOf(facts.history, anomaly), anomaly) ??
          staleCoordinatorLicence(facts.trace, facts.history, offsetPartitionsOf(facts.history, anomaly), anomaly)
        );
      case 'overlapping-ownership':
      case 'W17':
      case 'W18':
        return this.ofLossyElections(offsetPartitions(facts.history), anomaly);
      case 'stuck':
        return this.ofStuck(anomaly);
      default:
        return null;
    }
  }

  /**
   * What of the trace belongs to an anomaly that black-box checkers found: that the records involved were appended, and
   * the event that licenses it. In order, at most six.
   */
  eventsOf({ key, values, events }: Anomaly, licence: Licensed | null): readonly number[] {
    if (events.length > 0) return events;
    const appended = key < 0 ? [] : values.flatMap((value) => this.facts.partition(key).appendsOf(value).slice(0, 1));
    const found = new Set(appended.map(({ from }) => from));
    if (licence !== null && licence.licence.event >= 0) found.add(licence.licence.event);
    return [...found].sort((a, b) => a - b).slice(0, MOST_EVENTS);
  }

  /** One of these partitions may have lost records that were committed: then a group's offsets, or its records, are not what they were. */
  private ofLossyElections(keys: readonly number[], { at }: Anomaly): Licensed | null {
    const { facts } = this;
    for (const key of keys) {
      const licence = lossyElection(facts.trace, facts.partition(key), facts.rules(key), at);
      if (licence !== null) return licence;
    }
    return null;
  }

  /** The partition is stalled, waits for a transaction that hangs, or for one that waits for another partition. */
  private ofStuck(stuck: Anomaly): Licensed | null {
    const { trace, transactionLosses } = this.facts;
    return (
      this.ofStall(stuck) ??
      transactionLosses.ofHanging(stuck.key, Infinity) ??
      blockedTransactionLicence(trace, stuck, (key, events) => this.ofStall({ ...stuck, key, events }))
    );
  }

  private ofStall(stuck: Anomaly): Licensed | null {
    const { facts } = this;
    return stallLicence(facts.trace, stuck, facts.partition(stuck.key), facts.rules(stuck.key));
  }
}
