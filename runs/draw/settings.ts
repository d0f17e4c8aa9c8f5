/**
 * Settings that a spec leaves open and that a trial draws.
 *
 * One trial in four has all its time-outs scaled down together: more of them can then trip within one safety phase. One
 * trial in four lets its producers linger, so that batches hold more than one record. What the spec sets stays as it is.
 */
import fc, { type Arbitrary } from 'fast-check';
import type { BrokerSettings, KafkaClusterSpec, ProducerSettings } from '../../model/kafka/cluster-spec.js';
import { memberSession } from '../../model/kafka/member-session.js';
import type { Plan } from '../../nemesis/plan.js';
import type { GivenSettings, Spec } from '../spec/spec.js';
import type { TimeOut } from './lengths.js';

/** Values in force, Kafka's units, by scoped name, of the settings that drawing knows; and those that it may draw. */
export interface OpenSettings {
  readonly inForce: Readonly<Record<DrawnName, number>>;
  readonly open: readonly DrawnName[];
  /** After which a silent broker is given up. */
  readonly session: DrawnName;
  /** The session and max.poll.interval.ms of the first member of a group, microseconds; null: there is none. */
  readonly group: { readonly session: number; readonly maxPoll: number } | null;
  /** replica.fetch.wait.max.ms: the least that a broker's other time-outs may be. */
  readonly fetchWaitMillis: number;
}

export type DrawnName = (typeof drawnNames)[number];

const timeOutNames = [
  'broker:broker.session.timeout.ms',
  'broker:broker.heartbeat.interval.ms',
  'broker:zookeeper.session.timeout.ms',
  'broker:replica.lag.time.max.ms',
  'broker:replica.socket.timeout.ms',
  'producer:request.timeout.ms',
  'producer:delivery.timeout.ms',
] as const;

const BROKER_SESSION = 'broker:broker.session.timeout.ms';
const ZOOKEEPER_SESSION = 'broker:zookeeper.session.timeout.ms';

const drawnNames = [...timeOutNames, 'producer:linger.ms'] as const;

interface DrawnSettings {
  /** All open time-outs are divided by this. */
  readonly divisor: number;
  /** null: as in force. */
  readonly lingerMillis: number | null;
}

const divisors = [2, 4, 8];
const lingers = [5, 20, 100];

const drawnArbitrary: Arbitrary<DrawnSettings> = fc.record({
  divisor: oneInFour(1, divisors),
  lingerMillis: oneInFour<number | null>(null, lingers),
});

/** The drawn settings of a trial, in their saved form; they shrink from it, towards none drawn. */
export function settingsArbitrary(settings: OpenSettings): Arbitrary<Plan['settings']> {
  return drawnArbitrary.map(
    (drawn) => expandSettings(drawn, settings),
    (saved) => drawnFrom(saved, settings),
  );
}

export function openSettings(spec: Spec, cluster: KafkaClusterSpec): OpenSettings {
  const broker = cluster.brokerSettings;
  const producer = cluster.producers[0]!.settings;
  const inForce = Object.fromEntries(
    drawnNames.map((name) => {
      const [scope, setting] = split(name);
      const value =
        scope === 'broker' ? broker[setting as keyof BrokerSettings] : producer[setting as keyof ProducerSettings];
      return [name, value];
    }),
  ) as Record<DrawnName, number>;
  return {
    inForce,
    open: drawnNames.filter((name) => !isGiven(spec, name) && !ofOtherControl(name, cluster)),
    session: cluster.control === 'zookeeper' ? ZOOKEEPER_SESSION : BROKER_SESSION,
    group: groupTimeOuts(cluster),
    fetchWaitMillis: broker['replica.fetch.wait.max.ms'],
  };
}

function groupTimeOuts(cluster: KafkaClusterSpec): OpenSettings['group'] {
  const settings = cluster.consumers.find(({ member }) => member !== undefined)?.member?.settings;
  if (settings === undefined) return null;
  return { session: memberSession(cluster, settings).millis * 1000, maxPoll: settings['max.poll.interval.ms'] * 1000 };
}

/** What a plan saves: only what differs from what is in force. */
function expandSettings(drawn: DrawnSettings, settings: OpenSettings): Plan['settings'] {
  const values = { ...settings.inForce };
  const open = new Set(settings.open);
  for (const name of timeOutNames) {
    if (open.has(name)) values[name] = Math.max(1, Math.floor(values[name] / drawn.divisor));
  }
  if (drawn.lingerMillis !== null && open.has('producer:linger.ms')) values['producer:linger.ms'] = drawn.lingerMillis;
  keepRelations(values, open, settings);
  const changed = drawnNames.filter((name) => values[name] !== settings.inForce[name]);
  return Object.fromEntries(changed.map((name) => [name, values[name]]));
}

/** The draw that a saved form came from. fast-check asks unmappers to throw for what they cannot have made. */
function drawnFrom(saved: unknown, settings: OpenSettings): DrawnSettings {
  const text = inOneOrder(saved as Plan['settings']);
  for (const divisor of [1, ...divisors]) {
    for (const lingerMillis of [null, ...lingers]) {
      const drawn = { divisor, lingerMillis };
      if (inOneOrder(expandSettings(drawn, settings)) === text) return drawn;
    }
  }
  throw new Error('settings from elsewhere');
}

function inOneOrder(settings: Plan['settings']): string {
  return JSON.stringify(drawnNames.map((name) => settings[name] ?? null));
}

/** Kafka refuses some combinations, and some make no sense: what is drawn gives way. */
function keepRelations(
  values: Record<DrawnName, number>,
  open: ReadonlySet<DrawnName>,
  { inForce, fetchWaitMillis }: OpenSettings,
): void {
  const atLeast = (name: DrawnName, least: number): void => {
    if (open.has(name)) values[name] = Math.max(values[name], Math.min(inForce[name], least));
  };
  // A session has room for four heartbeats, as with Kafka's defaults (9 s and 2 s).
  atLeast('broker:broker.session.timeout.ms', values['broker:broker.heartbeat.interval.ms'] * 4);
  // KafkaConfig.validateValues: a fetch waits for less than either.
  atLeast('broker:replica.lag.time.max.ms', fetchWaitMillis * 2);
  atLeast('broker:replica.socket.timeout.ms', fetchWaitMillis * 2);
  // KafkaProducer.configureDeliveryTimeout: at least linger.ms + request.timeout.ms.
  const delivery = values['producer:request.timeout.ms'] + values['producer:linger.ms'];
  if (open.has('producer:delivery.timeout.ms')) {
    values['producer:delivery.timeout.ms'] = Math.max(values['producer:delivery.timeout.ms'], delivery);
  } else if (open.has('producer:linger.ms') && values['producer:delivery.timeout.ms'] < delivery) {
    values['producer:linger.ms'] = inForce['producer:linger.ms'];
  }
}

/** Time-outs that faults can trip, with these drawn settings in force. */
export function timeOutsInForce(settings: OpenSettings, drawn: Plan['settings']): readonly TimeOut[] {
  const micros = (name: DrawnName): number => Number(drawn[name] ?? settings.inForce[name]) * 1_000;
  return [
    { name: 'broker-session', micros: micros(settings.session) },
    // ReplicaManager checks every half of it: a follower leaves the ISR between 1 and 1.5 times later.
    { name: 'replica-lag', micros: Math.floor(micros('broker:replica.lag.time.max.ms') * 1.5) },
    { name: 'request', micros: micros('producer:request.timeout.ms') },
    { name: 'delivery', micros: micros('producer:delivery.timeout.ms') },
    ...(settings.group === null
      ? []
      : [
          { name: 'group-session', micros: settings.group.session },
          { name: 'max-poll-interval', micros: settings.group.maxPoll },
        ]),
  ];
}

/** Settings that only the other control plane acts on. */
function ofOtherControl(name: DrawnName, { control }: KafkaClusterSpec): boolean {
  if (control === 'kraft') return name === ZOOKEEPER_SESSION;
  return name === BROKER_SESSION || name === 'broker:broker.heartbeat.interval.ms';
}

function isGiven(spec: Spec, name: string): boolean {
  const [scope, setting] = split(name);
  const gives = (settings: GivenSettings): boolean => Object.hasOwn(settings, setting);
  return scope === 'broker' ? gives(spec.brokerSettings) : spec.producers.some((one) => gives(one.settings));
}

function split(name: string): readonly [scope: string, setting: string] {
  const colon = name.indexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}

/** `usual` in three of four cases; shrinks to it. */
function oneInFour<T>(usual: T, rare: readonly T[]): Arbitrary<T> {
  const table = [...rare.flatMap(() => [usual, usual, usual]), ...rare];
  return fc.nat({ max: table.length - 1 }).map(
    (index) => table[index],
    (value) => table.lastIndexOf(value as T),
  );
}
