/** What tests of consumers in groups share, whichever protocol they speak. */
import { expect } from 'vitest';
import { Lab, type LabOptions, type MemberOptions } from './lab.js';
import { answer, refuse, type Script } from './scripted-broker.js';

const SECOND = 1000;

/** Two partitions, some records in each. */
export function groupLab(options: LabOptions = {}): Lab {
  const lab = new Lab({ topics: [2], ...options });
  const producer = lab.producer({ 'enable.idempotence': false });
  lab.sendToPartition(producer, 0, [1, 2, 3]);
  lab.sendToPartition(producer, 1, [11, 12]);
  lab.pass(1 * SECOND);
  return lab;
}

export function sendToPartition(lab: Lab, partition: number, values: readonly number[]): void {
  lab.sendToPartition(lab.producer({ 'enable.idempotence': false }), partition, values);
}

/** Errors for the first requests of a kind, one each. */
export function errorsFor(kind: number, ...errors: number[]): Script {
  return (request) => {
    const error = request.kind === kind ? errors.shift() : undefined;
    return error === undefined ? answer : refuse(error);
  };
}

/** A member is paused while it processes, is put out of its group, and goes on when another has had its records. */
export function expectZombieProcessesTwice(
  lab: Lab,
  member: (options?: MemberOptions) => number,
  evict: () => void,
): void {
  const zombie = member({ recordMicros: 1_000_000 });
  lab.pass(2 * SECOND);
  lab.world.pause(zombie);
  evict();
  const other = member();
  lab.pass(20 * SECOND);
  expect(lab.log.owned(other)).toEqual([[0, 1]]);
  lab.world.resume(zombie);
  lab.pass(20 * SECOND);
  const twice = lab.log.processed().filter((record, i, all) => all.indexOf(record) !== i);
  expect(twice.length).toBeGreaterThanOrEqual(3);
  expect(lab.log.commits().some((line) => line.startsWith('fail'))).toBe(true);
}
