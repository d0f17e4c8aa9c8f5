/** How reports write times, sets, machines and error codes. */
import type { TraceHeader } from '../trace.js';

/** Seconds with three decimals: 4.213. */
export function seconds(micros: number): string {
  return (micros / 1_000_000).toFixed(3);
}

/** A length of time as people say it: 480 µs, 12 ms, 1.5 s. */
export function duration(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} µs`;
  if (micros < 1_000_000) return `${trimmed(micros / 1000, 1)} ms`;
  return `${trimmed(micros / 1_000_000, 1)} s`;
}

function trimmed(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/\.0+$/, '');
}

/** A set of brokers as Kafka writes an ISR: {1,2,3}. */
export function brokerSet(members: readonly number[]): string {
  return `{${members.join(',')}}`;
}

/** "b1", "b1 and b2", "b1, b2 and b3". */
export function listed(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? 'nobody';
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** A capital at its beginning. */
export function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** "1 fault", "2 faults". */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A whole number with its thousands apart: 4,000,000. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Simulated time, as long as it is: "45.0 simulated seconds", "33.3 simulated hours". */
export function simulated(micros: number): string {
  const total = micros / 1_000_000;
  if (total < 120) return `${total.toFixed(1)} simulated seconds`;
  if (total < 7200) return `${(total / 60).toFixed(1)} simulated minutes`;
  const [whole, tenths] = (total / 3600).toFixed(1).split('.');
  return `${grouped(Number(whole))}.${tenths} simulated hours`;
}

/** The names of one trace. */
export class Names {
  private readonly header: TraceHeader;
  private readonly valueName: (value: number) => string;

  /** @param valueName as the history calls values, where there is one */
  constructor(header: TraceHeader, valueName: (value: number) => string = String) {
    this.header = header;
    this.valueName = valueName;
  }

  value(value: number): string {
    return this.valueName(value);
  }

  machine(machine: number): string {
    const name = this.header.machines[machine]?.name ?? '';
    if (name !== '' && machine > 0) return name;
    return machine <= 0 ? 'nobody' : `m${machine}`;
  }

  machines(machines: readonly number[]): string {
    return listed(machines.map((machine) => this.machine(machine)));
  }

  key(key: number): string {
    return this.header.keys[key] ?? 'no partition';
  }

  record(key: number, offset: number): string {
    return offset < 0 ? this.key(key) : `${this.key(key)}@${offset}`;
  }

  /** What a strike does, without the time and the length that plans write around it. */
  fault(strike: number): string {
    const words = this.header.faults[strike] ?? `strike ${strike}`;
    return words.replace(/^[\d.]+ s\s+/, '').replace(/ \([\d.]+ s\)$/, '');
  }

  /** The same with the machines that it hit: the plan names a role ("the leader of orders-0"), the trace who played it. */
  faultOn(strike: number, targets: readonly number[]): string {
    const words = this.fault(strike);
    const said = words.split(/\W+/);
    const unnamed = targets.filter((target) => !said.includes(this.machine(target)));
    if (unnamed.length === 0) return words;
    const role = /^(?:the (?:\S+ of \S+|controller)|an? \w+)(?= )(?! and )/;
    if (targets.length === 1 && role.test(words)) return words.replace(role, () => this.machine(targets[0]!));
    return `${words} (${this.machines(unnamed)})`;
  }

  /** A word or two for a strike where its sentence does not fit; null: the trace has none. */
  faultLabel(strike: number): string | null {
    return this.header.faultBands?.[strike]?.label ?? null;
  }

  /** The colour of a strike's band; undefined: that of all faults. */
  faultColour(strike: number): string | undefined {
    const hue = this.header.faultBands?.[strike]?.hue;
    return hue === undefined ? undefined : `hsl(${hue} 70% 50%)`;
  }

  hasRole(machine: number, role: string): boolean {
    return this.header.machines[machine]?.roles.includes(role) ?? false;
  }

  /** The machine of a name; -1: none. */
  machineNamed(name: string): number {
    return this.header.machines.findIndex((machine) => machine.name === name);
  }
}

/** org.apache.kafka.common.protocol.Errors, by code: those that a story may have to name. */
const errorNames: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  0: 'NONE',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  8: 'BROKER_NOT_AVAILABLE',
  10: 'MESSAGE_TOO_LARGE',
  13: 'NETWORK_EXCEPTION',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  21: 'INVALID_REQUIRED_ACKS',
  22: 'ILLEGAL_GENERATION',
  25: 'UNKNOWN_MEMBER_ID',
  27: 'REBALANCE_IN_PROGRESS',
  41: 'NOT_CONTROLLER',
  42: 'INVALID_REQUEST',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  55: 'OPERATION_NOT_ATTEMPTED',
  56: 'KAFKA_STORAGE_ERROR',
  59: 'UNKNOWN_PRODUCER_ID',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  77: 'STALE_BROKER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
  79: 'MEMBER_ID_REQUIRED',
  80: 'PREFERRED_LEADER_NOT_AVAILABLE',
  82: 'FENCED_INSTANCE_ID',
  83: 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  84: 'ELECTION_NOT_NEEDED',
  87: 'INVALID_RECORD',
  88: 'UNSTABLE_OFFSET_COMMIT',
  95: 'INVALID_UPDATE_VERSION',
  101: 'DUPLICATE_BROKER_REGISTRATION',
  102: 'BROKER_ID_NOT_REGISTERED',
  107: 'INELIGIBLE_REPLICA',
  108: 'NEW_LEADER_ELECTED',
};

export function kafkaError(code: number): string {
  return errorNames[code] ?? `error ${code}`;
}

/** acks as Kafka's users write it. */
export function acksWord(acks: number): string {
  return acks === -1 ? 'all' : String(acks);
}
