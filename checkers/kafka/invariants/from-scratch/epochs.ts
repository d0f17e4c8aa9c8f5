/** W7, W8 and W20: who leads, by which epochs, and what the controllers have committed. */
import { replicaOf } from './look.js';
import type { Announcement } from './memory.js';
import type { EventSeen, PartitionRule } from './rule.js';

export const oneLeads: PartitionRule = {
  id: 'W7',
  check({ kinds, now, announced, memory: { leaders } }, found) {
    const leads = (machine: number, leaderEpoch: number): void => {
      const first = leaders.get(leaderEpoch);
      if (first === undefined) leaders.set(leaderEpoch, machine);
      else if (first !== machine) found(`b${machine} leads in epoch ${leaderEpoch}, which b${first} led`);
    };
    for (const { machine, isLeader, leaderEpoch } of now.replicas) if (isLeader) leads(machine, leaderEpoch);
    for (const { kind, machine, b, d } of announced) if (kind === kinds.append && d === 1) leads(machine, b);
  },
};

export const epochsGoForward: PartitionRule = {
  id: 'W8',
  check({ now, before }, found) {
    // Of a partition that they have forgotten W20 tells.
    const isKnown = before !== undefined && now.controller.leaderEpoch >= 0;
    if (isKnown && isBehind(now.controller, before.controller)) found('the controller goes back');
    for (const replica of now.replicas) {
      const was = replicaOf(before, replica.machine);
      if (was?.view === replica.view && isBehind(replica, was)) found(`b${replica.machine} goes back`);
      let newest = -1;
      replica.records.forEach((record, offset) => {
        if (record === undefined) return;
        if (record.leaderEpoch < newest) found(`b${replica.machine} holds an older epoch at offset ${offset}`);
        newest = record.leaderEpoch;
      });
    }
  },
};

interface Epochs {
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

function isBehind(now: Epochs, before: Epochs): boolean {
  return now.leaderEpoch < before.leaderEpoch || now.partitionEpoch < before.partitionEpoch;
}

/** W8 and W20 of the cluster as a whole: what belongs to no partition. */
export class ControllersMemory {
  readonly #brokerEpochs = new Map<number, number>();
  #controllerEpoch = -1;
  #committed: object[] = [];

  check(
    { view, kinds }: EventSeen,
    announced: readonly Announcement[],
    found: (id: string, what: string) => void,
  ): void {
    for (const { kind, a, b } of announced) {
      if (kind === kinds.brokerRegistered) {
        if (b < (this.#brokerEpochs.get(a) ?? b)) found('W8', `b${a} is registered under an older epoch`);
        this.#brokerEpochs.set(a, b);
      } else if (kind === kinds.controllerReady) {
        if (b < this.#controllerEpoch) found('W8', 'a controller acts under an older epoch');
        this.#controllerEpoch = b;
      }
    }
    const { committedMetadata } = view;
    const changed = this.#committed.findIndex((record, offset) => record !== committedMetadata[offset]);
    if (changed >= 0) {
      found('W20', `another record was committed at offset ${changed}`);
      this.#committed.length = changed;
    }
    for (let i = this.#committed.length; i < committedMetadata.length; i++) this.#committed.push(committedMetadata[i]!);
  }
}
