/** What the page shows beside the logs: settings that are not at Kafka's default, a line for each value. */
import type { SettingRow } from './page-data.js';
import { listed } from './words.js';

export interface DifferingSetting {
  readonly name: string;
  readonly value: string;
  readonly kafkaDefault: string;
  /** "topics orders and invoices", "broker"; of a setting that could matter and is not modelled: empty. */
  readonly scope: string;
}

/** In the order of the rows; topics and clients that have the same value share a line. */
export function differingSettings(rows: readonly SettingRow[]): readonly DifferingSetting[] {
  const lines = new Map<string, SettingRow[]>();
  for (const row of rows) {
    if (!row.differs || row.bearing !== 'modelled') continue;
    const kind = row.scope.split(' ')[0]!;
    const line = [kind, row.name, row.value].join(' ');
    const sharing = lines.get(line);
    if (sharing === undefined) lines.set(line, [row]);
    else sharing.push(row);
  }
  return [...lines.values()].map((sharing) => {
    const { name, value, kafkaDefault } = sharing[0]!;
    return { name, value, kafkaDefault, scope: scopeWords(sharing.map(({ scope }) => scope)) };
  });
}

/** "topic orders", "topic invoices": "topics orders and invoices". */
function scopeWords(scopes: readonly string[]): string {
  const [kind, ...own] = scopes[0]!.split(' ');
  if (scopes.length === 1 || own.length === 0) return scopes[0]!;
  return `${kind}s ${listed(scopes.map((scope) => scope.slice(kind!.length + 1)))}`;
}
