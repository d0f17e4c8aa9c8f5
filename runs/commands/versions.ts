/** harrow versions: which rules each release has, and which defects it had. */
import { defectOf, defectsIn } from '../../model/kafka/protocol/versions/defects.js';
import { rowFor } from '../../model/kafka/protocol/versions/resolve.js';
import { versionRows, type VersionRow } from '../../model/kafka/protocol/versions/rows.js';
import type { ControlPlane, RuleValue } from '../../model/kafka/protocol/versions/rule.js';
import { decidedBy, deciders } from '../../model/kafka/protocol/versions/deciders.js';
import { ruleNames, ruleOf, specName, type RuleName } from '../../model/kafka/protocol/versions/rules.js';
import { runnableVersions } from '../catalogue.js';
import { Exit, type ExitCode } from '../outcome.js';
import { labelled } from '../reporters/words.js';
import { UsageError } from '../spec/problems.js';
import { versionRow } from '../spec/versions.js';
import { type Context, paintOf, say, sayJson } from './context.js';

/** All rows, or everything about the one that a release takes. */
export function versions(context: Context, release: string | undefined, options: { json?: boolean }): ExitCode {
  if (release === undefined) {
    if (options.json === true)
      sayJson(
        context,
        versionRows.map((row) => asJson(row, row.version)),
      );
    else sayTable(context);
    return Exit.expected;
  }
  const version = versionRow(release);
  if (version === undefined) throw new UsageError(`${release} is no version like 3.9`);
  if (version === null) throw new UsageError(`${release} is older than every release that Harrow knows`);
  const row = rowFor(version)!;
  if (options.json === true) sayJson(context, asJson(row, release));
  else sayRelease(context, row, release);
  return Exit.expected;
}

function asJson(row: VersionRow, release: string): object {
  return {
    version: release,
    row: row.version,
    control: row.control,
    runs: runnableVersions.includes(row.version),
    rules: Object.fromEntries(ruleNames.map((name) => [specName(name), row.rules[name]])),
    decidedBy: Object.fromEntries(ruleNames.map((name) => [specName(name), deciders[name].by])),
    defects: defectsIn(release),
  };
}

const CELL_GAP = 1;

function sayTable(context: Context): void {
  const paint = paintOf(context);
  const label = Math.max(...ruleNames.map((name) => specName(name).length)) + 2;
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(label)}${versionRows
      .map(({ version }, column) => (cells[column] ?? '').padEnd(version.length + CELL_GAP))
      .join('')
      .trimEnd()}`;
  say(
    context,
    paint.bold(
      line(
        'Kafka',
        versionRows.map(({ version }) => version),
      ),
    ),
  );
  say(
    context,
    line(
      'control plane',
      versionRows.map(({ control }) => control.map((plane) => (plane === 'kraft' ? 'K' : 'Z')).join('')),
    ),
  );
  say(
    context,
    line(
      'this build runs it',
      versionRows.map((row) => cell(runnableVersions.includes(row.version))),
    ),
  );
  say(context, '');
  for (const name of ruleNames) {
    say(
      context,
      line(
        specName(name),
        versionRows.map((row) => (isReadIn(row, name) ? cellOf(name, row.rules[name]) : '')),
      ),
    );
  }
  say(context, '\nZ ZooKeeper, K KRaft. Where a rule has more values than yes and no:');
  for (const name of ruleNames) {
    const { values, meanings } = ruleOf(name);
    if (meanings.length === 0) continue;
    const named = values.map((value) =>
      typeof value === 'number' ? String(value) : `${cellOf(name, value)} ${String(value)}`,
    );
    for (const part of labelled(2, specName(name), label, named.join(', '))) say(context, part);
  }
  say(context, '\nWhere releases are mixed, what decides them:');
  for (const by of decidedBy) {
    const names = ruleNames.filter((name) => deciders[name].by === by).map(specName);
    for (const part of labelled(2, by, label, names.join(', '))) say(context, part);
  }
  say(context, '\nReleased defects (* can be turned on):');
  for (const { version } of versionRows) sayDefects(context, version, label);
  say(context, '\nnpx harrow versions 3.9     one release in sentences');
  say(context, 'npx harrow explain NAME     what a rule or a defect is');
}

function sayDefects(context: Context, version: string, label: number): void {
  const ids = defectsIn(version).map((id) => (defectOf(id).modelled ? `${id}*` : id));
  for (const part of labelled(2, version, label, ids.join(', '))) say(context, part);
}

/** A rule of a control plane says nothing of a release that did not have it. */
function isReadIn({ control }: VersionRow, name: RuleName): boolean {
  const only = ruleOf(name).control;
  return only === null || control.includes(only);
}

/** Named values by their place in the rule's list, from 1. */
function cellOf(name: RuleName, value: RuleValue): string {
  return typeof value === 'string' ? String(ruleOf(name).values.indexOf(value) + 1) : cell(value);
}

function cell(value: boolean | number): string {
  if (typeof value === 'number') return String(value);
  return value ? 'yes' : '-';
}

const planeWords: Readonly<Record<ControlPlane, string>> = { kraft: 'KRaft', zookeeper: 'ZooKeeper' };

function sayRelease(context: Context, row: VersionRow, release: string): void {
  const paint = paintOf(context);
  const label = Math.max(...ruleNames.map((name) => specName(name).length)) + 2;
  const planes = row.control.map((plane) => planeWords[plane]).join(' or ');
  say(context, paint.bold(`Kafka ${release}, ${planes}`));
  if (release !== row.version) say(context, `  run under the rules and defaults of ${row.version}`);
  if (!runnableVersions.includes(row.version)) say(context, '  not in this build');
  say(context, `\n${paint.bold('Defects that it had')}${' (* can be turned on: defects: [...], --as-released)'}`);
  for (const id of defectsIn(release)) {
    const { modelled, sentence, control } = defectOf(id);
    const where = control === null || row.control.length === 1 ? '' : ` (${planeWords[control]} alone)`;
    for (const part of labelled(2, modelled ? `${id}*` : id, 14, `${sentence}${where}`)) say(context, part);
  }
  say(
    context,
    `\n${paint.bold('Rules')} (npx harrow explain NAME tells of one, and what decides it where releases are mixed)`,
  );
  for (const name of ruleNames) {
    if (!isReadIn(row, name)) continue;
    const value = row.rules[name];
    const words = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    for (const part of labelled(2, specName(name), label, `${words}: ${ruleOf(name).sentence}`)) say(context, part);
  }
}
