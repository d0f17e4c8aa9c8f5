/** harrow presets, faults, situations, settings: what there is, with a sentence each. */
import { readTextFile } from '../files.js';
import { targetParameters } from '../../nemesis/targets.js';
import { faults, situations } from '../catalogue.js';
import { Exit, type ExitCode } from '../outcome.js';
import { expectation, loadPresets } from '../presets/presets.js';
import { dotted, labelled } from '../reporters/words.js';
import type { Bearing } from '../settings/bearing.js';
import { type Scope, scopes, type Setting, settingsFor } from '../settings/table.js';
import { didYouMean, nearestName } from '../spec/nearest.js';
import { presetPath } from '../spec/preset-files.js';
import { UsageError } from '../spec/problems.js';
import { versionRow } from '../spec/versions.js';
import { type Context, paintOf, say, sayJson } from './context.js';

export function presets(
  context: Context,
  name: string | undefined,
  options: { show?: boolean; json?: boolean },
): ExitCode {
  const all = loadPresets();
  const chosen = name === undefined ? all : all.filter((preset) => preset.name === name);
  if (chosen.length === 0) {
    throw new UsageError(
      `no preset ${name}${didYouMean(
        name!,
        all.map((preset) => preset.name),
      )} (npx harrow presets)`,
    );
  }
  if (options.show === true && name === undefined) throw new UsageError('--show needs the name of a preset');
  if (options.show === true) {
    context.stdout.write(readTextFile(presetPath(chosen[0]!.name)));
    return Exit.expected;
  }
  if (options.json === true) {
    sayJson(
      context,
      chosen.map((preset) => ({ ...preset, spec: undefined, expected: expectation(preset) })),
    );
    return Exit.expected;
  }
  const paint = paintOf(context);
  const width = Math.max(...chosen.map((preset) => preset.name.length)) + 3;
  let question = '';
  for (const preset of chosen) {
    if (preset.question !== question) say(context, `${question === '' ? '' : '\n'}${paint.bold(preset.question)}`);
    question = preset.question;
    for (const line of labelled(2, preset.name, width, `${preset.sentence} → ${expectation(preset)}`))
      say(context, line);
    if (name !== undefined)
      for (const line of preset.answer) for (const part of labelled(2, '', width, line)) say(context, part);
  }
  return Exit.expected;
}

const timeParameters = [
  { name: 'topic', sentence: 'Strike at a partition of this topic.' },
  {
    name: 'from, to',
    sentence: 'Timed by hand, from the beginning of the safety phase: 4.2s. Then it strikes in every trial.',
  },
];

/** All of them, or those whose name contains `part`. */
export function listFaults(context: Context, part: string | undefined, options: { json?: boolean }): ExitCode {
  const found = namedLike('fault', faults, part);
  if (options.json === true) {
    sayJson(
      context,
      found.map(({ name, sentence, family, parameters }) => ({ name, sentence, family, parameters })),
    );
    return Exit.expected;
  }
  const width = Math.max(...found.map(({ name }) => name.length), ...timeParameters.map(({ name }) => name.length)) + 3;
  for (const { name, sentence, parameters } of found) {
    for (const line of labelled(2, name, width, sentence)) say(context, line);
    for (const parameter of parameters) {
      for (const line of labelled(2, '', width, `${parameter.name}: ${parameter.sentence}`)) say(context, line);
    }
  }
  say(context, '\nEvery fault takes besides:');
  for (const { name, sentence } of [...targetParameters, ...timeParameters]) {
    for (const line of labelled(2, name, width, sentence)) say(context, line);
  }
  return Exit.expected;
}

/** All of them, or those whose name contains `part`. */
export function listSituations(context: Context, part: string | undefined, options: { json?: boolean }): ExitCode {
  const found = namedLike('situation', situations, part);
  if (options.json === true)
    sayJson(
      context,
      found.map(({ name, sentence, needs }) => ({ name, sentence, needs: needs ?? null })),
    );
  else {
    const width = Math.max(...found.map(({ name }) => name.length)) + 3;
    for (const { name, sentence, needs } of found) {
      const told = needs === undefined ? sentence : `${sentence} Needs ${needs}.`;
      for (const line of labelled(2, name, width, told)) say(context, line);
    }
  }
  return Exit.expected;
}

/** @throws UsageError if there is none */
function namedLike<T extends { readonly name: string }>(
  kind: string,
  all: readonly T[],
  part: string | undefined,
): readonly T[] {
  if (part === undefined) return all;
  const found = all.filter(({ name }) => name.includes(part));
  if (found.length > 0) return found;
  const names = all.map(({ name }) => name);
  throw new UsageError(`no ${kind} with ${part} in its name${didYouMean(part, names)} (npx harrow ${kind}s)`);
}

export interface SettingsOptions {
  readonly kafka: string;
  readonly scope?: string;
  readonly bearing?: string;
  readonly json?: boolean;
}

const bearings: Readonly<Record<string, Bearing>> = {
  modelled: 'modelled',
  none: 'no bearing on safety',
  'not-modelled': 'could matter, not modelled',
};

/** All settings of a Kafka version, or those whose name contains `part`. */
export function listSettings(context: Context, part: string | undefined, options: SettingsOptions): ExitCode {
  const table = settingsFor(parseRow(options.kafka));
  const wantedScopes = options.scope === undefined ? scopes : [parseScope(options.scope)];
  const bearing = options.bearing === undefined ? null : parseBearing(options.bearing);
  const found = wantedScopes
    .flatMap((scope) => [...table[scope].values()])
    .filter((setting) => setting.missingUntil === undefined)
    .filter((setting) => part === undefined || setting.name.includes(part))
    .filter((setting) => bearing === null || setting.bearing.bearing === bearing);
  if (found.length === 0) {
    const nearest =
      part === undefined
        ? null
        : nearestName(
            part,
            scopes.flatMap((scope) => [...table[scope].keys()]),
          );
    throw new UsageError(
      `no such setting of Kafka ${table.kafka}${nearest === null ? '' : `; did you mean ${nearest}?`}`,
    );
  }
  if (options.json === true) {
    sayJson(context, found);
    return Exit.expected;
  }
  // Of all settings, those without a bearing are most: who asks for no certain ones is told their names alone.
  const isAll = part === undefined && bearing === null;
  for (const scope of wantedScopes) {
    const settings = found.filter((setting) => setting.scope === scope);
    if (settings.length === 0) continue;
    say(context, `${scope} settings`);
    const told = isAll ? settings.filter((setting) => setting.bearing.bearing !== 'no bearing on safety') : settings;
    for (const setting of told) saySetting(context, setting);
    const others = settings.filter((setting) => !told.includes(setting)).map(({ name }) => name);
    if (others.length > 0)
      for (const line of labelled(2, `no bearing on safety   `, 23, dotted(others))) say(context, line);
  }
  if (isAll) say(context, '\nnpx harrow settings PART    those with PART in their name, each in full');
  return Exit.expected;
}

function saySetting(context: Context, setting: Setting): void {
  say(context, `  ${setting.name}`);
  const kind = `${setting.type}, default ${setting.default ?? 'none'}${rangeWords(setting)}`;
  say(context, `      ${kind} · ${setting.bearing.bearing}`);
  for (const line of labelled(6, '', 0, setting.bearing.sentence)) say(context, line);
}

function rangeWords({ min, max, oneOf, valid }: Setting): string {
  if (oneOf !== undefined) return `, one of ${oneOf.join(', ')}`;
  if (min !== undefined && max !== undefined) return `, ${min} to ${max}`;
  if (min !== undefined) return `, at least ${min}`;
  return valid === undefined || valid.length > 80 ? '' : `, ${valid}`;
}

function parseRow(text: string): string {
  const row = versionRow(text);
  if (row === undefined) throw new UsageError(`--kafka ${text}: no version like 3.9`);
  if (row === null) throw new UsageError(`--kafka ${text}: older than every release that Harrow knows`);
  return row;
}

function parseScope(text: string): Scope {
  const scope = scopes.find((candidate) => candidate === text);
  if (scope === undefined) throw new UsageError(`--scope ${text}: ${scopes.join(', ')}${didYouMean(text, scopes)}`);
  return scope;
}

function parseBearing(text: string): Bearing {
  const bearing = bearings[text];
  if (bearing === undefined) throw new UsageError(`--bearing ${text}: ${Object.keys(bearings).join(', ')}`);
  return bearing;
}
