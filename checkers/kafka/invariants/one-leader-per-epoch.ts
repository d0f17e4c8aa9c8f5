/**
 * W7, one leader per epoch: in one leader epoch of a partition at most one broker leads, and appends what producers
 * send. Broken by a reused epoch, or by two controllers without fencing. Never licensed.
 */
import type { Invariant } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const oneLeaderPerEpoch: Invariant = {
  id: 'W7',
  sentence: 'In one leader epoch of a partition at most one broker leads and appends.',
  on: ['becomeLeader', 'append'],
  create({ cluster, facts, found }) {
    /** By key, by leader epoch: who was first seen to lead. */
    const leaders: (number | undefined)[][] = [];
    return {
      onProbe(kind, machine, key, a, b, c, d) {
        const isAppend = kind === cluster.kinds.append;
        if (isAppend && d !== 1) return;
        const leaderEpoch = isAppend ? b : a;
        const ofKey = (leaders[key] ??= []);
        const first = ofKey[leaderEpoch];
        if (first === undefined) {
          ofKey[leaderEpoch] = machine;
        } else if (first !== machine) {
          const did = isAppend ? `appended ${placeWords(facts, key, a)}` : `began to lead ${facts.keys[key]}`;
          const story = `${brokerWords(machine)} ${did} in epoch ${leaderEpoch}, which ${brokerWords(first)} led`;
          found({ key, offsets: isAppend ? [a] : [], values: isAppend ? [c] : [], story });
        }
      },
    };
  },
};
