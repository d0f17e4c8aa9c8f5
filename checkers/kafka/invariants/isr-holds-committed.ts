/**
 * W6, the ISR holds what is committed: every member of the controller's ISR, and every eligible leader replica (KIP-966),
 * that could be elected now holds every committed record by identity (offset, leader epoch, value); the length of its log
 * alone proves nothing.
 *
 * Members count that run and are unfenced since they started. The leader is W1's matter. The last member of an ISR is
 * never dropped from it (without eligible leader replicas): if it lost data it stays there, frozen and alone, and is the
 * budget's matter; when it is elected, W1 speaks. So with any member under ZooKeeper, whose brokers register again before
 * the controller has taken them out of the ISR.
 */
import { lowestMember } from './cluster-fold.js';
import type { Invariant, InvariantContext } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const isrHoldsCommitted: Invariant = {
  id: 'W6',
  sentence:
    'Every electable member of the ISR, and every eligible leader replica, holds every committed record: same offset, leader epoch and value.',
  on: [
    'partitionChanged',
    'becomeLeader',
    'highWatermark',
    'truncate',
    'logLoaded',
    'replicaDeleted',
    'brokerUnfenced',
  ],
  create(context) {
    const { cluster } = context;
    const { kinds } = cluster;
    return {
      onProbe(kind, machine, key, a, _b, _c, d) {
        if (kind === kinds.brokerUnfenced) {
          for (const partition of cluster.partitions) if (partition !== undefined) check(context, partition.key, a);
        } else if (kind === kinds.truncate || kind === kinds.logLoaded || kind === kinds.replicaDeleted) {
          check(context, key, machine);
        } else if (kind !== kinds.highWatermark || d === 1) {
          // Another ISR, or what is committed moves.
          const { isr, elr } = cluster.partition(key);
          for (let rest = isr | elr; rest !== 0; rest &= rest - 1) check(context, key, lowestMember(rest));
        }
      },
    };
  },
};

function check(context: InvariantContext, key: number, member: number): void {
  const { cluster, facts } = context;
  const { isr, elr, leader } = cluster.partition(key);
  const candidates = (isr | elr) & ~cluster.leaving(key);
  if (member === leader || (candidates & (1 << member)) === 0 || !cluster.isElectable(member)) return;
  const committed = context.committed.log(key);
  const replica = cluster.replica(member, key);
  const { log } = replica;
  const start = context.committed.startFor(replica, key);
  if (log.agreesBetween(start, committed.end, committed)) return;
  // Frozen and alone; or, under ZooKeeper, back before anybody took it out.
  const mayStay = isr === 1 << member || context.restartsUnnoticed;
  if (mayStay && cluster.budget.impaired(key, member)) return;
  const where = (isr & (1 << member)) === 0 ? 'is eligible to lead' : 'is in the ISR';
  for (const offset of log.stretchesLacking(committed, committed.end, start)) {
    const value = committed.valueAt(offset);
    const what = `${placeWords(facts, key, offset)}, value ${value}, which is committed`;
    const story = `${brokerWords(member)} ${where} without ${what}`;
    context.found({ key, machine: member, offsets: [offset], values: [value], story });
  }
}
