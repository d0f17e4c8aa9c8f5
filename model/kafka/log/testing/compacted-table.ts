/** A compacted log of single-record batches, two to a segment, and its cleaner. */
import type { BrokerSettings, TopicSettings } from '../../cluster-spec.js';
import { markerBatch, offsetAt, type ProducerRecord, type RecordBatch } from '../../protocol/records.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { PartitionLog } from '../partition-log.js';
import { LogLab, NOW_MS } from './log-lab.js';

export interface TableOptions {
  readonly topic?: Partial<TopicSettings>;
  readonly broker?: Partial<BrokerSettings>;
  readonly rules?: Rules;
  readonly seed?: string;
}

/** How often the cleaner of a table looks. */
const BACKOFF_MS = 1000;
const BATCHES_PER_SEGMENT = 2;

export class CompactedTable {
  readonly lab: LogLab;
  #value = 0;
  readonly #sequences = new Map<number, number>();

  constructor({ topic, broker, ...options }: TableOptions = {}) {
    this.lab = new LogLab({
      topic: {
        'cleanup.policy': 'compact',
        'segment.bytes': BATCHES_PER_SEGMENT * 161,
        'min.cleanable.dirty.ratio': 0,
        'file.delete.delay.ms': 0,
        ...topic,
      },
      broker: { 'log.cleaner.backoff.ms': BACKOFF_MS, ...broker },
      ...options,
    });
  }

  get log(): PartitionLog {
    return this.lab.log;
  }

  /** A batch for each of the words: the keys of its records, as in `a`, `abc`; `-a` deletes a. */
  put(...words: string[]): this {
    for (const word of words) this.log.appendAsLeader(this.lab.batch(1, sized(this.records(word))), 0);
    return this;
  }

  /** The same, of an idempotent producer. */
  putBy(producerId: number, word: string, transactional = false): this {
    const baseSequence = this.#sequences.get(producerId) ?? 0;
    const records = this.records(word);
    this.#sequences.set(producerId, baseSequence + records.length);
    const producer = { producerId, producerEpoch: 0, baseSequence };
    const batch = { ...sized(records), ...producer, ...(transactional ? { isTransactional: true as const } : {}) };
    this.log.appendAsLeader(this.lab.batch(1, batch), 0);
    return this;
  }

  end(producerId: number, committed: boolean): this {
    this.log.appendAsLeader(markerBatch(producerId, 0, { committed, coordinatorEpoch: 1 }, NOW_MS), 0);
    return this;
  }

  committed(offset = this.log.logEndOffset): this {
    this.log.updateHighWatermark(offset, 0, true);
    return this;
  }

  /** Everything is committed, and the cleaner has come round so many times. */
  clean(rounds = 2): this {
    this.committed();
    return this.wait(rounds);
  }

  wait(rounds = 2): this {
    if (!this.#started) this.lab.startTasks();
    this.#started = true;
    this.lab.pass(rounds * BACKOFF_MS * 1000);
    return this;
  }
  #started = false;

  /** What a reader of the whole log finds, markers left out: offset and key, a tombstone with its minus. */
  left(log = this.log): string[] {
    return log.batches.flatMap((batch) =>
      batch.marker !== undefined ? [] : batch.records.map((record, i) => `${offsetAt(batch, i)}${named(record)}`),
    );
  }

  /** The newest value of every key that is not deleted. */
  contents(): ReadonlyMap<string, number> {
    const contents = new Map<string, number>();
    for (const batch of this.log.batches) {
      for (const { key, value, isTombstone } of batch.records) {
        if (isTombstone === true) contents.delete(key!);
        else if (batch.marker === undefined) contents.set(key!, value);
      }
    }
    return contents;
  }

  private records(word: string): ProducerRecord[] {
    const deletes = word.startsWith('-');
    return word
      .replace('-', '')
      .split('')
      .map((key): ProducerRecord => {
        const record = { key, value: ++this.#value, timestamp: NOW_MS, bytes: 100 };
        return deletes ? { ...record, isTombstone: true } : record;
      });
  }
}

function sized(records: readonly ProducerRecord[]): Pick<RecordBatch, 'records' | 'bytes'> {
  return { records, bytes: 61 + 100 * records.length };
}

function named({ key, isTombstone }: ProducerRecord): string {
  return isTombstone === true ? `-${key}` : `${key}`;
}
