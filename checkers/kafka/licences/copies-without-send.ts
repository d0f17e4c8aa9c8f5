/**
 * Idempotence puts what the application sent once into a log at most once. So of the places at which an idempotent
 * producer's record stands each must have a send of its own, whose batch that leader was sent.
 *
 * What a deposed leader appended, and nobody read or heard of, is no place: the leader that is tried next does not hold
 * it, and takes the same batch as new (UnifiedLog.analyzeAndValidateProducerState asks for what its own log holds).
 */
import type { LicenceFacts } from './facts.js';
import { appendedBatch, firstValueOf } from './appended-batch.js';
import type { Stay } from './partition-timeline.js';

/**
 * The copies that are left when each send has been given to one place, in the order in which they were appended.
 *
 * @param offsets where the record stands, as somebody read it or was answered; a leader has appended it at each
 */
export function copiesWithoutSend(
  facts: LicenceFacts,
  key: number,
  value: number,
  offsets: readonly number[],
): readonly Stay[] {
  const places = offsets
    .map((offset) => placeAt(facts, key, value, offset))
    .sort((one, other) => one.copy.from - other.copy.from);
  const givenTo = new Map<number, Place>();
  return places.filter((place) => !isGivenSend(place, givenTo, new Set())).map(({ copy }) => copy);
}

interface Place {
  /** The last to be appended there: another leader may have given the same offset to the same record before. */
  readonly copy: Stay;
  /** Numbers of the sends that may have led to it. */
  readonly sends: readonly number[];
}

function placeAt(facts: LicenceFacts, key: number, value: number, offset: number): Place {
  const copies = facts
    .partition(key)
    .appendsOf(value)
    .filter((copy) => copy.offset === offset);
  const sends = new Set(copies.flatMap((copy) => sendsBehind(facts, key, copy)));
  return { copy: copies.at(-1)!, sends: [...sends] };
}

function sendsBehind({ trace, attempts }: LicenceFacts, key: number, copy: Stay): readonly number[] {
  const batch = appendedBatch(trace, key, copy);
  if (batch < 0) return attempts.sendsBefore(key, copy.value, copy.from);
  const sent = { broker: copy.machine, firstValue: firstValueOf(trace, batch), baseSequence: trace.d[batch]! };
  return attempts.sendsInBatch(key, copy.value, sent, copy.from);
}

/** Gives the place a send, if need be one of another place that has a second choice. */
function isGivenSend(place: Place, givenTo: Map<number, Place>, tried: Set<number>): boolean {
  for (const send of place.sends) {
    if (tried.has(send)) continue;
    tried.add(send);
    const holder = givenTo.get(send);
    if (holder !== undefined && !isGivenSend(holder, givenTo, tried)) continue;
    givenTo.set(send, place);
    return true;
  }
  return false;
}
