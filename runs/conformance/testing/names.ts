/** What the names in an exchange stand for in the simulated cluster; answers are noted with the names. */
import type { MachineId } from '../../../model/kernel/process.js';

export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** undefined: it has no transactions. */
  readonly transactional?: string | undefined;
}

/** Of a partition that does not exist. */
const NO_PARTITION = 999;

export class Names {
  /** The machine of each broker as the exchange numbers them; [0] is none. */
  readonly machines: number[] = [0];
  readonly producers = new Map<string, ProducerIdentity>();
  /** By name: the member id. */
  readonly members = new Map<string, string>();
  /** What an exchange calls members that were given no id by that name. */
  readonly #strangers = new Set(['']);
  readonly #hasTopic: boolean;

  constructor(hasTopic: boolean) {
    this.#hasTopic = hasTopic;
  }

  machine(broker: unknown): MachineId {
    return this.machines[broker as number];
  }

  broker(machine: MachineId): number {
    return machine < 0 ? machine : this.machines.indexOf(machine);
  }

  /** The number of the topic's partition with this index: it has one, or is not there. */
  partition(index: number): number {
    return this.#hasTopic && index === 0 ? 0 : NO_PARTITION;
  }

  index(partition: number): number {
    return partition === NO_PARTITION ? 1 : partition;
  }

  memberId(name = ''): string {
    if (!this.members.has(name)) this.#strangers.add(name);
    return this.members.get(name) ?? name;
  }

  /** '?': of a member that was not named yet. */
  memberName(memberId: string): string {
    for (const [name, known] of this.members) if (known === memberId) return name;
    return this.#strangers.has(memberId) ? memberId : '?';
  }

  producerName(producerId: number): string | number {
    for (const [name, known] of this.producers) if (known.producerId === producerId) return name;
    return producerId;
  }
}
