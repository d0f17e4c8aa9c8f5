/** Whom the controller chooses to lead: Election, PartitionLeaderElectionAlgorithms. Each answer is a new leader and ISR. */
import type { LeaderAndIsr } from '../znodes.js';
import type { ControllerContext } from './context.js';

/**
 * offline: the leader is gone, or there has been none. preferred: the first of the assignment. controlled-shutdown: away
 * from brokers that are shutting down. reassign: to one of the target list. transfer: to a named member of the ISR (ours:
 * a reassignment to a list headed by it, then preferred, in one step).
 */
export type ElectionStrategy =
  | { readonly kind: 'offline' }
  | { readonly kind: 'unclean' }
  | { readonly kind: 'preferred' }
  | { readonly kind: 'controlled-shutdown' }
  | { readonly kind: 'reassign' }
  | { readonly kind: 'transfer'; readonly target: number };

export interface Choice {
  readonly leader: number;
  readonly isr: readonly number[];
  /** Who is told. */
  readonly recipients: readonly number[];
}

/** null: nobody may lead. */
export function chooseLeader(
  strategy: ElectionStrategy,
  partition: number,
  current: LeaderAndIsr,
  context: ControllerContext,
  allowsUnclean: boolean,
): Choice | null {
  const replicas = context.replicasOf(partition);
  const { isr } = current;
  switch (strategy.kind) {
    case 'offline':
      return offline(partition, isr, context, allowsUnclean);
    case 'unclean':
      return offline(partition, isr, context, true);
    case 'preferred':
      return moveTo(replicas[0], partition, isr, context);
    case 'transfer':
      return moveTo(strategy.target, partition, isr, context);
    case 'controlled-shutdown':
      return controlledShutdown(partition, isr, context);
    case 'reassign':
      return reassign(partition, isr, context);
  }
}

/** The first of the assignment that is live and in the ISR; else, if that is allowed, the first that is live. */
function offline(
  partition: number,
  isr: readonly number[],
  context: ControllerContext,
  allowsUnclean: boolean,
): Choice | null {
  const live = context.replicasOf(partition).filter((replica) => context.isReplicaOnline(replica, partition));
  const clean = live.find((replica) => isr.includes(replica));
  if (clean !== undefined) {
    return { leader: clean, isr: isr.filter((replica) => live.includes(replica)), recipients: live };
  }
  if (!allowsUnclean || live.length === 0) return null;
  return { leader: live[0], isr: [live[0]], recipients: live };
}

function moveTo(target: number, partition: number, isr: readonly number[], context: ControllerContext): Choice | null {
  if (!context.isReplicaOnline(target, partition) || !isr.includes(target)) return null;
  return { leader: target, isr, recipients: context.replicasOf(partition) };
}

function controlledShutdown(partition: number, isr: readonly number[], context: ControllerContext): Choice | null {
  const recipients = context
    .replicasOf(partition)
    .filter((replica) => context.isLiveOrShuttingDown(replica) && !context.isInFailedDirectory(replica, partition));
  const leader = recipients.find((replica) => isr.includes(replica) && !context.shuttingDown.has(replica));
  if (leader === undefined) return null;
  return { leader, isr: isr.filter((replica) => !context.shuttingDown.has(replica)), recipients };
}

function reassign(partition: number, isr: readonly number[], context: ControllerContext): Choice | null {
  const { replicas, removing } = context.assignments[partition]!;
  const target = replicas.filter((replica) => !removing.includes(replica));
  const leader = target.find((replica) => context.isReplicaOnline(replica, partition) && isr.includes(replica));
  return leader === undefined ? null : { leader, isr, recipients: target };
}
