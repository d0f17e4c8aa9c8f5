/** What resolving the settings of every kind of client and server has in common. */
import type { Scope } from '../settings/table.js';
import type { GivenSettings } from './spec.js';

/** Settings that a plan drew where the spec left them open, by scoped name: 'broker:replica.lag.time.max.ms'. */
export type DrawnSettings = Readonly<Record<string, string | number | boolean>>;

/** With what was drawn where the spec left it open. */
export function withDrawn(scope: Scope, given: GivenSettings, drawn: DrawnSettings): GivenSettings {
  const prefix = `${scope}:`;
  const merged: Record<string, GivenSettings[string]> = {};
  for (const [name, value] of Object.entries(drawn)) {
    if (name.startsWith(prefix)) {
      merged[name.slice(prefix.length)] = { value, origin: { kind: 'assumed', why: 'drawn for this seed' } };
    }
  }
  return { ...merged, ...given };
}

/** The table's types are Kafka's: each of these settings has the type that the model's interface says. */
export function pick<T>(names: readonly (keyof T & string)[], value: (name: string) => string | number | boolean): T {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as T;
}

/** Where several clients are of one kind, each has its number behind an id that must be its own. */
export function suffixOf(index: number, count: number): string {
  return count > 1 ? `-${index}` : '';
}
