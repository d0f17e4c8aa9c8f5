/** How the machines of a cluster are called in specs, histories and reports. */
import type { ControlPlane } from './protocol/versions/rule.js';

/** @param id from 1 */
export function brokerName(id: number): string {
  return `b${id}`;
}

/** @param index from 0 */
export function controllerName(index: number, controllers: number): string {
  return controllers === 1 ? 'controller' : `controller${index + 1}`;
}

/** @param index from 0 */
export function zookeeperName(index: number): string {
  return `z${index + 1}`;
}

/** @param index from 0, among all producers */
export function producerName(index: number): string {
  return `p${index}`;
}

/** @param index from 0, among all consumers */
export function consumerName(index: number): string {
  return `c${index}`;
}

export interface MachineCounts {
  readonly control: ControlPlane;
  readonly brokers: number;
  /** Controllers, or ZooKeeper servers. */
  readonly controllers: number;
  /** Controllers are processes of brokers (process.roles=broker,controller). */
  readonly combined: boolean;
  readonly producers: number;
  readonly consumers: number;
}

/** In the order of their numbers. */
export function machineNames({
  control,
  brokers,
  controllers,
  combined,
  producers,
  consumers,
}: MachineCounts): string[] {
  const apart = combined ? 0 : controllers;
  const each = (count: number, name: (index: number) => string): string[] =>
    Array.from({ length: count }, (_, index) => name(index));
  return [
    ...each(brokers, (index) => brokerName(index + 1)),
    ...each(apart, (index) => (control === 'kraft' ? controllerName(index, controllers) : zookeeperName(index))),
    ...each(producers, producerName),
    ...each(consumers, consumerName),
  ];
}
