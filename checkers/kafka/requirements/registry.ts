/** All requirements, a line each. */
import type { Requirement } from '../../checker.js';
import type { History } from '../../../histories/operation.js';
import { columnsOf } from '../../../histories/history-columns.js';
import { hasLists } from '../../list-append/lists.js';
import * as isolation from './isolation.js';
import * as rows from './rows.js';

export const requirements: readonly Requirement[] = [
  rows.noLostWrites,
  rows.keyOrder,
  rows.noDuplicates,
  rows.pollOrder,
  rows.exactlyOnce,
  rows.processedAtLeastOnce,
  rows.processedAtMostOnce,
  rows.processedInOrder,
  rows.writableAgain,
  isolation.readCommitted,
  isolation.snapshotIsolation,
  isolation.serializable,
  isolation.strictSerializable,
];

/** @throws Error for a name that no requirement has */
export function requirementNamed(name: string): Requirement {
  const requirement = requirements.find((one) => one.name === name);
  if (requirement === undefined) throw new Error(`no requirement is named ${name}`);
  return requirement;
}

/** What a spec requires that names nothing. */
export function defaultRequirements(transactional = false): readonly string[] {
  const always = [rows.noLostWrites, rows.keyOrder, rows.noDuplicates, rows.writableAgain];
  const transactions = [rows.exactlyOnce, rows.writableAgain];
  return (transactional ? transactions : always).map((requirement) => requirement.name);
}

/** What is required of a history whose origin says nothing: of lists, what Elle requires by default. */
export function requirementsSuiting(history: History): readonly string[] {
  if (hasLists(history)) return [isolation.strictSerializable.name];
  const { f, length } = columnsOf(history);
  for (let operation = 0; operation < length; operation++)
    if (f.at(operation) === 'txn') return defaultRequirements(true);
  return defaultRequirements();
}
