/** Voters of the metadata quorum that a spec has an administrator remove and add again: the fault voter-removed. */
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import { specName } from '../../model/kafka/protocol/versions/rules.js';
import { voterRemoved } from '../../nemesis/faults/voter-removed.js';
import type { Draft } from './draft.js';
import type { Problems } from './problems.js';

/** The release whose quorum may have kraft.version=1 (KIP-853). */
export const DYNAMIC_VOTERS_SINCE = '3.9';
const VOTERS = 'controller.quorum.voters';
/** A voter is removed only while two are left. */
const FEWEST_CONTROLLERS = 3;

/** Its voters change: it was formatted with kraft.version=1 then, whatever else the spec says. */
export function changesVoters({ faults }: Pick<Draft, 'faults'>): boolean {
  return (faults ?? []).some(({ name }) => name.value === voterRemoved.name);
}

/** @param controllers how many there are */
export function checkVoterRemovals(draft: Draft, mode: ControlPlane, controllers: number, problems: Problems): void {
  for (const { name } of (draft.faults ?? []).filter((fault) => fault.name.value === voterRemoved.name)) {
    const why = refusal(draft, mode, controllers);
    if (why !== null) problems.error(name.origin, `${name.value}: ${why}`);
  }
}

function refusal({ kafka, broker, rules, releases }: Draft, mode: ControlPlane, controllers: number): string | null {
  if (mode === 'zookeeper') return 'the spec runs ZooKeeper, and the voters are those of a KRaft quorum';
  for (const { value } of [kafka, ...releases.values()]) {
    if (compareReleases(value, DYNAMIC_VOTERS_SINCE) < 0) {
      return `Kafka ${value} has no RemoveRaftVoter (KIP-853, ${DYNAMIC_VOTERS_SINCE})`;
    }
  }
  if (broker.has(VOTERS)) {
    return `${VOTERS} names the voters for good (kraft.version=0): controller.quorum.bootstrap.servers in its place`;
  }
  const identity = specName('voterIdentity');
  if (rules.get(identity)?.value === 'id') return `rule ${identity}: id is kraft.version=0, whose voters never change`;
  if (controllers < FEWEST_CONTROLLERS) {
    return `it takes ${FEWEST_CONTROLLERS} controllers, of whom two go on voting; the spec has ${controllers}`;
  }
  return null;
}
