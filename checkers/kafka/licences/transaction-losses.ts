/**
 * What follows for transactions when a partition loses more than their records.
 *
 * A transaction ends in a partition with a marker there. Who loses the marker and keeps the records has a transaction
 * that hangs (KIP-664): its coordinator, which had every marker acknowledged, knows of it no more. It ends with the next
 * marker of the same producer id, whatever that says; and if there is none, nobody who reads committed records gets past
 * its first record. So a lost marker licenses what becomes of that transaction, and of all that stands behind it while
 * it hangs.
 *
 * A coordinator is a partition of __transaction_state. Who loses committed records of that forgets how a transaction
 * ended, that it was begun, or which producer id an application has.
 */
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';
import type { PartitionTimeline, RecordIdentity, Stay } from './partition-timeline.js';
import type { Licensed } from './rows.js';

/** What of it is lost, is licensed by what; null: it is not lost, or nothing licenses that. */
export type LossOf = (key: number, record: RecordIdentity) => Licensed | null;

/** A leader appended a batch, or a marker: that is one of a single offset. */
interface Appended {
  readonly index: number;
  readonly machine: number;
  readonly from: number;
  readonly to: number;
  readonly producerId: number;
}

/** A coordinator wrote of a producer: where. */
interface StateRecord {
  readonly index: number;
  readonly machine: number;
  readonly key: number;
}

export class TransactionLosses {
  readonly #lossOf: LossOf;
  readonly #partition: (key: number) => PartitionTimeline;
  /** By key, in order. */
  readonly #batches: Appended[][] = [];
  readonly #markers: Appended[][] = [];
  /** By producer id. */
  readonly #states = new Map<number, StateRecord[]>();
  readonly #coordinatorLosses = new Map<number, Licensed | null>();
  readonly #hanging: (readonly Hanging[] | undefined)[] = [];

  constructor(trace: Trace, partition: (key: number) => PartitionTimeline, lossOf: LossOf) {
    this.#partition = partition;
    this.#lossOf = lossOf;
    const { batchAppended, transactionMarker, transactionPending } = probeKinds(trace.header.probes);
    const { kind, machine, key, a, b, c } = trace;
    for (let i = 0; i < trace.length; i++) {
      const at = { index: i, machine: machine[i]! };
      if (kind[i] === batchAppended && c[i]! >= 0) {
        (this.#batches[key[i]!] ??= []).push({ ...at, from: a[i]!, to: b[i]!, producerId: c[i]! });
      } else if (kind[i] === transactionMarker) {
        (this.#markers[key[i]!] ??= []).push({ ...at, from: a[i]!, to: a[i]!, producerId: b[i]! });
      } else if (kind[i] === transactionPending) {
        const records = this.#states.get(a[i]!);
        const record = { ...at, key: key[i]! };
        if (records === undefined) this.#states.set(a[i]!, [record]);
        else records.push(record);
      }
    }
  }

  /** How the transaction ended in which this copy of a record was appended, is lost: its marker, or what its coordinator knew. */
  ofTransaction(key: number, copy: Stay): Licensed | null {
    const batch = this.#batchOf(key, copy);
    if (batch === undefined) return null;
    const marker = this.#markers[key]?.find(
      ({ index, producerId }) => index > batch.index && producerId === batch.producerId,
    );
    return (marker === undefined ? null : this.#lossOfAppended(key, marker)) ?? this.#coordinatorLoss(batch.producerId);
  }

  /** A transaction hangs at this offset of the partition, or before it. */
  ofHanging(key: number, offset: number): Licensed | null {
    const hanging = (this.#hanging[key] ??= this.#findHanging(key));
    return hanging.find(({ from }) => from <= offset)?.licence ?? null;
  }

  /** What coordinators wrote into this partition, or some of it, is lost. */
  ofCoordinator(key: number): Licensed | null {
    for (const [producerId, records] of this.#states) {
      if (!records.some((record) => record.key === key)) continue;
      const licence = this.#coordinatorLoss(producerId);
      if (licence !== null) return licence;
    }
    return null;
  }

  /** Of each producer id the last transaction: those before it were ended by its markers, if by no other. */
  #findHanging(key: number): readonly Hanging[] {
    const partition = this.#partition(key);
    const hanging: Hanging[] = [];
    for (const producerId of new Set((this.#batches[key] ?? []).map((batch) => batch.producerId))) {
      const batches = this.#batches[key]!.filter((one) => one.producerId === producerId);
      const markers = (this.#markers[key] ?? []).filter((one) => one.producerId === producerId);
      const lasting = markers.findLast((marker) => isKept(partition, marker));
      const open = batches.find((batch) => batch.index > (lasting?.index ?? -1) && isKept(partition, batch));
      if (open === undefined) continue;
      const lost = markers.find(({ index }) => index > open.index);
      const licence =
        (lost === undefined ? null : this.#lossOfAppended(key, lost)) ?? this.#coordinatorLoss(producerId);
      if (licence !== null) hanging.push({ from: open.from, licence });
    }
    return hanging;
  }

  #batchOf(key: number, { machine, offset, from }: Stay): Appended | undefined {
    return this.#batches[key]?.find(
      (batch) => batch.index >= from && batch.machine === machine && batch.from <= offset && offset <= batch.to,
    );
  }

  #lossOfAppended(key: number, appended: Appended): Licensed | null {
    const stay = this.#partition(key).occupantAt(appended.machine, appended.from, appended.index);
    const licence = stay === null ? null : this.#lossOf(key, stay);
    return licence === null ? null : ofThis(licence, 'it was a marker, which had ended a transaction');
  }

  /** Some of what the coordinator had committed of this producer. */
  #coordinatorLoss(producerId: number): Licensed | null {
    let licence = this.#coordinatorLosses.get(producerId);
    if (licence === undefined) {
      licence = null;
      for (const { index, machine, key } of this.#states.get(producerId) ?? []) {
        const stay = this.#partition(key).appendedFrom(machine, index);
        licence = stay === null ? null : this.#lossOf(key, stay);
        if (licence === null) continue;
        licence = ofThis(licence, 'it was what the coordinator knew of the transaction');
        break;
      }
      this.#coordinatorLosses.set(producerId, licence);
    }
    return licence;
  }
}

interface Hanging {
  readonly from: number;
  readonly licence: Licensed;
}

function ofThis({ licence, preventedBy }: Licensed, what: string): Licensed {
  return { licence: { ...licence, words: `${licence.words}: ${what}` }, preventedBy };
}

/** It stands in some replica's log to the end. */
function isKept(partition: PartitionTimeline, { machine, from, index }: Appended): boolean {
  const stay = partition.occupantAt(machine, from, index);
  return stay !== null && partition.isHeldInTheEnd(stay);
}
