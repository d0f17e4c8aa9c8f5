/** Transactions that are read in part, too early or though they were aborted, and the coordinators that lost track of them. */
import type { Anomaly } from '../../../histories/anomaly.js';
import { everyReaderReadsCommitted } from '../guarantees/transactions.js';
import { isTransactionalClient } from '../settings.js';
import type { LicenceFacts } from './facts.js';
import { unreadRecordLicence } from './lost-records.js';
import { licensed, type Licensed } from './rows.js';

/**
 * What was lost of a transaction that is involved: records of it, its markers, or what its coordinator knew of it. What went
 * by policy explains that a transaction is read in part, and nothing else.
 */
export function transactionsLicence(facts: LicenceFacts, { type, operations }: Anomaly): Licensed | null {
  for (const operation of operations) {
    for (const microOp of facts.history.operations[operation]?.value ?? []) {
      if (microOp.kind !== 'send' || microOp.key < 0) continue;
      const { key, value } = microOp;
      const unread = unreadRecordLicence(facts, key, value, -1);
      const isDeleted = unread?.licence.row === 'deleted-by-policy' && type !== 'torn-transaction';
      const licence = (isDeleted ? null : unread) ?? ofEndOfTransaction(facts, key, value);
      if (licence !== null) return licence;
    }
  }
  return null;
}

/** A marker against what was decided, a step that may not follow: what the coordinator knew was lost. */
export function coordinatorLicence(facts: LicenceFacts, { key, values }: Anomaly): Licensed | null {
  for (const value of values) {
    const licence = ofEndOfTransaction(facts, key, value);
    if (licence !== null) return licence;
  }
  return facts.transactionLosses.ofCoordinator(key);
}

function ofEndOfTransaction(facts: LicenceFacts, key: number, value: number): Licensed | null {
  for (const copy of facts.partition(key).appendsOf(value)) {
    const licence = facts.transactionLosses.ofTransaction(key, copy);
    if (licence !== null) return licence;
  }
  return null;
}

/** A record of a transaction, read by somebody who did not ask whether that was committed. */
export function abortedReadLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const writer = facts.writerOf(anomaly.key, anomaly.values[0]!);
  const isTransactional = writer !== undefined && isTransactionalClient(facts.history.header, writer.client);
  if (!isTransactional || everyReaderReadsCommitted(anomaly, facts.history)) return null;
  return licensed('read-uncommitted', -1);
}
