/** Every setting that a Kafka release knows, as generated from Kafka's own definitions (`generate/`), with its bearing. */
import { readFileSync } from 'node:fs';
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import { bearingByName, type BearingRow } from './bearing.js';
import { earlierDefault, missingUntil } from './older-releases.js';

export type Scope = 'broker' | 'topic' | 'producer' | 'consumer';
export const scopes: readonly Scope[] = ['broker', 'topic', 'producer', 'consumer'];

/** Rows of the table of versions whose settings were generated from Kafka's own definitions. */
export const rowsWithSettings = ['3.9', '4.1'] as const;
export type SettingsRow = (typeof rowsWithSettings)[number];

type SettingType = 'boolean' | 'int' | 'long' | 'short' | 'double' | 'string' | 'list' | 'class' | 'password';

export interface Setting {
  readonly scope: Scope;
  readonly name: string;
  readonly type: SettingType;
  /** As Kafka writes it; null: none (or a password's); undefined: has to be given. */
  readonly default?: string | null;
  readonly importance: 'high' | 'medium' | 'low';
  /** Kafka's own internal setting: not documented there. */
  readonly internal?: boolean;
  /** Bounds, both included. */
  readonly min?: string;
  readonly max?: string;
  readonly oneOf?: readonly string[];
  /** What Kafka says is valid, where that is neither a range nor a list. */
  readonly valid?: string;
  /** For a topic: broker settings that give its default, the first that is set wins; `factor` turns units. */
  readonly brokerDefaults?: readonly { readonly name: string; readonly factor: number }[];
  readonly bearing: BearingRow;
  /** The release that brought it, where the one of this table does not know it yet. */
  readonly missingUntil?: string;
}

interface SettingsFile extends Record<Scope, readonly Omit<Setting, 'scope' | 'bearing'>[]> {
  /** The release that was asked: '3.9.1'. */
  readonly kafka: string;
}

/** All settings of one row: those of a scope by name, in name order. */
export type SettingsTable = Readonly<Record<Scope, ReadonlyMap<string, Setting>>> & { readonly kafka: string };

const loaded = new Map<SettingsRow, SettingsTable>();

/** Reads the table once. */
export function settingsTable(row: SettingsRow): SettingsTable {
  const known = loaded.get(row);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`./kafka-${row}.json`, import.meta.url), 'utf8');
  const file = JSON.parse(text) as SettingsFile;
  const table = {
    kafka: file.kafka,
    broker: byName(file, 'broker'),
    topic: byName(file, 'topic'),
    producer: byName(file, 'producer'),
    consumer: byName(file, 'consumer'),
  };
  loaded.set(row, table);
  return table;
}

const derived = new Map<string, SettingsTable>();

/**
 * The settings to check a spec of this version against. 4.0 has those of 4.1; a version before 3.9 those of 3.9 with what
 * differed then, as far as the model acts on it.
 * @param version a row of the table of versions
 */
export function settingsFor(version: string): SettingsTable {
  if (compareReleases(version, '4.0') >= 0) return settingsTable('4.1');
  if (compareReleases(version, '3.9') >= 0) return settingsTable('3.9');
  const known = derived.get(version);
  if (known !== undefined) return known;
  const { broker, topic, producer, consumer } = settingsTable('3.9');
  const table = {
    kafka: version,
    broker: asOf(version, broker),
    topic: asOf(version, topic),
    producer: asOf(version, producer),
    consumer: asOf(version, consumer),
  };
  derived.set(version, table);
  return table;
}

function asOf(version: string, settings: ReadonlyMap<string, Setting>): ReadonlyMap<string, Setting> {
  return new Map(
    [...settings].map(([name, setting]) => {
      const until = missingUntil(version, setting.scope, name);
      return [
        name,
        {
          ...setting,
          ...(setting.default === undefined
            ? {}
            : { default: earlierDefault(version, setting.scope, name) ?? setting.default }),
          ...(until === undefined ? {} : { missingUntil: until }),
        },
      ];
    }),
  );
}

function byName(file: SettingsFile, scope: Scope): ReadonlyMap<string, Setting> {
  return new Map(file[scope].map((row) => [row.name, { ...row, scope, bearing: bearingOf(file, scope, row.name) }]));
}

function bearingOf(file: SettingsFile, scope: Scope, name: string): BearingRow {
  const own = bearingByName(scope, name);
  if (own !== undefined) return own;
  const topic = scope === 'broker' ? topicSettingOf(file, name) : undefined;
  const inherited = topic === undefined ? undefined : bearingByName('topic', topic);
  if (inherited === undefined)
    throw new Error(`${scope} setting ${name} is not classified in runs/settings/bearing.ts`);
  return inherited;
}

/** The topic setting whose default this broker setting gives. */
function topicSettingOf(file: SettingsFile, brokerSetting: string): string | undefined {
  return file.topic.find((topic) => topic.brokerDefaults?.some(({ name }) => name === brokerSetting))?.name;
}
