/**
 * One record of a trace as a plain object with named fields, told apart by `event`. Kinds and columns are looked up by
 * name in the trace's own header, so that a trace stays readable when probes are added or renumbered.
 */
import type { Trace, TraceHeader } from './trace.js';

/** The events that reports and stories read, with their fields as `model/kernel/probes.ts` and `model/kafka/probes.ts` name them. */
const eventFields = {
  'process-started': ['incarnation'],
  'process-killed': ['incarnation', 'why'],
  'power-lost': ['entriesLost'],
  paused: [],
  resumed: [],
  'fault-began': ['strike', 'targets'],
  'fault-ended': ['strike', 'effect'],
  phase: ['phase'],
  stalled: ['waitsFor', 'required'],
  'message-sent': ['to', 'messageKind', 'connection', 'bytes'],
  'message-delivered': ['from', 'messageKind', 'connection', 'bytes'],
  'connection-broken': ['peer', 'connection', 'why'],
  append: ['offset', 'leaderEpoch', 'value', 'asLeader'],
  truncate: ['logEnd', 'oldLogEnd', 'reason'],
  'high-watermark': ['highWatermark', 'old', 'leaderEpoch', 'asLeader'],
  'log-loaded': ['logEnd', 'highWatermark', 'unclean', 'latestEpoch'],
  'log-start': ['logStart', 'old', 'reason'],
  'segment-rolled': ['baseOffset', 'segments'],
  'producer-window': ['producerId', 'producerEpoch', 'oldestSequence', 'reason'],
  compacted: ['offset', 'leaderEpoch', 'value', 'supersededBy'],
  'log-gap': ['from', 'to'],
  'replica-deleted': ['logEnd'],
  'log-dir-offline': ['directory', 'replicas', 'goesOn'],
  'replica-offline': ['directory'],
  'data-lost': ['firstOffset', 'oldLogEnd', 'reason'],
  'become-leader': ['leaderEpoch', 'startOffset', 'isr', 'partitionEpoch'],
  'become-follower': ['leaderEpoch', 'leader', 'logEnd', 'partitionEpoch'],
  'follower-fetched': ['follower', 'fetchOffset', 'leaderEpoch'],
  'isr-pending': ['isr', 'partitionEpoch', 'leaderEpoch', 'expand'],
  'isr-adopted': ['isr', 'partitionEpoch', 'leaderEpoch'],
  'isr-not-attempted': ['isr', 'partitionEpoch', 'leaderEpoch'],
  acknowledged: ['baseOffset', 'lastOffset', 'leaderEpoch', 'acks'],
  refused: ['error', 'producer', 'acks'],
  deduplicated: ['baseOffset', 'producerId', 'baseSequence'],
  'read-served': ['from', 'to', 'highWatermark', 'consumer'],
  'metadata-published': ['offset'],
  'broker-registered': ['broker', 'brokerEpoch', 'incarnation'],
  'broker-fenced': ['broker', 'brokerEpoch'],
  'broker-unfenced': ['broker', 'brokerEpoch'],
  'partition-changed': ['leader', 'leaderEpoch', 'isr', 'partitionEpoch'],
  elected: ['leader', 'leaderEpoch', 'oldLeader', 'reason'],
  'elr-changed': ['elr', 'lastKnownLeader', 'partitionEpoch'],
  'topic-settings-altered': ['minInsyncReplicas', 'uncleanElections'],
  'topic-settings-applied': ['minInsyncReplicas', 'uncleanElections'],
  'assignment-changed': ['replicas', 'adding', 'removing', 'partitionEpoch'],
  'alter-partition-refused': ['broker', 'error', 'partitionEpoch'],
  'controller-ready': ['offset', 'epoch'],
  'batch-sent': ['broker', 'firstValue', 'baseSequence', 'attempt'],
  'batch-retried': ['error', 'firstValue', 'lastValue', 'attempt'],
  'batch-expired': ['firstValue', 'baseSequence', 'wasSent'],
  'leader-learnt': ['leader', 'leaderEpoch'],
  'producer-id-learnt': ['producerId', 'producerEpoch'],
  'batch-appended': ['baseOffset', 'lastOffset', 'producerId', 'baseSequence'],
  'transaction-pending': ['producerId', 'producerEpoch', 'state', 'coordinatorEpoch'],
  'transaction-marker': ['offset', 'producerId', 'producerEpoch', 'committed'],
  'fetch-refused': ['error', 'sender'],
  'registration-refused': ['broker', 'error'],
  'offsets-ended': ['endOffset', 'machineAsked'],
  'group-state': ['group', 'state', 'generation', 'members'],
  'member-joined': ['group', 'member', 'client', 'isStatic'],
  'member-left': ['group', 'member', 'generation', 'reason'],
  'partition-assigned': ['group', 'generation', 'member', 'client'],
  'partition-released': ['group', 'groupEpoch', 'member'],
  'group-refused': ['group', 'api', 'error', 'client'],
  'offset-pending': ['group', 'offset', 'generation', 'current'],
  'offset-committed': ['group', 'offset', 'producerId'],
  'offset-refused': ['group', 'error', 'generation', 'client'],
  'offset-expired': ['group'],
  'partitions-revoked': ['given', 'kept', 'generation', 'lost'],
} as const;
export type EventName = keyof typeof eventFields;

interface Place {
  /** Position in the trace. */
  readonly index: number;
  /** Virtual microseconds. */
  readonly time: number;
  /** Who announced it; 0: nobody. */
  readonly machine: number;
  /** The partition; -1: none. */
  readonly key: number;
}

/** Distributes: the record of several events is one of their records, told apart by `event`. */
export type RecordOf<Event extends EventName> = Event extends EventName
  ? Place & { readonly event: Event } & { readonly [Field in (typeof eventFields)[Event][number]]: number }
  : never;
/** An event that this build of the report does not know: shown by its fields, otherwise ignored. */
export interface OtherRecord extends Place {
  readonly event: 'other';
  readonly name: string;
}
export type TraceRecord = RecordOf<EventName> | OtherRecord;

type Column = (trace: Trace) => Float64Array;
const columns: readonly Column[] = [(trace) => trace.a, (trace) => trace.b, (trace) => trace.c, (trace) => trace.d];

interface Decoder {
  readonly event: string;
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly column: Column }[];
}

/** Reads a trace record by record. Building one costs a look through the header; reading one allocates one object. */
export class TraceReader {
  readonly trace: Trace;
  private readonly decoders: (Decoder | undefined)[] = [];
  private readonly kinds = new Map<string, number>();

  constructor(trace: Trace) {
    this.trace = trace;
    for (const probe of trace.header.probes) {
      this.decoders[probe.kind] = decoderOf(probe);
      this.kinds.set(probe.name, probe.kind);
    }
  }

  get length(): number {
    return this.trace.length;
  }

  get header(): TraceHeader {
    return this.trace.header;
  }

  /** The record at an index. A kind that the header does not name is an `other` without fields. */
  at(index: number): TraceRecord {
    const { trace } = this;
    const kind = trace.kind[index]!;
    const decoder = this.decoders[kind] ?? { event: 'other', name: `kind-${kind}`, fields: [] };
    const record: Record<string, number | string> = {
      index,
      time: trace.time[index]!,
      event: decoder.event,
      machine: trace.machine[index]!,
      key: trace.key[index]!,
    };
    if (decoder.event === 'other') record['name'] = decoder.name;
    for (const field of decoder.fields) record[field.name] = field.column(trace)[index]!;
    return record as unknown as TraceRecord;
  }

  /** The kind that stands for an event in this trace; -1 if it has none such. */
  kindOf(event: EventName): number {
    return this.kinds.get(event) ?? -1;
  }

  /** What the record at an index announces and whose rule that is; empty if the trace does not say. */
  sourceOf(index: number): string {
    const kind = this.trace.kind[index];
    return this.header.probes.find((probe) => probe.kind === kind)?.sentence ?? '';
  }

  /** Records of the given events in [from, to), in order; of one key unless `key` is -1. */
  *scan<Event extends EventName>(
    events: readonly Event[],
    key: number,
    from = 0,
    to = this.length,
  ): Generator<RecordOf<Event>> {
    const wanted = this.wanted(events);
    const { trace } = this;
    for (let index = Math.max(0, from); index < to; index++) {
      if (!wanted[trace.kind[index]!]) continue;
      if (key !== -1 && trace.key[index] !== key) continue;
      yield this.at(index) as RecordOf<Event>;
    }
  }

  /** The last record of these events before `index` that satisfies the condition. */
  lastBefore<Event extends EventName>(
    events: readonly Event[],
    key: number,
    index: number,
    condition: (record: RecordOf<Event>) => boolean = () => true,
  ): RecordOf<Event> | null {
    const wanted = this.wanted(events);
    const { trace } = this;
    for (let i = Math.min(index, this.length) - 1; i >= 0; i--) {
      if (!wanted[trace.kind[i]!]) continue;
      if (key !== -1 && trace.key[i] !== key) continue;
      const record = this.at(i) as RecordOf<Event>;
      if (condition(record)) return record;
    }
    return null;
  }

  /** The first record of these events at or after `index` that satisfies the condition. */
  firstFrom<Event extends EventName>(
    events: readonly Event[],
    key: number,
    index: number,
    condition: (record: RecordOf<Event>) => boolean = () => true,
  ): RecordOf<Event> | null {
    for (const record of this.scan(events, key, index)) if (condition(record)) return record;
    return null;
  }

  private wanted(events: readonly EventName[]): readonly boolean[] {
    const wanted: boolean[] = [];
    for (const event of events) {
      const kind = this.kindOf(event);
      if (kind >= 0) wanted[kind] = true;
    }
    return wanted;
  }
}

/** Index of the last record at or before a virtual time; -1: none. */
export function lastIndexAt({ trace, length }: TraceReader, micros: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (trace.time[middle]! <= micros) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Index of the first record at or after a virtual time; the last record if there is none. */
export function firstIndexFrom(reader: TraceReader, micros: number): number {
  return Math.max(0, Math.min(lastIndexAt(reader, micros - 1) + 1, reader.length - 1));
}

/** An event whose header lacks a field that we read is treated as unknown: better said so than read as undefined. */
function decoderOf(probe: TraceHeader['probes'][number]): Decoder {
  const needed: readonly string[] | undefined = eventFields[probe.name as EventName];
  const fields = probe.fields.slice(0, columns.length).map((name, i) => ({ name, column: columns[i]! }));
  const readable = needed !== undefined && needed.every((name) => probe.fields.includes(name));
  return { event: readable ? probe.name : 'other', name: probe.name, fields };
}
