/** Kafka settings as they were written, against the table of the version: names, types, ranges. */
import { editDistance, nearestName } from './nearest.js';
import { parseSetting } from '../settings/parse.js';
import {
  rowsWithSettings,
  type Scope,
  scopes,
  type Setting,
  settingsTable,
  type SettingsTable,
} from '../settings/table.js';
import type { RawSetting, RawSettings } from './draft.js';
import type { Problems } from './problems.js';
import type { GivenSettings, Origin, SettingValue } from './spec.js';

export interface ReadSettings {
  /** Only what the model acts on: other values are dropped here and appear nowhere again. */
  readonly given: GivenSettings;
  /** Names that were given another value than Kafka's default, could matter, and are not modelled. */
  readonly notModelled: readonly string[];
}

/** Checks every setting of one scope. */
export function readSettings(table: SettingsTable, scope: Scope, raw: RawSettings, problems: Problems): ReadSettings {
  const given: Record<string, SettingValue> = {};
  const notModelled: string[] = [];
  if (isOtherFile(table, scope, raw, problems)) return { given, notModelled };
  for (const [name, written] of raw) {
    const setting = table[scope].get(name);
    if (setting === undefined) {
      unknownSetting(table, scope, name, written, problems);
      continue;
    }
    if (setting.missingUntil !== undefined) {
      notYetThere(table, scope, setting.missingUntil, name, written, problems);
      continue;
    }
    const acted = setting.bearing.bearing === 'modelled';
    const parsed = parseSetting(setting, written.text);
    if (!parsed.ok) {
      const value = acted ? ` ${shown(setting, written.text)}` : '';
      problems.error(written.origin, `${name}:${value} ${parsed.why}`);
    } else if (acted && isOneDirectory(name, parsed.value)) {
      // Wherever it lies: nothing follows from it.
    } else if (acted) given[name] = { value: parsed.value, origin: written.origin };
    else if (setting.bearing.bearing === 'could matter, not modelled' && differsFromDefault(setting, parsed.value)) {
      notModelled.push(name);
    }
  }
  return { given, notModelled };
}

/** True after saying that a property file has several names, and none that Kafka knows in this place. */
function isOtherFile(table: SettingsTable, scope: Scope, raw: RawSettings, problems: Problems): boolean {
  const written = [...raw.values()];
  const [first] = written;
  if (written.length < FEWEST_TO_DOUBT || !written.every(({ lenient }) => lenient)) return false;
  if ([...raw.keys()].some((name) => table[scope].has(name))) return false;
  const other = scopes.find((candidate) => [...raw.keys()].filter((name) => table[candidate].has(name)).length > 1);
  const hint = other === undefined ? '' : `; ${other} settings are among them`;
  problems.error(
    first!.keyOrigin,
    `none of the ${written.length} names in this file is a ${scope} setting of Kafka ${table.kafka}${hint}: is it another kind of file?`,
  );
  return true;
}

/** A file of fewer unknown names may be one of a few mistakes. */
const FEWEST_TO_DOUBT = 3;

/** Kafka warns of a name that it does not know; in a spec it is an error. */
function notYetThere(
  { kafka }: SettingsTable,
  scope: Scope,
  since: string,
  name: string,
  { keyOrigin, lenient }: RawSetting,
  problems: Problems,
): void {
  const message = `${scope} setting ${name} came with Kafka ${since}: ${kafka} does not know it`;
  if (lenient) problems.warn(keyOrigin, message);
  else problems.error(keyOrigin, message);
}

function isOneDirectory(name: string, value: SettingValue['value']): boolean {
  return name === 'log.dirs' && !String(value).includes(',');
}

function differsFromDefault(setting: Setting, value: string | number | boolean): boolean {
  if (setting.default === undefined || setting.default === null) return true;
  const usual = parseSetting(setting, setting.default);
  return !usual.ok || usual.value !== value;
}

function shown(setting: Setting, text: string): string {
  return setting.type === 'string' || text.trim() === '' ? JSON.stringify(text) : text;
}

/**
 * A name that Kafka does not know. In a spec an error; in a property file a warning, as in Kafka, unless it is a near miss
 * of a setting that matters to safety.
 */
function unknownSetting(table: SettingsTable, scope: Scope, name: string, at: RawSetting, problems: Problems): void {
  const elsewhere = knownElsewhere(table, scope, name);
  const nearest = nearestName(name, table[scope].keys());
  const matters = nearest !== null && table[scope].get(nearest)!.bearing.bearing !== 'no bearing on safety';
  const message = `unknown ${scope} setting${at.lenient ? ` ${name}` : ''}`;
  if (at.lenient && !(matters && editDistance(name, nearest) <= Math.max(2, name.length / 8))) {
    problems.warnIgnored(
      at.keyOrigin,
      `${message}: Kafka ignores it${elsewhere === null ? '' : ` (${elsewhere})`}`,
      name,
    );
    return;
  }
  const note = elsewhere ?? (nearest === null ? '' : `did you mean ${nearest}?`);
  // Whatever stands behind an unknown name may be a secret, unless the name was meant to be one that is modelled.
  const secret = nearest === null || table[scope].get(nearest)!.bearing.bearing !== 'modelled';
  if (at.keyOrigin.kind === 'file') problems.misnamed(at.keyOrigin, message, name, note, secret);
  else problems.error(at.keyOrigin, `${message} ${name}${note === '' ? '' : `; ${note}`}`);
}

/** "it is a producer setting", "Kafka 4.1 knows it"; null if nobody does. */
function knownElsewhere(table: SettingsTable, scope: Scope, name: string): string | null {
  const other = scopes.find((candidate) => candidate !== scope && table[candidate].has(name));
  if (other !== undefined) return `it is a ${other} setting`;
  const row = rowsWithSettings.find((candidate) => settingsTable(candidate)[scope].has(name));
  return row === undefined ? null : `Kafka ${row} knows it, ${table.kafka} does not`;
}

/** The place of the first of these that somebody set. */
export function originOf(given: GivenSettings, ...names: readonly string[]): Origin {
  for (const name of names) if (given[name] !== undefined) return given[name].origin;
  return { kind: 'default' };
}
