/** Every setting that a Kafka release knows, as generated from Kafka's own definitions (`generate/`), with its bearing. */
import { readFileSync } from 'node:fs';
import { bearingByName, type BearingRow } from './bearing.js';

export type Scope = 'broker' | 'topic' | 'producer' | 'consumer';
export const scopes: readonly Scope[] = ['broker', 'topic', 'producer', 'consumer'];

/** Rows of the table of versions whose settings are known. */
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

/** The settings to check a spec of this version against: those of its own row, else of the nearest row that is known. */
export function settingsFor(version: string): SettingsTable {
  return settingsTable(Number.parseInt(version, 10) >= 4 ? '4.1' : '3.9');
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
