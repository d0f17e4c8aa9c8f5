/**
 * Messages between machines about one partition, pieced together from what both ends announced: a send and its append,
 * an answer and its completion, a follower's copy and the fetch by which the leader learnt of it.
 */
import type { History } from '../../operation.js';
import type { RecordOf, TraceReader } from '../../trace-record.js';

export interface Message {
  readonly kind: 'produce' | 'ack' | 'replicate' | 'fetch';
  readonly from: number;
  readonly to: number;
  readonly sentAt: number;
  /** -1: it was not seen to arrive. */
  readonly receivedAt: number;
  readonly value: number;
  readonly offset: number;
  /** It carries one of the values in question. */
  readonly focus: boolean;
  /** Kafka's error code, for requests that were refused and the answers that said so; 0: none. */
  readonly error: number;
}

export interface Focus {
  readonly values: readonly number[];
}

/** In order of sending. */
export function messagesOf(reader: TraceReader, history: History, key: number, focus: Focus): readonly Message[] {
  const messages = [...clientMessages(reader, history, key, focus), ...replicaMessages(reader, key, focus)];
  return messages.sort((a, b) => a.sentAt - b.sentAt);
}

interface Flight {
  readonly client: number;
  readonly broker: number;
  readonly value: number;
  readonly at: number;
}

/** Produce requests and their answers. */
function clientMessages(reader: TraceReader, history: History, key: number, { values }: Focus): readonly Message[] {
  const messages: Message[] = [];
  const flights: Flight[] = [];
  const refusals: RecordOf<'refused'>[] = [];
  const completions = completionsByOffset(reader, history, key);
  const valueAt = new Map<string, number>();
  const request = (flight: Flight, receivedAt: number, offset: number, error: number): void => {
    const { client: from, broker: to, value, at: sentAt } = flight;
    messages.push({
      kind: 'produce',
      from,
      to,
      sentAt,
      receivedAt,
      value,
      offset,
      focus: values.includes(value),
      error,
    });
  };
  const events = ['batch-sent', 'append', 'acknowledged', 'refused', 'batch-retried'] as const;
  for (const record of reader.scan(events, key)) {
    switch (record.event) {
      case 'batch-sent':
        flights.push({ client: record.machine, broker: record.broker, value: record.firstValue, at: record.time });
        break;
      case 'append': {
        valueAt.set(`${record.machine}:${record.offset}`, record.value);
        if (record.asLeader !== 1) break;
        const flight = taken(flights, ({ broker, value }) => broker === record.machine && value === record.value);
        if (flight !== null) request(flight, record.time, record.offset, 0);
        break;
      }
      case 'refused':
        refusals.push(record);
        break;
      case 'batch-retried': {
        // An attempt that a broker refused by name has ended: what the broker appends later came with another.
        const { error, firstValue } = record;
        const refused = (flight: Flight): RecordOf<'refused'> | undefined =>
          refusals.find((other) => other.machine === flight.broker && other.error === error && other.time >= flight.at);
        const mine = ({ client, value }: Flight): boolean => client === record.machine && value === firstValue;
        const flight = taken(flights, (candidate) => mine(candidate) && refused(candidate) !== undefined);
        if (flight === null) break;
        const refusal = refused(flight)!;
        taken(refusals, (other) => other === refusal);
        request(flight, refusal.time, -1, error);
        const ends = { from: flight.broker, to: flight.client, sentAt: refusal.time, receivedAt: record.time };
        messages.push({
          kind: 'ack',
          ...ends,
          value: firstValue,
          offset: -1,
          focus: values.includes(firstValue),
          error,
        });
        break;
      }
      case 'acknowledged':
        for (let offset = record.baseOffset; offset <= record.lastOffset; offset++) {
          const value = valueAt.get(`${record.machine}:${offset}`) ?? -1;
          const focus = values.includes(value);
          if (offset > record.baseOffset && !focus) continue;
          const heard = completions.get(`${offset}:${value}`)?.find((completion) => completion.at >= record.time);
          const to = heard?.client ?? messages.findLast((message) => message.value === value)?.from;
          if (to === undefined) continue;
          const ends = { from: record.machine, to, sentAt: record.time, receivedAt: heard?.at ?? -1 };
          messages.push({ kind: 'ack', ...ends, value, offset, focus, error: 0 });
        }
    }
  }
  for (const flight of flights) request(flight, -1, -1, 0);
  return messages;
}

/** Takes the first that satisfies the condition out of a list. */
function taken<T>(list: T[], condition: (item: T) => boolean): T | null {
  const i = list.findIndex(condition);
  return i < 0 ? null : list.splice(i, 1)[0]!;
}

/** When which client learnt that a value is at an offset, by "offset:value". */
function completionsByOffset(
  reader: TraceReader,
  history: History,
  key: number,
): ReadonlyMap<string, readonly { client: number; at: number }[]> {
  const machines = new Map(reader.header.machines.map((machine, number) => [machine.name, number]));
  const name = reader.header.keys[key];
  const completions = new Map<string, { client: number; at: number }[]>();
  for (const operation of history.operations) {
    if (operation.completedAt < 0 || operation.outcome !== 'ok') continue;
    for (const microOp of operation.value) {
      if (microOp.kind !== 'send' || history.keys[microOp.key] !== name) continue;
      const place = `${microOp.offset}:${microOp.value}`;
      const list = completions.get(place) ?? [];
      list.push({ client: machines.get(operation.client) ?? -1, at: operation.completedAt });
      completions.set(place, list);
    }
  }
  return completions;
}

/** Copies that followers took, and the fetches that told the leader. */
function replicaMessages(reader: TraceReader, key: number, { values }: Focus): readonly Message[] {
  const messages: Message[] = [];
  const leaders = new Map<number, number>();
  /** Append times by machine and offset. */
  const appended = new Map<string, { at: number; value: number }>();
  const events = ['append', 'become-follower', 'follower-fetched'] as const;
  for (const record of reader.scan(events, key)) {
    if (record.event === 'become-follower') leaders.set(record.machine, record.leader);
    else if (record.event === 'append') {
      const { machine, offset, value, time } = record;
      appended.set(`${machine}:${offset}`, { at: time, value });
      if (record.asLeader === 1) continue;
      const leader = leaders.get(machine) ?? -1;
      const source = appended.get(`${leader}:${offset}`);
      if (source === undefined) continue;
      const ends = { sentAt: Math.max(source.at, time - 2_000), receivedAt: time };
      messages.push({
        kind: 'replicate',
        from: leader,
        to: machine,
        ...ends,
        value,
        offset,
        focus: values.includes(value),
        error: 0,
      });
    } else {
      const offset = record.fetchOffset - 1;
      const copy = appended.get(`${record.follower}:${offset}`);
      if (copy === undefined) continue;
      const ends = { sentAt: Math.max(copy.at, record.time - 2_000), receivedAt: record.time };
      const focus = values.includes(copy.value);
      messages.push({
        kind: 'fetch',
        from: record.follower,
        to: record.machine,
        ...ends,
        value: copy.value,
        offset,
        focus,
        error: 0,
      });
    }
  }
  return messages;
}
