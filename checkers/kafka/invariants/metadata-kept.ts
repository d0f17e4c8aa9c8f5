/**
 * W20, metadata is kept: what the controllers have committed stays, and each of them commits the same. Broken by a quorum
 * that loses committed records, or that two leaders write. Never licensed.
 */
import type { Invariant } from './invariant.js';

export const metadataKept: Invariant = {
  id: 'W20',
  sentence: 'What the controllers have committed stays as it is.',
  on: ['metadataLost'],
  create({ found }) {
    return {
      onProbe(_kind, _machine, _key, offset, end) {
        const story = `a controller committed another record at ${offset} of the metadata log, which was committed up to ${end}`;
        found({ key: -1, offsets: [], values: [], story });
      },
    };
  },
};
