/** harrow presets, faults, situations, settings: what there is, with a sentence each. */
import { readTextFile } from '../files.js';
import { targetParameters } from '../../nemesis/targets.js';
import { faults, situations } from '../catalogue.js';
import { Exit, type ExitCode } from '../outcome.js';
import { expectation, loadPresets } from '../presets/presets.js';
import { labelled } from '../reporters/words.js';
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
    for (const line of labelled(2, preset.name, width, `${preset.sentence}: ${expectation(preset)}`))
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

export function listFaults(context: Context, options: { json?: boolean }): ExitCode {
  if (options.json === true) {
    sayJson(
      context,
      faults.map(({ name, sentence, family, parameters }) => ({ name, sentence, family, parameters })),
    );
    return Exit.expected;
  }
  const width = Math.max(...faults.map(({ name }) => name.length)) + 3;
  for (const { name, sentence, parameters } of faults) {
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

export function listSituations(context: Context, options: { json?: boolean }): ExitCode {
  if (options.json === true)
    sayJson(
      context,
      situations.map(({ name, sentence, needs }) => ({ name, sentence, needs: needs ?? null })),
    );
  else {
    const width = Math.max(...situations.map(({ name }) => name.length)) + 3;
    for (const { name, sentence, needs } of situations) {
      const told = needs === undefined ? sentence : `${sentence} Needs ${needs}.`;
      for (const line of labelled(2, name, width, told)) say(context, line);
    }
  }
  return Exit.expected;
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
  if (options.json === true) sayJson(context, found);
  else
    for (const scope of wantedScopes)
      sayScope(
        context,
        scope,
        found.filter((setting) => setting.scope === scope),
      );
  return Exit.expected;
}

function sayScope(context: Context, scope: Scope, settings: readonly Setting[]): void {
  if (settings.length === 0) return;
  say(context, `${scope} settings`);
  for (const setting of settings) {
    say(context, `  ${setting.name}`);
    const kind = `${setting.type}, default ${setting.default ?? 'none'}${rangeWords(setting)}`;
    say(context, `      ${kind} · ${setting.bearing.bearing}`);
    for (const line of labelled(6, '', 0, setting.bearing.sentence)) say(context, line);
  }
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
