/** Words of Kafka, and of results, that are no names of anything in a spec: for `harrow explain`. */

/** Lays a text out beside the word that says what it is. */
type Paragraph = (kind: string, text: string) => string;

interface Word {
  /** What people may type; the first is how results write it. */
  readonly names: readonly string[];
  readonly sentence: string;
}

const words: readonly Word[] = [
  {
    names: ['ISR', 'in-sync replicas'],
    sentence:
      'In-sync replicas: those that have fetched everything up to the log end of the leader within replica.lag.time.max.ms. acks=all waits for all of them; without unclean elections only they may lead.',
  },
  {
    names: ['ELR', 'eligible leader replicas'],
    sentence:
      'Eligible leader replicas (KIP-966, Kafka 4.1): replicas that left an ISR below min.insync.replicas with everything committed, and may lead as long as they stop in order.',
  },
  {
    names: ['RF', 'replication factor'],
    sentence: 'How many brokers have a copy of a partition: replication.factor.',
  },
  {
    names: ['high watermark', 'HW'],
    sentence:
      'The offset up to which every member of the ISR has the log. What lies below is committed: consumers read it, and a clean election keeps it.',
  },
  {
    names: ['log end', 'log end offset', 'LEO'],
    sentence: 'The offset that the next record of a replica gets. Above the high watermark replicas may differ.',
  },
  {
    names: ['LSO', 'last stable offset'],
    sentence:
      'The first offset of the oldest open transaction, at most the high watermark: read_committed consumers read up to it.',
  },
  {
    names: ['epoch', 'leader epoch'],
    sentence:
      "Counts the leaders of a partition. Every batch carries that of the leader which appended it; followers find by it where their log parts from a new leader's (KIP-101, KIP-279).",
  },
  {
    names: ['fenced', 'fencing'],
    sentence:
      'Of a broker: the controller has not heard of it for broker.session.timeout.ms; it leads nothing and is in no ISR until it is unfenced. Of a producer or member: a newer one has its place, and its requests are refused.',
  },
  {
    names: ['impaired'],
    sentence:
      'A replica from the moment it loses unsynced, damaged or wiped data until it enters again an ISR that it had left. Guarantees assume that no impaired replica is elected.',
  },
  {
    names: ['licence', 'licensed', 'licenses'],
    sentence:
      'The event or setting that takes an anomaly out of what Kafka guarantees: "acks=1 and a change of leader". An anomaly without one is a bug.',
  },
  {
    names: ['anomaly'],
    sentence:
      'Something in a history that an ideal log would not show: a lost write, a duplicate, records out of order.',
  },
  {
    names: ['guarantee'],
    sentence: 'What Kafka promises under given settings, rules and assumptions about faults: npx harrow guarantees.',
  },
  { names: ['requirement'], sentence: 'What you demand, whatever Kafka guarantees: `require:` in a spec.' },
  {
    names: ['situation'],
    sentence:
      'A named interesting state ("an ISR shrank"). A clean campaign that never reached those on which a requirement rests proves nothing: npx harrow situations.',
  },
  {
    names: ['trial'],
    sentence: 'One execution of a spec with a seed: a history, and a verdict. A campaign is many of them.',
  },
  {
    names: ['seed'],
    sentence: 'The root of every random choice of a trial. The same spec and seed are the same trial.',
  },
  {
    names: ['digest'],
    sentence: 'A hash over everything that a trial did. Two runs with equal digests were the same, event by event.',
  },
  {
    names: ['heal'],
    sentence:
      'The end of faults. After the safety phase everything, or as much as suffices, is healed, and the cluster has to take writes again within a bound.',
  },
  {
    names: ['phase', 'safety', 'liveness', 'final read'],
    sentence:
      'A trial has three phases. Safety: faults happen. Liveness: they are healed, and every partition has to take writes again. Final read: each replica leads in turn, by clean election, and is read in full.',
  },
  {
    names: ['shrunk', 'shrink'],
    sentence:
      'Made smaller: faults and sends were left out as long as the same anomaly stayed. What is left is the reason.',
  },
  {
    names: ['strike'],
    sentence: 'One fault in a plan: which, at whom, from when to when.',
  },
  {
    names: ['invariant'],
    sentence: "A property of the replicas' own state, checked while a trial runs. No client could see it.",
  },
  { names: ['rule'], sentence: 'A protocol rule as designed, which differs between releases: npx harrow versions.' },
  {
    names: ['defect'],
    sentence: 'A bug of a release, off unless a spec names it under defects, or --as-released asks for all of them.',
  },
];

export function wordMeaning(word: string, paragraph: Paragraph): string[] {
  const asked = word.toLowerCase();
  return words
    .filter(({ names }) => names.some((name) => name.toLowerCase() === asked))
    .map(({ sentence }) => paragraph('word', sentence));
}

export function wordsOfResults(): readonly string[] {
  return words.flatMap(({ names }) => names);
}
