/** A spec after reading: complete, every name checked, every default filled in, with the origin of each value. */

import type { CommitPolicy, Fencing } from '../../model/kafka/cluster-spec.js';
import type { DefectId } from '../../model/kafka/protocol/versions/defects.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';

/** Where a value came from. */
export type Origin =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'option'; readonly option: string }
  | { readonly kind: 'default' }
  | { readonly kind: 'assumed'; readonly why: string };

export interface SettingValue {
  readonly value: string | number | boolean;
  readonly origin: Origin;
}
/** By Kafka's own name; only those that somebody set. Defaults come from the table of the version. */
export type GivenSettings = Readonly<Record<string, SettingValue>>;

/** Which machines run which release; all are rows of the table of versions. */
export interface SpecReleases {
  /** By id - 1. */
  readonly brokers: readonly string[];
  /** Of KRaft controllers that are no brokers. */
  readonly controllers: string;
  /** metadata.version, or inter.broker.protocol.version, by its release. */
  readonly agreed: string;
  /** Releases that the faults rolling-upgrade install. */
  readonly upgradesTo: readonly string[];
}

export interface SpecTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly settings: GivenSettings;
}
export interface SpecProducer {
  readonly name: string;
  readonly client: 'java';
  readonly count: number;
  readonly settings: GivenSettings;
}
export interface SpecConsumer {
  readonly name: string;
  readonly count: number;
  /** A member of a group; its `group.id`, if it has none of its own, is its name. False: partitions are assigned by hand. */
  readonly subscribes: boolean;
  /** When its application commits; null: as enable.auto.commit has it. */
  readonly commit: CommitPolicy | null;
  /** Of `in-transaction`: what it sends with; null of others. It goes to the last topic. */
  readonly transform: SpecTransform | null;
  /** Settings of Kafka Streams, of its application; null of others. `transform` has the settings of its producers. */
  readonly streams: GivenSettings | null;
  readonly settings: GivenSettings;
}

export interface SpecTransform {
  readonly producer: GivenSettings;
  readonly fencing: Fencing;
}

/** A fault that the spec lists: by name, perhaps with parameters, perhaps timed by hand (microseconds). */
export interface SpecFault {
  readonly fault: string;
  readonly with: Readonly<Record<string, number | string>>;
  readonly topic: string | null;
  readonly from: number | null;
  readonly to: number | null;
}

export interface SpecRequirement {
  readonly name: string;
  /** writable-again: { within }, microseconds; null: computed from time-outs. */
  readonly within: number | null;
}

export type Profile = 'network' | 'one-at-a-time' | 'within-assumptions' | 'storm';

export interface Spec {
  readonly name: string;
  /** The question a preset answers and its answer, for `presets` and after its campaign. */
  readonly question: string | null;
  readonly answer: readonly string[];
  /** As written: '3.9.1'. */
  readonly kafka: string;
  /** The row of the table that applies: '3.9'. */
  readonly version: string;
  /** null: every machine runs `version` and goes by all of it, from the beginning to the end. */
  readonly releases: SpecReleases | null;
  readonly control: { readonly mode: ControlPlane; readonly controllers: number };
  readonly brokers: number;
  /** In which rack each broker stands, by id - 1. */
  readonly racks: readonly (string | null)[];
  /** broker.rack is set to it. */
  readonly rackAware: boolean;
  readonly brokerSettings: GivenSettings;
  readonly topics: readonly SpecTopic[];
  readonly producers: readonly SpecProducer[];
  readonly consumers: readonly SpecConsumer[];
  readonly workload: {
    /** own: what a function in a test does; in the plan of a kept trial stand the calls that it made. */
    readonly type: 'append' | 'transactions' | 'compacted' | 'queue' | 'pipeline' | 'streams' | 'own';
    readonly sends: number;
    readonly keys: number;
    /** Length of the safety phase, microseconds. */
    readonly over: number;
    readonly resend: boolean;
  };
  /** null: drawn from all faults that exist. */
  readonly faults: readonly SpecFault[] | null;
  readonly profile: Profile;
  readonly lateRequests: boolean;
  readonly require: readonly SpecRequirement[];
  readonly expect: readonly string[];
  readonly expectSituations: readonly string[];
  /** Variants: each a name of a setting or key and its values. */
  readonly vary: readonly { readonly name: string; readonly values: readonly (string | number | boolean)[] }[];
  /** Rules other than the version's, by their names in specs. */
  readonly rules: Readonly<Record<string, string | number | boolean>>;
  /** Released bugs that are turned on. */
  readonly defects: readonly DefectId[];
  /** Things to be said in the header: assumptions, silent downgrades, what this build does otherwise. */
  readonly notes: readonly string[];
  /** Settings that could matter, were given, and are not modelled. */
  readonly notModelled: readonly string[];
}
