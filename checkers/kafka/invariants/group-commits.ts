/**
 * What a coordinator takes as a committed offset. W18, fencing: from members of the group's present generation alone (a commit that
 * names none is of a group without members, or of a transaction before KIP-447). W19, bounds: no offset that the log of the
 * partition has not reached on any replica.
 */
import type { Invariant, InvariantContext } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const groupFencing: Invariant = {
  id: 'W18',
  sentence: "A coordinator takes offsets from members of the group's present generation alone.",
  on: ['groupState', 'offsetPending'],
  create(context) {
    /** By machine, then group: the generation that it announced last. */
    const announced: number[][] = [];
    const { kinds } = context.cluster;
    return {
      onProbe(kind, machine, key, group, b, c, d) {
        const ofMachine = (announced[machine] ??= []);
        if (kind === kinds.groupState) ofMachine[group] = c;
        else if (c >= 0 && (c !== d || c > (ofMachine[group] ?? c))) stale(context, machine, key, b, c, d);
      },
    };
  },
};

function stale(
  { facts, found }: InvariantContext,
  machine: number,
  key: number,
  offset: number,
  generation: number,
  current: number,
): void {
  const place = placeWords(facts, key, offset);
  const story = `${brokerWords(machine)} took ${place} as committed from generation ${generation}, in generation ${current}`;
  found({ key, offsets: [offset], values: [], story });
}

export const committedOffsetBounds: Invariant = {
  id: 'W19',
  sentence: 'No offset is committed beyond the end of the partition on every replica.',
  on: ['offsetPending'],
  create({ cluster, facts, found }) {
    return {
      onProbe(_kind, machine, key, _group, offset) {
        const { replicas } = cluster.partition(key);
        let end = 0;
        for (const replica of replicas) if (replica !== undefined) end = Math.max(end, replica.log.end);
        if (offset >= 0 && offset <= end) return;
        const story = `${brokerWords(machine)} took ${placeWords(facts, key, offset)} as committed, and the log ends at ${end}`;
        found({ key, offsets: [offset], values: [], story });
      },
    };
  },
};
