/** What options and variants change in a draft: a Kafka setting by its own name, or one of Harrow's keys. */
import { scopes, settingsFor, type Scope } from '../settings/table.js';
import { byDefault, type Draft, emptyClient, emptyTopic, type RawSettings } from './draft.js';
import { parseDuration } from './durations.js';
import { didYouMean } from './nearest.js';
import type { Problems } from './problems.js';
import type { Origin } from './spec.js';
import { streamsSettings } from './streams-rules.js';
import { versionRow } from './versions.js';

type Setter = (draft: Draft, text: string, origin: Origin, problems: Problems) => void;

/** Harrow's own keys that can be set and varied. */
const keys: Readonly<Record<string, Setter>> = {
  kafka: (draft, value, origin) => (draft.kafka = { value, origin }),
  'metadata.version': (draft, value, origin) => (draft.metadataVersion = { value, origin }),
  control: (draft, value, origin) => (draft.mode = { value, origin }),
  controllers: whole((draft, value, origin) => (draft.controllers = { value, origin })),
  servers: whole((draft, value, origin) => (draft.servers = { value, origin })),
  brokers: whole((draft, value, origin) => (draft.brokers = { value, origin })),
  profile: (draft, value, origin) => (draft.profile = { value, origin }),
  partitions: whole((draft, value, origin) => {
    for (const topic of topicsOf(draft)) topic.partitions = { value, origin };
  }),
  'replication.factor': whole((draft, value, origin) => {
    for (const topic of topicsOf(draft)) topic.replicationFactor = { value, origin };
  }),
  sends: whole((draft, value, origin) => (draft.workload.sends = { value, origin })),
  keys: whole((draft, value, origin) => (draft.workload.keys = { value, origin })),
  over: (draft, text, origin, problems) => {
    const value = parseDuration(text);
    if (value === null) problems.error(origin, `over: ${JSON.stringify(text)} is no duration like 500ms, 60s or 2m`);
    else draft.workload.over = { value, origin };
  },
  'late-requests': yesOrNo((draft, value) => (draft.lateRequests = value)),
  'as-released': yesOrNo((draft, value, origin) => (draft.asReleased = { value, origin })),
};

/**
 * Sets `name`, perhaps with its scope before a colon, in every topic or client of the spec that has it; `rule:NAME` sets a
 * protocol rule and `defect:ID` turns a released bug on or off.
 */
export function setValue(draft: Draft, name: string, text: string, origin: Origin, problems: Problems): void {
  const unscoped = name.startsWith('topic:') ? name.slice('topic:'.length) : name;
  const key = Object.hasOwn(keys, unscoped) ? keys[unscoped] : undefined;
  if (key !== undefined && (unscoped === name || ['partitions', 'replication.factor'].includes(unscoped))) {
    key(draft, text, origin, problems);
    return;
  }
  if (name.startsWith('rule:')) {
    draft.rules.set(name.slice('rule:'.length), { value: scalarOf(text), origin });
    return;
  }
  if (name.startsWith('defect:')) {
    setDefect(draft, name.slice('defect:'.length), text, origin, problems);
    return;
  }
  if (setStreams(draft, name, text, origin)) return;
  const scope = scopeOf(draft, name, origin, problems);
  if (scope === null) return;
  const setting = name.startsWith(`${scope}:`) ? name.slice(scope.length + 1) : name;
  for (const settings of targets(draft, scope)) {
    settings.set(setting, { text, origin, keyOrigin: origin, lenient: false });
  }
}

/** A setting of Kafka Streams, where there is such an application. False: it is none. */
function setStreams(draft: Draft, name: string, text: string, origin: Origin): boolean {
  const applications = draft.consumers.flatMap(({ streams }) => (streams === null ? [] : [streams.value]));
  const unscoped = name.startsWith('streams:') ? name.slice('streams:'.length) : name;
  if (applications.length === 0 || !streamsSettings.includes(unscoped)) return false;
  for (const settings of applications) settings.set(unscoped, { text, origin, keyOrigin: origin, lenient: false });
  return true;
}

/** The scope that is written, or the only one that can be meant; null after saying why there is none. */
function scopeOf(draft: Draft, name: string, origin: Origin, problems: Problems): Scope | null {
  const colon = name.indexOf(':');
  if (colon >= 0) {
    const written = scopes.find((scope) => scope === name.slice(0, colon));
    if (written === undefined) {
      const known = [...scopes, 'rule', 'defect'];
      const hint = didYouMean(name.slice(0, colon), known);
      problems.error(origin, `${name.slice(0, colon)} is no scope: ${known.join(', ')}${hint}`);
    }
    return written ?? null;
  }
  const table = settingsFor(versionRow(draft.kafka.value) ?? '3.9');
  const found = scopes.filter((scope) => table[scope].has(name));
  const meant = narrow(found, (scope) => table[scope].get(name)!.bearing.bearing === 'modelled');
  if (meant.length === 1) return meant[0]!;
  if (found.length > 1) {
    const forms = found.map((scope) => `${scope}:${name}`);
    problems.error(origin, `${name} is a setting of several scopes: write ${forms.join(' or ')}`);
    return null;
  }
  const known = [...Object.keys(keys), ...scopes.flatMap((scope) => [...table[scope].keys()])];
  const hint = didYouMean(name, known);
  problems.error(origin, `unknown setting ${name}${hint === '' ? '   (all: npx harrow settings)' : hint}`);
  return null;
}

/** The topic's own setting rather than the broker's default for it; a modelled one rather than one that is not. */
function narrow(found: readonly Scope[], modelled: (scope: Scope) => boolean): readonly Scope[] {
  const acted = found.filter(modelled);
  const candidates = acted.length > 0 ? acted : found;
  if (candidates.length === 2 && candidates.includes('broker') && candidates.includes('topic')) return ['topic'];
  return candidates;
}

function targets(draft: Draft, scope: Scope): RawSettings[] {
  switch (scope) {
    case 'broker':
      return [draft.broker];
    case 'topic':
      return topicsOf(draft).map((topic) => topic.settings);
    case 'producer':
    case 'consumer': {
      const clients = scope === 'producer' ? draft.producers : draft.consumers;
      if (clients.length === 0) {
        clients.push(emptyClient(byDefault(scope)));
      }
      return clients.map((client) => client.settings);
    }
  }
}

/** A spec without a topic has one, and an option may be the first to speak of it. */
function topicsOf(draft: Draft): Draft['topics'] {
  if (draft.topics.length === 0) {
    draft.topics.push(emptyTopic(byDefault(draft.name)));
  }
  return draft.topics;
}

/** A rule's value, as it would stand in a spec. */
function scalarOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}

function setDefect(draft: Draft, id: string, text: string, origin: Origin, problems: Problems): void {
  if (text !== 'true' && text !== 'false') problems.error(origin, `${id}: ${text} is neither true nor false`);
  draft.defects = draft.defects.filter(({ value }) => value !== id);
  if (text === 'true') draft.defects.push({ value: id, origin });
}

function yesOrNo(set: (draft: Draft, value: boolean, origin: Origin) => void): Setter {
  return (draft, text, origin, problems) => {
    if (text === 'true' || text === 'false') set(draft, text === 'true', origin);
    else problems.error(origin, `${JSON.stringify(text)} is neither true nor false`);
  };
}

function whole(set: (draft: Draft, value: number, origin: Origin) => void): Setter {
  return (draft, text, origin, problems) => {
    if (/^\d+$/.test(text) && Number(text) > 0) set(draft, Number(text), origin);
    else problems.error(origin, `${JSON.stringify(text)} is not a whole number above 0`);
  };
}
