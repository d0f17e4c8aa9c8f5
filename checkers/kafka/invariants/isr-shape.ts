/**
 * W9, the shape of a partition's state at the controller: who leads is in the ISR; ISR and eligible leader replicas
 * (KIP-966) are replicas and have no member in common; nobody is eligible while the ISR is large enough; and under KRaft
 * no fenced broker is in an ISR of several (ReplicationControlManager.handleBrokerFenced, PartitionChangeBuilder).
 *
 * One decision is announced piece by piece: it is looked at when brokers apply it. In ZooKeeper the assignment is one znode
 * and leader and ISR another: a leader goes by the assignment that came with its epoch.
 */
import { memberCount } from './cluster-fold.js';
import { effectiveMinInsyncReplicas, type Invariant } from './invariant.js';

export const isrShape: Invariant = {
  id: 'W9',
  sentence: 'A leader is in the ISR; ISR and eligible leader replicas are replicas, and no member is in both.',
  on: ['becomeLeader', 'becomeFollower', 'isrAdopted'],
  create({ cluster, facts, restartsUnnoticed, found }) {
    return {
      onProbe(_kind, _machine, key) {
        const partition = cluster.partition(key);
        const { leader, leaderEpoch, isr, elr, reassigned, takenBack } = partition;
        if (leaderEpoch < 0) return;
        const fenced = restartsUnnoticed || memberCount(isr) < 2 ? 0 : cluster.fencedOf(isr);
        const replicas =
          reassigned !== 0 ? reassigned : facts.replicas(key).reduce((mask, replica) => mask | (1 << replica), 0);
        const wrong = [
          leader >= 0 && (isr & (1 << leader)) === 0 && `b${leader} leads and is not in the ISR`,
          replicas !== 0 &&
            ((isr | elr) & ~(replicas | takenBack)) !== 0 &&
            'a broker is in sync or eligible that has no replica',
          (isr & elr) !== 0 && 'a member of the ISR is among the eligible leader replicas',
          elr !== 0 &&
            memberCount(isr) >= effectiveMinInsyncReplicas(facts, key, partition) &&
            'replicas are eligible though the ISR is large enough',
          fenced !== 0 && 'a fenced broker is in the ISR',
        ];
        for (const what of wrong) {
          if (what === false) continue;
          found({ key, offsets: [], values: [], story: `${facts.keys[key]}, epoch ${leaderEpoch}: ${what}` });
        }
      },
    };
  },
};
