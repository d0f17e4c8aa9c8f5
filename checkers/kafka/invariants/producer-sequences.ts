/**
 * W13, the producer's sequence: the batches of an idempotent producer that a leader appends go on where the last one in
 * its log ended, or begin another epoch at 0; and what it recognises as repeated stands where it says
 * (ProducerAppendInfo.checkSequence, ProducerStateEntry.findDuplicateBatch; KIP-98).
 *
 * A leader that has forgotten the producer takes any sequence: one whose state expired, or (before KAFKA-7190, 2.4) whose
 * last record was deleted.
 */
import { LogScans } from './producer-batches.js';
import type { Invariant } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

/** `producer-window`: the state of the producer expired. */
const EXPIRED = 1;

export const producerSequences: Invariant = {
  id: 'W13',
  sentence: "An idempotent producer's batches stand in a leader's log without gap and repetition, epoch by epoch.",
  on: ['batchAppended', 'deduplicated', 'producerWindow', 'producerIdLearnt', 'truncate', 'dataLost', 'logLoaded'],
  create({ cluster, facts, found }) {
    const { kinds } = cluster;
    const scans = new LogScans();
    /** By producer id: its epochs. */
    const epochs = new Map<number, Set<number>>();
    /** "machine|key|producer id", of those that expired there: where its log ended then. */
    const forgotten = new Map<string, number>();

    function appended(machine: number, key: number, offset: number, producerId: number, baseSequence: number): void {
      const { log, logStart } = cluster.replica(machine, key);
      const scan = scans.of(machine, key);
      scan.to(offset, log, cluster.partition(key).batches);
      const producer = scan.producers.get(producerId);
      if (producer === undefined || producer.nextSequence < 0 || producer.lastOffset < logStart) return;
      if (producer.lastOffset < (forgotten.get(`${machine}|${key}|${producerId}`) ?? -1)) return;
      if (baseSequence === producer.nextSequence) return;
      const isNewEpoch = baseSequence === 0 && producer.beginnings < (epochs.get(producerId)?.size ?? 0);
      if (isNewEpoch) return;
      const story = `${brokerWords(machine)} appended ${placeWords(facts, key, offset)}, sequence ${baseSequence} of producer ${producerId}, whose next is ${producer.nextSequence}`;
      found({ key, offsets: [offset], values: [log.valueAt(offset)], story });
    }

    function recognised(machine: number, key: number, offset: number, producerId: number, baseSequence: number): void {
      const { log } = cluster.replica(machine, key);
      const batch = cluster.partition(key).batches.in(log, offset);
      if (batch?.producerId === producerId && batch.baseSequence === baseSequence) return;
      const story = `${brokerWords(machine)} took sequence ${baseSequence} of producer ${producerId} for the batch at ${placeWords(facts, key, offset)}, which it is not`;
      found({ key, offsets: [offset], values: [log.valueAt(offset)], story });
    }

    return {
      onProbe(kind, machine, key, a, b, c, d) {
        if (kind === kinds.batchAppended) {
          if (c >= 0) appended(machine, key, a, c, d);
        } else if (kind === kinds.deduplicated) recognised(machine, key, a, b, c);
        else if (kind === kinds.producerIdLearnt) {
          const known = epochs.get(a);
          if (known === undefined) epochs.set(a, new Set([b]));
          else known.add(b);
        } else if (kind === kinds.producerWindow) {
          if (d === EXPIRED) forgotten.set(`${machine}|${key}|${a}`, cluster.replica(machine, key).log.end);
        } else scans.of(machine, key).forget();
      },
    };
  },
};
