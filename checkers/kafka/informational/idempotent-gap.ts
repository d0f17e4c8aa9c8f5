/**
 * idempotent-gap: an idempotent producer session went on after a send that had failed for certain. Its records keep their
 * order, and one of them is missing: who counts on "all before it stands in the log too" counts in vain.
 *
 *   p0  |-- send x=1 --| ok, 0   |-- send x=2 --| fail   |-- send x=3 --| ok, 1 → the gap is 2
 *
 * Kafka allows it: a batch that expires before it is written takes no sequence number with it, and one that had its own
 * makes the producer bump its epoch and go on (KIP-360). A producer that was initialised anew in between (`init-producer`)
 * begins anew; a record that was read all the same is an aborted read, and no gap.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, OK, SEND } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';
import { producerGuarantees, saysOfProducer } from '../settings.js';

export const idempotentGap: Checker = {
  name: 'idempotent-gap',
  check(history) {
    const index = historyIndex(history);
    const gaps = new Gaps(index);
    for (let operation = 0; operation < index.operations.length; operation++) gaps.take(operation);
    return findings(index, gaps.anomalies);
  },
};

/** What a session did with a key since it was last acknowledged something there. */
interface Stretch {
  /** The record that was acknowledged last. */
  readonly before: number;
  /** Records whose sends failed since. */
  readonly failed: number[];
}

class Gaps {
  readonly anomalies: Anomaly[] = [];
  private readonly index: HistoryIndex;
  /** By session, by key. */
  private readonly stretches = new Map<number, Map<number, Stretch>>();
  /** By client, once it was asked. */
  private readonly idempotent = new Map<string, boolean>();

  constructor(index: HistoryIndex) {
    this.index = index;
  }

  take(operation: number): void {
    const { f, session, client } = this.index.operations;
    switch (f.at(operation)) {
      case 'init-producer':
      case 'crash':
        this.stretches.delete(session[operation]!);
        return;
      case 'send':
        if (this.isIdempotent(client.at(operation)!)) this.sends(operation);
    }
  }

  /** Known to be: of other tools' histories that name no setting of producers, nothing is. */
  private isIdempotent(client: string): boolean {
    const { header } = this.index.history;
    let known = this.idempotent.get(client);
    if (known === undefined) {
      known = saysOfProducer(header, client) && producerGuarantees(header, client).idempotent;
      this.idempotent.set(client, known);
    }
    return known;
  }

  private sends(operation: number): void {
    const { firstMicroOp, microOpCount, microOpKind, key, firstRecord, value } = this.index.operations;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== SEND || key[microOp]! < 0) continue;
      const record = this.index.recordOf(key[microOp]!, value[firstRecord[microOp]!]!);
      if (this.index.records.resent[record] === 0) this.send(operation, key[microOp]!, record);
    }
  }

  private send(operation: number, key: number, record: number): void {
    const { operations, records } = this.index;
    const session = operations.session[operation]!;
    let byKey = this.stretches.get(session);
    if (byKey === undefined) this.stretches.set(session, (byKey = new Map()));
    const stretch = byKey.get(key);
    if (operations.outcome[operation] === OK) {
      if (stretch !== undefined && stretch.failed.length > 0) this.found(key, stretch, record);
      byKey.set(key, { before: record, failed: [] });
    } else if (operations.outcome[operation] === FAIL && records.reader[record]! < 0) {
      stretch?.failed.push(record);
    }
  }

  private found(key: number, { before, failed }: Stretch, after: number): void {
    const { index } = this;
    const { writer, value } = index.records;
    const offsets = [before, after].map((record) => index.firstOffset(record));
    const [one, other] = [before, after].map((record, i) => recordWords(index, record, offsets[i]!));
    const client = index.operations.client.at(writer[after]!)!;
    const what = failed.length === 1 ? recordWords(index, failed[0]!, -1) : `${failed.length} records`;
    this.anomalies.push({
      type: 'idempotent-gap',
      key,
      offsets: offsets.filter((offset) => offset >= 0),
      operations: operationsOf(writer[before]!, writer[after]!, ...failed.slice(0, 4).map((record) => writer[record]!)),
      values: failed.map((record) => value[record]!),
      events: [],
      at: endOf(index, writer[after]!),
      story: `${client} sent ${one!}, failed to send ${what}, and went on with ${other!}`,
      preventedBy: null,
    });
  }
}
