/** Anomalies in words: what people read first, with the technical name in brackets. */

export interface AnomalyWords {
  readonly name: string;
  /** In the middle of a sentence: "lost write". */
  readonly words: string;
  /** What trials did: "lost acknowledged writes". */
  readonly did: string;
  readonly sentence: string;
}

const cycleSentences = {
  G0: 'Operations wrote to several places in opposite orders. Of logs it is allowed, and told by check --also ww-deps alone.',
  G1c: 'Operations read or overwrote what others of them had written, in a circle.',
  'G-single-item': 'An operation saw part of what another had done, and missed the rest.',
  'G-nonadjacent-item': 'Operations saw the effects of others in different orders (a long fork, if two did).',
  'G2-item': 'Operations each missed what another wrote, in a circle (write skew, if they are two).',
} as const;

/** Cycles of dependencies, as Adya and Elle name them: by the edges that they have and need. */
const cycles: readonly AnomalyWords[] = Object.entries(cycleSentences).flatMap(([name, sentence]) => [
  cycle(name, 'cycle of dependencies', sentence),
  cycle(`${name}-process`, 'cycle of dependencies and the order of a process', sentence),
  cycle(`${name}-realtime`, 'cycle of dependencies and real time', sentence),
]);

/** Histories of lists, by Elle's names. */
const lists: readonly AnomalyWords[] = [
  ['G1b', 'read of a state in between', 'A read ended with an element to which its transaction appended more.'],
  ['internal', 'disagreement with itself', 'A transaction read a list otherwise than it had read or appended itself.'],
  ['future-read', 'read of what comes later', 'A transaction read an element that it appended only afterwards.'],
  ['dirty-update', 'append to what failed', 'A transaction that succeeded built upon what a failed one had appended.'],
  ['lost-update', 'lost update', 'Two transactions read the same state of a list, and both appended to it.'],
  ['duplicate-elements', 'element twice', 'An element stands twice in one read of a list.'],
  ['incompatible-order', 'orders that disagree', 'Of two reads of one list neither is the beginning of the other.'],
].map(([name, words, sentence]) => ({ name: name!, words: words!, did: `showed ${words}`, sentence: sentence! }));

/** Consume, transform, produce; groups' offsets and partitions. */
const groups: readonly AnomalyWords[] = [
  {
    name: 'ctp-duplicate',
    words: 'input processed twice',
    did: 'processed inputs twice',
    sentence: 'An input record went into the committed outputs of two operations.',
  },
  {
    name: 'ctp-missing',
    words: 'input skipped',
    did: 'skipped inputs',
    sentence: "An input record stands below its group's committed offset, and went into no committed output.",
  },
  {
    name: 'ctp-phantom',
    words: 'output of no input',
    did: 'made outputs from nothing',
    sentence: 'A committed output was made from an input that had failed or been aborted, or that nobody ever read.',
  },
  {
    name: 'ctp-torn',
    words: 'output without its offsets',
    did: 'committed outputs apart from their offsets',
    sentence: "A transaction's outputs were committed, and the offsets that it committed are not those of its inputs.",
  },
  {
    name: 'ctp-order',
    words: 'outputs out of order',
    did: 'wrote outputs out of order',
    sentence: 'Outputs of one record key stand in another order than their inputs.',
  },
  {
    name: 'count-too-high',
    words: 'count too high',
    did: 'counted records twice',
    sentence: 'A committed output says that more records of its key were counted than stand in the input up to there.',
  },
  {
    name: 'count-too-low',
    words: 'count too low',
    did: 'left records out of counts',
    sentence: 'A committed output says that fewer records of its key were counted than stand in the input up to there.',
  },
  {
    name: 'zombie-output',
    words: 'output of a replaced member',
    did: 'committed outputs of replaced members',
    sentence: 'A member committed a transaction when another one owned the partitions that it had consumed.',
  },
  {
    name: 'skipped',
    words: 'record skipped',
    did: 'skipped records',
    sentence: "A record stands below its group's committed offset, and no member has processed it.",
  },
  {
    name: 'reprocessed',
    words: 'record processed twice',
    did: 'processed records twice',
    sentence: 'Members of a group processed one record twice.',
  },
  {
    name: 'processed-out-of-order',
    words: 'records of a key processed out of order',
    did: 'processed records of a key out of order',
    sentence: 'Of two records of one key a group processed the later one first.',
  },
  {
    name: 'committed-regression',
    words: 'committed offset that went back',
    did: 'lost committed offsets',
    sentence: "A group's committed offset was fetched and lay below what had been committed before.",
  },
  {
    name: 'committed-phantom',
    words: 'offset that nobody committed',
    did: 'answered offsets that nobody had committed',
    sentence: "A group's committed offset was fetched, and nobody had committed it, or whoever did had failed.",
  },
  {
    name: 'committed-nonlinearizable',
    words: 'committed offsets in no order',
    did: 'answered committed offsets in no order',
    sentence: "No order of a group's commits and fetches of a partition explains what the fetches answered.",
  },
  {
    name: 'committed-beyond-end',
    words: 'committed offset beyond the end',
    did: 'committed offsets beyond the end',
    sentence: "A group's committed offset lies above the end of its partition.",
  },
  {
    name: 'committed-too-far',
    words: 'committed offset above what was polled',
    did: 'committed offsets of records that nobody had polled',
    sentence: 'A group committed an offset above a record that none of its members had polled by then.',
  },
  {
    name: 'overlapping-ownership',
    words: 'partition with two owners',
    did: 'had partitions owned twice',
    sentence: 'Two members of a group owned a partition at once, in one generation.',
  },
  {
    name: 'duplicate-consumption',
    words: 'record consumed twice',
    did: 'consumed records twice',
    sentence: 'Members of a group polled one record twice.',
  },
];

function cycle(name: string, words: string, sentence: string): AnomalyWords {
  return { name, words, did: 'depended on each other in circles', sentence };
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
    name: 'int-send-skip',
    words: 'sends of others between those of one operation',
    did: 'wrote between the sends of one operation',
    sentence:
      'Between two sends of one operation to a partition stand records of others. Kafka isolates no writes: always allowed, and told by check --compat jepsen alone.',
  },
  {
    name: 'idempotent-gap',
    words: 'gap in what an idempotent producer sent',
    did: 'went on after a send that had failed',
    sentence:
      'An idempotent producer session succeeded, failed to send a record for certain, and succeeded again: what comes later stands in the log without it. Kafka allows it: told by check --also idempotent-gap alone.',
  },
  {
    name: 'realtime-lag',
    words: 'poll that lagged behind',
    did: 'read what was stale',
    sentence:
      'A poll ended before a record that had been known to exist for longer than check --max-lag allows when it was invoked. Known from the completion of the operation that showed it: a lower bound.',
  },
  {
    name: 'poll-skip',
    words: 'record left out by a consumer',
    did: 'left records out when reading',
    sentence: 'A consumer that a partition was assigned to went past a record between two polls; others read it there.',
  },
  {
    name: 'nonmonotonic-poll',
    words: 'polls that went back',
    did: 'read backwards',
    sentence: 'A consumer that a partition was assigned to read an offset again, or a lower one, in a later poll.',
  },
  {
    name: 'int-poll-skip',
    words: 'record left out within a poll',
    did: 'left records out when reading',
    sentence: 'Within one operation a consumer went past a record that others read there.',
  },
  {
    name: 'int-nonmonotonic-poll',
    words: 'poll that went back',
    did: 'read backwards',
    sentence: 'Within one operation a consumer read an offset again, or a lower one.',
  },
  {
    name: 'key-order',
    words: 'records of a key out of order',
    did: 'wrote records of a key out of order',
    sentence: 'Records of one key stand in the log in another order than their producer sent them.',
  },
  {
    name: 'partition-instability',
    words: 'key in two partitions',
    did: 'sent a key to two partitions',
    sentence: 'Records of one key went to two partitions of a topic: nothing orders them.',
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
    name: 'G1a',
    words: 'aborted read',
    did: 'read what had failed',
    sentence: 'A record was read whose send failed, or whose transaction was aborted.',
  },
  {
    name: 'G1a-failed-reader',
    words: 'aborted read by an operation that failed too',
    did: 'read what had failed, in operations that did not succeed',
    sentence:
      'A record was read whose send failed, by an operation that did not end ok itself: what it was answered was real all the same.',
  },
  {
    name: 'torn-transaction',
    words: 'torn transaction',
    did: 'read transactions in part',
    sentence: 'Some records of a transaction were read, and others were not, though reads went past them.',
  },
  {
    name: 'interleaved-transactions',
    words: 'transactions of one producer between each other',
    did: 'mixed transactions of one producer',
    sentence: 'In one partition records of two transactions of one producer stand between each other.',
  },
  {
    name: 'precommitted-read',
    words: 'read before the commit',
    did: 'read transactions before they were committed',
    sentence: 'A transaction read a record that it had sent itself and not committed yet.',
  },
  ...cycles,
  ...lists,
  ...groups,
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
  invariant('W9', 'a leader is in the ISR; ISR and eligible leader replicas are replicas, and none is in both'),
  invariant('W10', 'within a leader epoch the high watermark of a broker never goes back'),
  invariant('W11', 'a high watermark lies between the start and the end of its log'),
  invariant('W12', 'what is served to a consumer that reads committed records lies below the last stable offset'),
  invariant('W13', "an idempotent producer's batches stand in a leader's log without gap and repetition"),
  invariant('W14', 'of a producer id nothing is written under an older epoch than before'),
  invariant('W15', 'a marker that ends a transaction says what its coordinator decided of it'),
  invariant('W16', "a transaction's state follows only one that it may follow"),
  invariant('W17', 'in one generation of a group each partition has one owner'),
  invariant('W18', "offsets are taken from members of the group's present generation alone"),
  invariant('W19', 'no offset is committed beyond the end of the partition on every replica'),
  invariant('W20', 'what the controllers have committed stays as it is'),
  invariant('W21', 'a log that is loaded holds what its disk kept'),
  invariant('W22', 'what a leader answers a consumer with stands in its log, below its high watermark'),
  invariant('W23', 'compaction removes only what is committed, and of each key never the latest record'),
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
