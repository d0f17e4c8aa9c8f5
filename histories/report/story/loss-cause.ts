/** The way in which a record was lost, in one clause: losses of equal id are one way. */
import type { RecordOf, TraceReader } from '../../trace-record.js';
import type { Departure, Loss } from './loss.js';
import { holdersAt } from './record-fate.js';
import type { Cause } from './types.js';

/** Of a cause: a replica has the record, and no reader was given it. */
export const NEVER_READ = 'never-read';

const UNCLEAN = 1;
const LAST_KNOWN_LEADER = 6;
const WIPED = 1;
/** As in the trace: LogStartReason.segmentDeletion, clientDeletion. */
const BY_POLICY: readonly number[] = [0, 1];

function isByPolicy(reader: TraceReader, index: number): boolean {
  const record = reader.at(index);
  return record.event === 'log-start' && BY_POLICY.includes(record.reason);
}

export function causeOfLoss(reader: TraceReader, loss: Omit<Loss, 'cause'>): Cause {
  const { copy, takeover, departure, dataLost, damage, rival, fate, acknowledgement } = loss;
  if (copy === null) {
    return {
      id: 'never-appended',
      sentence: 'the request was lost or refused, and with acks=0 nobody asked what became of it',
    };
  }
  if (fate.copies.some(({ removed }) => removed !== null && isByPolicy(reader, removed.index))) {
    return { id: 'deleted-by-policy', sentence: 'the record was deleted by retention, or on request' };
  }
  if (rival !== null) {
    return {
      id: 'replicas-differ',
      sentence: 'two replicas hold different records at one offset, and neither cuts its log back',
    };
  }
  if (takeover === null) {
    if (damage !== null) {
      return {
        id: 'damaged-replica',
        sentence: 'the record is damaged on the disk of a replica, below the recovery point, where nobody looks',
      };
    }
    if (holdersAt(fate, reader.length - 1).length > 0) {
      return { id: NEVER_READ, sentence: 'the record is on a replica, but no reader was ever given it' };
    }
    return { id: 'wiped', sentence: 'every replica that held the record lost it' };
  }
  if (takeover.reason === UNCLEAN) {
    return { id: 'unclean-election', sentence: 'unclean election of a replica that lacked the record' };
  }
  if (takeover.reason === LAST_KNOWN_LEADER) {
    return {
      id: 'last-known-leader',
      sentence: 'no replica was left that had stopped in order, and whoever led last led again without the record',
    };
  }
  if (dataLost !== null) {
    if (dataLost.reason === WIPED) {
      return {
        id: 'last-replica-lost-disk',
        sentence:
          'the last replica in the ISR lost its disk, began anew on an empty one and led again without the record',
      };
    }
    const alone = holdersAt(fate, acknowledgement?.index ?? dataLost.index - 1, copy).length === 1;
    return unsyncedCauses[alone ? 'alone' : 'last'][hasLostPower(reader, dataLost) ? 'power' : 'disk'];
  }
  if (damage !== null) {
    return {
      id: 'damaged-log',
      sentence: 'the last replica in the ISR found a damaged batch, cut its log there and led again without the record',
    };
  }
  return causes[departure ?? 'stepped-down'];
}

/** What went with the page cache: of the only broker that had the record, or of the last of several; with its power, or with a disk. */
const unsyncedCauses: Readonly<Record<'alone' | 'last', Readonly<Record<'power' | 'disk', Cause>>>> = {
  alone: {
    power: {
      id: 'alone-lost-power',
      sentence: 'one broker alone acknowledged the record, lost power before syncing it, and led again without it',
    },
    disk: {
      id: 'alone-disk-returned',
      sentence: 'one broker alone acknowledged the record, lost a disk before syncing it, and led again without it',
    },
  },
  last: {
    power: {
      id: 'last-replica-lost-power',
      sentence: 'the last replica in the ISR lost power and led again without the record (last replica standing)',
    },
    disk: {
      id: 'last-replica-disk-returned',
      sentence: 'the last replica in the ISR lost a disk, got it back and led again without the record',
    },
  },
};

/** Unsynced records go with a machine's power, or with one disk (log directory) that fails and comes back. */
export function hasLostPower(reader: TraceReader, { machine, time }: RecordOf<'data-lost'>): boolean {
  for (const record of reader.scan(['power-lost'], -1)) {
    if (record.machine === machine && record.time === time) return true;
  }
  return false;
}

const causes: Readonly<Record<Departure, Cause>> = {
  'cut-off': {
    id: 'leader-cut-off',
    sentence: 'leader cut off from the others, still acknowledging (two leaders at once)',
  },
  killed: { id: 'leader-killed', sentence: 'leader killed before a follower had fetched the record' },
  'lost-power': { id: 'leader-lost-power', sentence: 'leader lost power before a follower had fetched the record' },
  paused: { id: 'leader-paused', sentence: 'leader paused before a follower had fetched the record' },
  'stepped-down': { id: 'leader-moved', sentence: 'leadership moved before the new leader had fetched the record' },
};
