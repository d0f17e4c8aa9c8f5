/**
 * A spec while it is put together: what files, options and variants say, each value with its place, nothing checked
 * against anything else yet. `finish.ts` turns it into a Spec.
 */
import type { Plan } from '../../nemesis/plan.js';
import type { Origin } from './spec.js';

export interface Located<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** A Kafka setting as it was written. */
export interface RawSetting {
  readonly text: string;
  /** Where the value stands. */
  readonly origin: Origin;
  /** Where the name stands. */
  readonly keyOrigin: Origin;
  /** From a property file, where Kafka only warns of names that it does not know. */
  readonly lenient: boolean;
}
export type RawSettings = Map<string, RawSetting>;

export interface DraftTopic {
  name: Located<string>;
  partitions: Located<number> | null;
  replicationFactor: Located<number> | null;
  settings: RawSettings;
}

export interface DraftClient {
  name: Located<string>;
  client: Located<string>;
  count: Located<number>;
  /** consumer only: when offsets are committed. */
  commit: Located<string> | null;
  /** consumer only, of an application that commits in transactions. */
  producer: RawSettings;
  fencing: Located<string> | null;
  /** consumer only, of an application of Kafka Streams: StreamsConfig. */
  streams: Located<RawSettings> | null;
  settings: RawSettings;
}

export interface DraftFault {
  name: Located<string>;
  parameters: Map<string, Located<string | number | boolean>>;
}

export interface DraftRequirement {
  name: Located<string>;
  within: Located<number> | null;
}

interface DraftVary {
  name: Located<string>;
  values: Located<string>[];
}

export interface Draft {
  name: string;
  /** A preset's own words. */
  question: string | null;
  sentence: string | null;
  answer: readonly string[];
  kafka: Located<string>;
  /** Machines that run another release, by name. */
  releases: Map<string, Located<string>>;
  metadataVersion: Located<string> | null;
  mode: Located<string>;
  controllers: Located<number>;
  /** Of the ZooKeeper ensemble. */
  servers: Located<number>;
  brokers: Located<number>;
  racks: Located<readonly string[]> | null;
  rackAware: boolean;
  broker: RawSettings;
  topics: DraftTopic[];
  producers: DraftClient[];
  consumers: DraftClient[];
  workload: {
    type: Located<string>;
    sends: Located<number>;
    keys: Located<number>;
    over: Located<number>;
    resend: boolean;
  };
  faults: DraftFault[] | null;
  profile: Located<string> | null;
  lateRequests: boolean;
  require: DraftRequirement[] | null;
  expect: Located<string>[];
  expectSituations: Located<string>[];
  vary: DraftVary[];
  rules: Map<string, Located<string | number | boolean>>;
  defects: Located<string>[];
  /** The defects of the release, as far as the model has them. */
  asReleased: Located<boolean> | null;
  notes: string[];
  notModelled: string[];
  /** Of a kept trial. */
  seed: string | null;
  plan: Located<Plan> | null;
  digest: string | null;
}

export function byDefault<T>(value: T): Located<T> {
  return { value, origin: { kind: 'default' } };
}

/** What stands where nothing is said: Kafka 3.9 under KRaft, three brokers, 2,000 sends in a minute. */
export function emptyDraft(name: string): Draft {
  return {
    name,
    question: null,
    sentence: null,
    answer: [],
    kafka: byDefault('3.9'),
    releases: new Map(),
    metadataVersion: null,
    mode: byDefault('kraft'),
    controllers: byDefault(3),
    servers: byDefault(3),
    brokers: byDefault(3),
    racks: null,
    rackAware: true,
    broker: new Map(),
    topics: [],
    producers: [],
    consumers: [],
    workload: {
      type: byDefault('append'),
      sends: byDefault(2000),
      keys: byDefault(50),
      over: byDefault(60_000_000),
      resend: false,
    },
    faults: null,
    profile: null,
    lateRequests: true,
    require: null,
    expect: [],
    expectSituations: [],
    vary: [],
    rules: new Map(),
    defects: [],
    asReleased: null,
    notes: [],
    notModelled: [],
    seed: null,
    plan: null,
    digest: null,
  };
}

export function emptyTopic(name: Located<string>): DraftTopic {
  return { name, partitions: null, replicationFactor: null, settings: new Map() };
}

export function emptyClient(name: Located<string>): DraftClient {
  return {
    name,
    client: byDefault('java'),
    count: byDefault(1),
    commit: null,
    producer: new Map(),
    fencing: null,
    streams: null,
    settings: new Map(),
  };
}
