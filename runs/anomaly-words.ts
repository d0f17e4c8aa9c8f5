/** Anomalies in words: what people read first, with the technical name in brackets. */

export interface AnomalyWords {
  readonly name: string;
  /** In the middle of a sentence: "lost write". */
  readonly words: string;
  /** What trials did: "lost acknowledged writes". */
  readonly did: string;
  readonly sentence: string;
}

/** Canonical names of what this build can find. */
export const anomalies: readonly AnomalyWords[] = [
  {
    name: 'lost-write',
    words: 'lost write',
    did: 'lost acknowledged writes',
    sentence: 'A record was acknowledged to its producer and is in no log at the end.',
  },
  {
    name: 'unseen',
    words: 'lost write at the end of a log',
    did: 'lost acknowledged writes',
    sentence: 'An acknowledged record was never read, though the final read went to the end of its partition.',
  },
  {
    name: 'duplicate',
    words: 'duplicate',
    did: 'wrote records twice',
    sentence: 'One value stands at two offsets of a partition.',
  },
  {
    name: 'nonmonotonic-send',
    words: 'sends out of order',
    did: 'wrote records out of order',
    sentence: "A producer's later send got a lower offset than its earlier one in the same partition.",
  },
  {
    name: 'int-nonmonotonic-send',
    words: 'sends of one batch out of order',
    did: 'wrote records out of order',
    sentence: 'Within one operation a later send got a lower offset than an earlier one.',
  },
  {
    name: 'key-order',
    words: 'records of a key out of order',
    did: 'wrote records of a key out of order',
    sentence: 'Records of one key stand in the log in another order than their producer sent them.',
  },
  {
    name: 'inconsistent-offsets',
    words: 'two records at one offset',
    did: 'showed two records at one offset',
    sentence: 'Two different records were seen at the same offset of a partition: a log was rewritten.',
  },
  {
    name: 'ack-offset-mismatch',
    words: 'record at another offset than acknowledged',
    did: 'acknowledged one offset and wrote another',
    sentence: 'The acknowledgement named one offset and the record is read at another.',
  },
  {
    name: 'phantom',
    words: 'phantom record',
    did: 'read records that nobody sent',
    sentence: 'A record was read that no producer ever sent.',
  },
  {
    name: 'misplaced',
    words: 'record in the wrong partition',
    did: 'read records in the wrong partition',
    sentence: 'A record was read in another partition than it was sent to.',
  },
  {
    name: 'stuck',
    words: 'not writable again',
    did: 'were not writable again after the heal',
    sentence:
      'Within the bound after a sufficient heal, a new send to some partition was not acknowledged and read; or its ISR did not become whole after everything was healed.',
  },
  invariant('W1', 'what was once readable stays in the log of every leader'),
  invariant('W2', 'what was acknowledged with acks=all stays below the high watermark for good'),
  invariant('W3', 'a success under acks=all follows the high watermark, with at least min.insync.replicas in sync'),
  invariant('W4', 'a high watermark never passes what the whole ISR has, pending members included'),
  invariant('W5', 'two logs agree at every offset below both high watermarks'),
  invariant('W6', 'every member of the ISR holds every committed record, by offset, epoch and value'),
  invariant('W7', 'in one leader epoch at most one broker appends as leader'),
  invariant('W8', 'epochs never go back: at the controller, within a life of a broker, or by offset within a log'),
  invariant('W10', 'within a leader epoch the high watermark of a broker never goes back'),
  invariant('W11', 'a high watermark lies between the start and the end of its log'),
  invariant('W20', 'what the controllers have committed stays as it is'),
  invariant('W22', 'what a leader answers a consumer with stands in its log, below its high watermark'),
];

function invariant(name: string, rule: string): AnomalyWords {
  return {
    name,
    words: `invariant ${name} broken`,
    did: `broke invariant ${name}`,
    sentence: `Broken rule of the replicas' own state: ${rule}.`,
  };
}

const byName = new Map(anomalies.map((anomaly) => [anomaly.name, anomaly]));

/** The words for an anomaly; its own name if it has none. */
export function anomalyWords(name: string): AnomalyWords {
  return byName.get(name) ?? { name, words: name, did: `showed ${name}`, sentence: '' };
}
