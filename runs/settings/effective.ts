/** What a setting is in the end: given, or the default of the broker for topics, or Kafka's own default. */
import type { GivenSettings, SettingValue } from '../spec/spec.js';
import { parseSetting } from './parse.js';
import type { Scope, Setting, SettingsTable } from './table.js';

/** The value in force of a broker, producer or consumer setting. */
export function effective(table: SettingsTable, scope: Scope, name: string, given: GivenSettings): SettingValue {
  return given[name] ?? kafkaDefault(setting(table, scope, name));
}

/** The value in force of a topic setting: the topic's own, else the broker's default for it, else Kafka's. */
export function effectiveForTopic(
  table: SettingsTable,
  name: string,
  topic: GivenSettings,
  broker: GivenSettings,
): SettingValue {
  const own = topic[name];
  if (own !== undefined) return own;
  const row = setting(table, 'topic', name);
  for (const { name: brokerName, factor } of row.brokerDefaults ?? []) {
    const inherited = broker[brokerName];
    if (inherited === undefined) continue;
    const { value, origin } = inherited;
    return { value: typeof value === 'number' ? value * factor : value, origin };
  }
  return kafkaDefault(row);
}

function setting(table: SettingsTable, scope: Scope, name: string): Setting {
  const found = table[scope].get(name);
  if (found === undefined) throw new Error(`Kafka ${table.kafka} knows no ${scope} setting ${name}`);
  return found;
}

function kafkaDefault(row: Setting): SettingValue {
  const parsed = parseSetting(row, row.default ?? '');
  if (row.default === undefined || row.default === null || !parsed.ok) {
    throw new Error(`${row.scope} setting ${row.name} has no default to act on`);
  }
  return { value: parsed.value, origin: { kind: 'default' } };
}
