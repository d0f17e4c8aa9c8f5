/**
 * The protocol that a spec runs: release, control plane, single rules, defects. The one place that decides what this build
 * can run: a release whose every rule the model acts on (`versions/implemented.ts`), a spec's own rules counted in, under a
 * control plane that it ran with and that the model has.
 */
import {
  defectIds,
  defectOf,
  defectsIn,
  hasDefect,
  type DefectId,
} from '../../model/kafka/protocol/versions/defects.js';
import {
  controlPlanes,
  implementedValues,
  isImplemented,
  notImplemented,
} from '../../model/kafka/protocol/versions/implemented.js';
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import { rowFor } from '../../model/kafka/protocol/versions/resolve.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import {
  ruleBySpecName,
  ruleNames,
  ruleOf,
  specName,
  type RuleName,
  type RuleValues,
} from '../../model/kafka/protocol/versions/rules.js';
import { runnableVersions } from '../catalogue.js';
import type { Draft, Located } from './draft.js';
import { didYouMean } from './nearest.js';
import type { Problems } from './problems.js';
import type { Spec } from './spec.js';
import { controlModes, versionRow } from './versions.js';
import { changesVoters, DYNAMIC_VOTERS_SINCE } from './voter-removals.js';

export interface Protocol extends Pick<Spec, 'rules' | 'defects'> {
  readonly mode: ControlPlane;
  readonly notes: readonly string[];
}

const controlWords: Readonly<Record<ControlPlane, string>> = { kraft: 'KRaft', zookeeper: 'ZooKeeper' };
const modes = Object.keys(controlWords) as readonly ControlPlane[];

export function finishProtocol(draft: Draft, problems: Problems): Protocol {
  const mode = finishMode(draft, problems);
  const rules = { ...quorumRules(draft, mode), ...finishRules(draft, mode, problems) };
  refuseRelease(draft, mode, rules, problems);
  return { mode, rules, ...finishDefects(draft, mode, problems) };
}

/** KRaft unless told otherwise, ZooKeeper in releases that had nothing else. */
function finishMode({ kafka, mode }: Draft, problems: Problems): ControlPlane {
  const known = versionRow(kafka.value) === undefined ? [] : controlModes(kafka.value);
  if (mode.origin.kind === 'default') return known[0] ?? 'kraft';
  const named = modes.find((candidate) => candidate === mode.value);
  if (named === undefined) {
    const hint = didYouMean(mode.value, modes);
    problems.error(mode.origin, `control: ${JSON.stringify(mode.value)} is neither kraft nor zookeeper${hint}`);
    return known[0] ?? 'kraft';
  }
  if (known.length > 0 && !known.includes(named)) {
    problems.error(mode.origin, `Kafka ${kafka.value} never ran with ${controlWords[named]}`);
  } else if (!controlPlanes.includes(named)) {
    const built = controlPlanes.map((plane) => controlWords[plane]).join(' and ');
    problems.error(
      mode.origin,
      `the control plane is ${controlWords[named]}, which is not in this build: it runs ${built} only`,
    );
  }
  return named;
}

/** Without controller.quorum.voters the voters stand in the log, known by their directories (kraft.version=1). */
function quorumRules(draft: Draft, mode: ControlPlane): Spec['rules'] {
  const { broker, kafka } = draft;
  const isFormatted = broker.has('controller.quorum.bootstrap.servers') && !broker.has('controller.quorum.voters');
  const isDynamic = isFormatted || changesVoters(draft);
  const isKnown = compareReleases(kafka.value, DYNAMIC_VOTERS_SINCE) >= 0;
  return mode === 'kraft' && isDynamic && isKnown ? { [specName('voterIdentity')]: 'id-and-directory' } : {};
}

/** Every rule that the spec names, as far as it is one and has the value. */
function finishRules(draft: Draft, mode: ControlPlane, problems: Problems): Spec['rules'] {
  const rules: Record<string, string | number | boolean> = {};
  const names = ruleNames.map(specName);
  const row = versionRow(draft.kafka.value) ?? null;
  const ofRelease = row === null ? undefined : rowFor(row)?.rules;
  for (const [name, given] of draft.rules) {
    const rule = ruleBySpecName(name);
    if (rule === undefined) {
      problems.error(given.origin, `unknown rule ${name}${didYouMean(name, names)}   (all: npx harrow versions)`);
    } else if (mayBe(rule, given, mode, ofRelease, problems)) rules[name] = given.value;
  }
  return rules;
}

/** False after saying why this rule cannot have this value here. */
function mayBe(
  rule: RuleName,
  { value, origin }: Located<string | number | boolean>,
  mode: ControlPlane,
  ofRelease: RuleValues | undefined,
  problems: Problems,
): boolean {
  const { values, control } = ruleOf(rule);
  const name = specName(rule);
  if (!values.includes(value)) {
    const hint = typeof value === 'string' ? didYouMean(value, values.map(String)) : '';
    problems.error(origin, `rule ${name}: ${String(value)} is none of ${values.join(', ')}${hint}`);
  } else if (ofRelease?.[rule] === value) return true;
  else if (control !== null && control !== mode) {
    problems.error(
      origin,
      `rule ${name}: only ${controlWords[control]} has it, and the spec runs ${controlWords[mode]}`,
    );
  } else if (!isImplemented(rule, value)) {
    const built = implementedValues(rule).join(', ');
    problems.error(origin, `rule ${name}: ${String(value)} is not in this build, which has only ${built}`);
  } else return true;
  return false;
}

/** A release is run as it was or not at all. */
function refuseRelease({ kafka, mode }: Draft, plane: ControlPlane, own: Spec['rules'], problems: Problems): void {
  const row = versionRow(kafka.value);
  if (row === undefined) {
    problems.error(kafka.origin, `kafka: ${JSON.stringify(kafka.value)} is no version like "3.9"`);
    return;
  }
  const runs = `it runs ${runnableVersions.join(', ')}`;
  if (row === null) {
    problems.error(kafka.origin, `kafka: ${kafka.value} is older than every release that Harrow knows; ${runs}`);
    return;
  }
  if (!controlPlanes.includes(plane) || !controlModes(row).includes(plane)) {
    // Where the spec names it, finishMode has said so.
    if (mode.origin.kind !== 'default') return;
    problems.error(
      kafka.origin,
      `kafka: ${kafka.value} ran with ${controlWords[plane]}, which is not in this build; ${runs}`,
    );
    return;
  }
  const values = rowFor(row)!.rules;
  const missing = notImplemented(values, plane).filter((rule) => own[specName(rule)] === undefined);
  if (missing.length === 0) return;
  const told = missing.slice(0, 3).map((rule) => `${specName(rule)}: ${String(values[rule])}`);
  const rest = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  problems.error(
    kafka.origin,
    `kafka: ${kafka.value} has rules that are not in this build (${told.join(', ')}${rest}); ${runs}`,
  );
}

/** Those that the spec names, and those of the release as it was, under this control plane. */
function finishDefects(draft: Draft, mode: ControlPlane, problems: Problems): Pick<Protocol, 'defects' | 'notes'> {
  const { kafka, defects, asReleased } = draft;
  const notes: string[] = [];
  const named = defects.flatMap((given) => namedDefect(given, kafka.value, mode, problems, notes));
  if (asReleased?.value !== true || versionRow(kafka.value) === undefined) return { defects: sorted(named), notes };
  const had = defectsIn(kafka.value).filter((id) => showsUnder(id, mode));
  const modelled = had.filter((id) => defectOf(id).modelled);
  const others = had.filter((id) => !defectOf(id).modelled && defectOf(id).follows === null);
  notes.push(
    `as released: Kafka ${kafka.value} under ${controlWords[mode]} had ${modelled.join(', ') || 'no defect that this build can show'}` +
      (others.length === 0 ? '' : `; not in this build: ${others.join(', ')}`),
  );
  return { defects: sorted([...named, ...modelled]), notes };
}

function showsUnder(id: DefectId, mode: ControlPlane): boolean {
  const { control } = defectOf(id);
  return control === null || control === mode;
}

function namedDefect(
  { value, origin }: Located<string>,
  release: string,
  mode: ControlPlane,
  problems: Problems,
  notes: string[],
): DefectId[] {
  const id = defectIds.find((known) => known === value);
  if (id === undefined) {
    problems.error(origin, `unknown defect ${value}${didYouMean(value, defectIds)}   (all: npx harrow versions)`);
    return [];
  }
  const { modelled, follows } = defectOf(id);
  if (follows !== null) {
    problems.error(origin, `defect ${id} is no switch: it follows from the rule ${specName(follows)}`);
    return [];
  }
  if (!modelled) {
    problems.error(origin, `defect ${id} is not in this build: the model cannot show it yet`);
    return [];
  }
  if (!showsUnder(id, mode)) {
    notes.push(
      `${id} shows under ${controlWords[defectOf(id).control!]} alone, and the spec runs ${controlWords[mode]}`,
    );
  }
  if (versionRow(release) !== undefined && !hasDefect(release, defectOf(id))) {
    notes.push(`Kafka ${release} did not have ${id}: it is turned on all the same`);
  }
  return [id];
}

function sorted(ids: readonly DefectId[]): readonly DefectId[] {
  return defectIds.filter((id) => ids.includes(id));
}
