/** What counterexamples are told with: real brokers under a controller that decides what the story needs. */
import { expect } from 'vitest';
import type { MachineId } from '../../../kernel/process.js';
import { KafkaError } from '../../protocol/errors.js';
import { Lab, MILLI, SECOND, type LabOptions } from './lab.js';

/** So that a follower which is away is soon not waited for. */
export const shortLag = { 'replica.lag.time.max.ms': 1000 };

/** Brokers that are all real; one leads, and every record so far is on all of them, and known to be committed. */
export function cluster(leader: MachineId, options: LabOptions, records = 1): Lab {
  const real = Array.from({ length: options.brokers ?? 3 }, (_, index) => index + 1);
  const lab = new Lab({ ...options, real });
  lab.awaitBrokers();
  lab.createOrders(leader);
  for (const broker of real) lab.awaitMetadata(broker);
  for (let i = 0; i < records; i++) acknowledged(lab, leader, -1);
  lab.pass(2 * SECOND);
  for (const broker of real) expect(lab.replica(broker).highWatermark).toBe(records);
  return lab;
}

/** Writes one record and returns its value, once it was acknowledged. */
export function acknowledged(lab: Lab, leader: MachineId, acks: -1 | 1): number {
  const batch = lab.batch();
  expect(lab.produceError(lab.produce(leader, acks, batch))).toBe(KafkaError.NONE);
  return batch.records[0].value;
}

export function cut(lab: Lab, a: MachineId, b: MachineId, on = true): void {
  lab.world.net.cut(a, b, on);
  lab.world.net.cut(b, a, on);
}

/** From now on the broker is told nothing new by the controller. */
export function withhold(lab: Lab, broker: MachineId): void {
  lab.script.withheld.add(broker);
}

export function tell(lab: Lab, broker: MachineId): void {
  lab.script.withheld.delete(broker);
  lab.controller.tell();
  lab.awaitMetadata(broker);
}

export function restart(lab: Lab, broker: MachineId): void {
  lab.world.start(broker);
  const end = lab.script.records.length;
  lab.until('it serves', () => lab.broker(broker)?.listening === true && lab.script.records.length > end);
  lab.awaitMetadata(broker);
}

/**
 * S1 of replication.md: 3 leads, and hands over to 1, which dies before 2 has fetched from it; 2 is elected.
 * @returns who runs then, and who of them has the record that was acknowledged before
 */
export function handedOverBeforeACrash(options: LabOptions): Survivors {
  const lab = cluster(3, { ...options, topic: { 'min.insync.replicas': 2 } });
  const value = acknowledged(lab, 3, -1);
  // The high watermark that covers it reaches the followers with the next answer.
  expect(lab.replica(2)).toMatchObject({ logEnd: 2, highWatermark: 1 });
  cut(lab, 1, 2);
  lab.decide({ leader: 1 });
  for (const broker of [1, 2, 3]) lab.awaitMetadata(broker);
  lab.pass(100 * MILLI);
  lab.world.kill(1);
  lab.decide({ leader: 2, isr: [2, 3] });
  for (const broker of [2, 3]) lab.awaitMetadata(broker);
  lab.pass(5 * SECOND);
  const running = [2, 3].filter((broker) => lab.world.process(broker) !== undefined);
  return { running, holders: running.filter((broker) => lab.log(broker).includes(value)) };
}

interface Survivors {
  readonly running: readonly MachineId[];
  readonly holders: readonly MachineId[];
}
