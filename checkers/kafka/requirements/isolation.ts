/**
 * Isolation levels, for histories of lists: each forbids what Elle takes as proof against it (Adya's PL-2, snapshot
 * isolation, PL-3). Kafka's logs promise none of them: no write is isolated there.
 */
import { cycleClasses } from '../../cycles/classes.js';
import type { Requirement } from '../../checker.js';

const aberrations = ['phantom', 'internal', 'future-read', 'duplicate-elements', 'incompatible-order', 'dirty-update'];
const uncommitted = [...aberrations, 'G0', 'G1a', 'G1b', 'G1c'];
const skewed = [...uncommitted, 'lost-update', 'G-single-item', 'G-nonadjacent-item'];

export const readCommitted: Requirement = {
  name: 'read-committed',
  sentence: 'Transactions on lists see what was committed alone, and only states that a transaction left.',
  forbids: uncommitted,
};

export const snapshotIsolation: Requirement = {
  name: 'snapshot-isolation',
  sentence: 'Transactions on lists see one state of them all, and none overwrites what another changed meanwhile.',
  forbids: skewed,
};

export const serializable: Requirement = {
  name: 'serializable',
  sentence: 'Transactions on lists behave as if they ran one after the other.',
  forbids: [...skewed, 'G2-item'],
};

export const strictSerializable: Requirement = {
  name: 'strict-serializable',
  sentence: 'Transactions on lists behave as if they ran one after the other, in an order that real time allows.',
  forbids: [...new Set([...skewed, ...cycleClasses.map(({ name }) => name)])],
};

export const isolationLevels: readonly Requirement[] = [
  readCommitted,
  snapshotIsolation,
  serializable,
  strictSerializable,
];
