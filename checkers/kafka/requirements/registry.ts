/** All requirements, a line each. */
import type { Requirement } from '../../checker.js';
import * as rows from './rows.js';

export const requirements: readonly Requirement[] = [
  rows.noLostWrites,
  rows.keyOrder,
  rows.noDuplicates,
  rows.exactlyOnce,
  rows.processedAtLeastOnce,
  rows.processedAtMostOnce,
  rows.writableAgain,
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
