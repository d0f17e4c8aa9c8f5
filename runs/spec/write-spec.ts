/**
 * A complete spec as a file. With a seed and a plan it replays by itself: everything that was drawn stands in `plan`, and
 * what is not written has the default of its Kafka version, which never changes.
 */
import type { Plan } from '../../nemesis/plan.js';
import { settingText } from '../settings/parse.js';
import { formatDuration } from './durations.js';
import { originLabel } from './problems.js';
import { PROTOCOL_VERSION } from './releases.js';
import type { GivenSettings, Spec, SpecConsumer, SpecFault, SpecRequirement } from './spec.js';

/** Of a kept trial. */
export interface KeptTrial {
  readonly seed: string;
  readonly plan: Plan;
  readonly digest: string;
}

export function writeSpec(spec: Spec, kept: KeptTrial | null): string {
  const lines = [
    ...(kept === null
      ? []
      : [`# Seed ${oneLine(kept.seed)} of ${oneLine(spec.name)}, complete: npx harrow replay <this file>`]),
    `name: ${text(spec.name)}`,
    `kafka: ${text(spec.kafka)}`,
    ...clusterLines(spec),
    ...section(
      'topics',
      spec.topics.flatMap((topic) => topicLines(topic)),
    ),
    ...section(
      'producers',
      spec.producers.flatMap((producer) => clientLines(producer)),
    ),
    ...section(
      'consumers',
      spec.consumers.flatMap((consumer) => clientLines(consumer)),
    ),
    workloadLine(spec.workload),
    ...(spec.faults === null ? [] : section('faults', spec.faults.map(faultLine), 'faults: []')),
    `profile: ${spec.profile}`,
    ...(spec.lateRequests ? [] : ['late-requests: false']),
    ...section('require', spec.require.map(requirementLine), 'require: []'),
    ...(spec.expect.length === 0 ? [] : [`expect: ${list(spec.expect)}`]),
    ...(spec.expectSituations.length === 0 ? [] : [`expect-situations: ${list(spec.expectSituations)}`]),
    ...section(
      'rules',
      Object.entries(spec.rules).map(([name, value]) => `  ${name}: ${scalar(value)}`),
    ),
    ...(spec.defects.length === 0 ? [] : [`defects: ${list(spec.defects)}`]),
    ...section(
      'notes',
      spec.notes.map((note) => `  - ${text(note)}`),
    ),
    ...(spec.notModelled.length === 0 ? [] : [`not-modelled: ${list(spec.notModelled)}`]),
    ...(kept === null ? [] : keptLines(kept)),
  ];
  return `${lines.join('\n')}\n`;
}

function clusterLines(spec: Spec): string[] {
  const racks = spec.racks.filter((rack) => rack !== null);
  const { mode, controllers } = spec.control;
  return [
    'cluster:',
    `  brokers: ${spec.brokers}`,
    ...releaseLines(spec),
    `  control: { mode: ${mode}, ${mode === 'kraft' ? 'controllers' : 'servers'}: ${controllers} }`,
    ...(racks.length === 0 ? [] : [`  racks: ${list(racks)}`]),
    ...(spec.rackAware ? [] : ['  rack-aware: false']),
    ...settingLines('  ', spec.brokerSettings, 'settings', protocolLines(spec)),
  ];
}

function releaseLines({ releases, control, version }: Spec): string[] {
  if (releases === null) return [];
  const { brokers, controllers, agreed } = releases;
  const others = brokers.flatMap((release, index) => (release === version ? [] : [`b${index + 1}: ${text(release)}`]));
  if (controllers !== version) others.push(`controllers: ${text(controllers)}`);
  return [
    ...(others.length === 0 ? [] : [`  releases: { ${others.join(', ')} }`]),
    ...(control.mode === 'kraft' ? [`  metadata.version: ${text(agreed)}`] : []),
  ];
}

function protocolLines({ releases, control }: Spec): string[] {
  if (releases === null || control.mode === 'kraft') return [];
  return [`${PROTOCOL_VERSION}: ${text(releases.agreed)}`];
}

function topicLines(topic: Spec['topics'][number]): string[] {
  return [
    `  ${text(topic.name)}:`,
    `    partitions: ${topic.partitions}`,
    `    replication.factor: ${topic.replicationFactor}`,
    ...settingLines('    ', topic.settings),
  ];
}

interface WrittenClient {
  readonly name: string;
  readonly count: number;
  readonly commit?: string | null;
  readonly transform?: SpecConsumer['transform'];
  readonly streams?: SpecConsumer['streams'];
  readonly settings: GivenSettings;
}

function clientLines(client: WrittenClient): string[] {
  return [
    `  ${text(client.name)}:`,
    '    client: java',
    `    count: ${client.count}`,
    ...applicationLines(client),
    ...settingLines('    ', client.settings),
  ];
}

/** Of consumers: what is done with the records. */
function applicationLines({ commit, transform, streams }: WrittenClient): string[] {
  if (streams !== undefined && streams !== null) {
    const lines = settingLines('    ', streams, 'streams');
    return [
      ...(lines.length === 0 ? ['    streams: {}'] : lines),
      ...settingLines('    ', transform!.producer, 'producer'),
    ];
  }
  return [...((commit ?? null) === null ? [] : [`    commit: ${commit}`]), ...transformLines(transform ?? null)];
}

function transformLines(transform: SpecConsumer['transform']): string[] {
  if (transform === null) return [];
  return [`    fencing: ${transform.fencing}`, ...settingLines('    ', transform.producer, 'producer')];
}

/** Each with the place that it came from. */
function settingLines(
  indent: string,
  settings: GivenSettings,
  key = 'settings',
  others: readonly string[] = [],
): string[] {
  const names = Object.keys(settings).sort();
  if (names.length + others.length === 0) return [];
  const lines = names.map((name) => {
    const { value, origin } = settings[name]!;
    const from = origin.kind === 'default' ? '' : `    # ${oneLine(originLabel(origin))}`;
    return `${indent}  ${name}: ${scalar(value)}${from}`;
  });
  return [`${indent}${key}:`, ...others.map((line) => `${indent}  ${line}`), ...lines];
}

function workloadLine({ type, sends, keys, over, resend }: Spec['workload']): string {
  const again = resend ? ', resend: true' : '';
  return `workload: { type: ${type}, sends: ${sends}, keys: ${keys}, over: ${formatDuration(over)}${again} }`;
}

function faultLine({ fault, with: parameters, topic, from, to }: SpecFault): string {
  const given = [
    ...Object.entries(parameters).map(([name, value]) => `${name}: ${scalar(value)}`),
    ...(topic === null ? [] : [`topic: ${text(topic)}`]),
    ...(from === null ? [] : [`from: ${formatDuration(from)}`]),
    ...(to === null ? [] : [`to: ${formatDuration(to)}`]),
  ];
  return given.length === 0 ? `  - ${fault}` : `  - ${fault}: { ${given.join(', ')} }`;
}

function requirementLine({ name, within }: SpecRequirement): string {
  return within === null ? `  - ${name}` : `  - ${name}: { within: ${formatDuration(within)} }`;
}

/** One line a strike and a step, so that a person can read them and a tool can compare them. */
function keptLines({ seed, plan, digest }: KeptTrial): string[] {
  const { strikes, workload, ...rest } = plan;
  return [
    `seed: ${text(seed)}`,
    `digest: ${text(digest)}`,
    'plan:',
    ...Object.entries(rest).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`),
    ...section(
      '  strikes',
      strikes.map((strike) => `    - ${JSON.stringify(strike)}`),
      '  strikes: []',
    ),
    ...section(
      '  workload',
      workload.map((step) => `    - ${JSON.stringify(step)}`),
      '  workload: []',
    ),
  ];
}

function section(name: string, lines: readonly string[], whenEmpty?: string): string[] {
  if (lines.length > 0) return [`${name}:`, ...lines];
  return whenEmpty === undefined ? [] : [whenEmpty];
}

function list(items: readonly string[]): string {
  return `[${items.map(text).join(', ')}]`;
}

/** JSON's strings are YAML's too; plain words need no quotes. */
function text(value: string): string {
  const plain = /^[a-zA-Z][a-zA-Z0-9._-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}

function scalar(value: string | number | boolean): string {
  return typeof value === 'string' ? text(value) : settingText(value);
}

function oneLine(words: string): string {
  return words.replaceAll(/\s+/g, ' ');
}
