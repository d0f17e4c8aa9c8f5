/** Lines about a transaction: what its coordinator decided, where its records and markers are, and what its client heard. */
import type { Operation } from '../../operation.js';
import { lastIndexAt, type RecordOf } from '../../trace-record.js';
import { draft, type Draft, type Teller } from './teller.js';
import { begunAt, isDecision, ONGOING, PREPARE_COMMIT, type TransactionScene } from './transaction-scene.js';

/** @param foreign the decision that nobody had asked for; null: none */
export function coordinatorLines(
  teller: Teller,
  { operation, appends, changes }: TransactionScene,
  foreign: RecordOf<'transaction-pending'> | null,
): readonly Draft[] {
  const { client } = operation;
  const begun = begunAt(operation, appends[0]!);
  let isOpen = false;
  return changes.flatMap((change) => {
    const coordinator = teller.names.machine(change.machine);
    const line = { index: change.index, machine: change.machine };
    if (change.state === ONGOING && !isOpen) {
      isOpen = true;
      return [
        draft({
          ...line,
          text: `${coordinator}, its coordinator, opens ${client}'s transaction`,
          role: 'transaction-begin',
        }),
      ];
    }
    if (!isDecision(change)) return [];
    const word = change.state === PREPARE_COMMIT ? 'commits' : 'aborts';
    const which = change.time < begun ? `${client}'s previous transaction` : `${client}'s transaction`;
    const text = `${coordinator} ${word} ${which}`;
    if (change !== foreign) return [draft({ ...line, text, role: 'transaction-decision', weight: 7 })];
    const note = `← ${client} has not asked: this request is of the previous one, and late`;
    return [draft({ ...line, text, note, role: 'late-request', weight: 10 })];
  });
}

/** @param from, to trace indexes, both included */
export function appendLines(
  teller: Teller,
  { appends }: Pick<TransactionScene, 'appends'>,
  from: number,
  to: number,
): readonly Draft[] {
  return appends
    .filter(({ index }) => index >= from && index <= to)
    .map(({ index, machine, key, offset, value }) => {
      const record = `${teller.names.record(key, offset)} = ${teller.history.valueName(value)}`;
      const text = `${teller.names.machine(machine)} appends ${record}`;
      return draft({ index, machine, text, offset, role: 'append', weight: 8 });
    });
}

/** Of one producer, in the partitions of its transaction; trace indexes, both included. */
export function markerLines(
  teller: Teller,
  { appends, producerId }: Pick<TransactionScene, 'appends' | 'producerId'>,
  from: number,
  to: number,
): readonly Draft[] {
  const keys = new Set(appends.map(({ key }) => key));
  const markers = [...teller.reader.scan(['transaction-marker'], -1, from, to + 1)];
  return markers
    .filter((marker) => marker.producerId === producerId && keys.has(marker.key))
    .map(({ index, machine, key, offset, committed }) => {
      const word = committed === 1 ? 'committed' : 'aborted';
      const text = `${teller.names.machine(machine)} marks ${teller.names.record(key, offset)}: ${word}`;
      return draft({ index, machine, text, offset, role: 'marker', weight: 6 });
    });
}

/** How the transaction ended for its client. */
export function endLine(teller: Teller, operation: Operation): Draft {
  const { client, outcome, error, completedAt, invokedAt } = operation;
  const words = { ok: 'has its transaction committed', fail: 'gives its transaction up', info: 'hears no end of it' };
  const at = completedAt < 0 ? invokedAt : completedAt;
  const { machine } = teller.clientOf(operation);
  return draft({
    index: Math.max(0, lastIndexAt(teller.reader, at)),
    at,
    machine,
    lane: machine,
    operation: operation.index,
    text: `${client} ${words[outcome ?? 'info']}${error === null ? '' : `: ${error}`}`,
    role: 'transaction-end',
    weight: 9,
  });
}
