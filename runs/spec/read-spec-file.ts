/** A spec file (YAML or JSON) as a draft. Its structure is checked first; what does not fit is skipped here. */
import type { Plan } from '../../nemesis/plan.js';
import {
  byDefault,
  type Draft,
  type DraftClient,
  type DraftFault,
  type DraftRequirement,
  type DraftTopic,
  emptyClient,
  emptyDraft,
  emptyTopic,
  type Located,
  type RawSettings,
} from './draft.js';
import { parseDuration } from './durations.js';
import type { Problems } from './problems.js';
import { isRecord, type Path, SpecSource } from './source.js';
import { checkStructure } from './structure.js';
import { faultParameters } from './schema.js';

/** Reads a property file that a spec names with `from`; what is wrong with it goes to the problems. */
export type PropertyReader = (path: string, at: Located<string>) => RawSettings;

const topicKeys = new Set(['name', 'partitions', 'replication.factor', 'settings']);
const clientKeys = new Set(['name', 'client', 'count', 'commit', 'producer', 'fencing', 'streams', 'settings']);

export function readSpecFile(
  file: string,
  text: string,
  defaultName: string,
  problems: Problems,
  readProperties: PropertyReader,
): Draft {
  const source = new SpecSource(file, text, problems);
  checkStructure(source, problems);
  const draft = emptyDraft(defaultName);
  if (isRecord(source.raw)) new SpecFileReader(source, problems, readProperties, draft).read(source.raw);
  return draft;
}

class SpecFileReader {
  readonly #source: SpecSource;
  readonly #problems: Problems;
  readonly #readProperties: PropertyReader;
  readonly #draft: Draft;

  constructor(source: SpecSource, problems: Problems, readProperties: PropertyReader, draft: Draft) {
    this.#source = source;
    this.#problems = problems;
    this.#readProperties = readProperties;
    this.#draft = draft;
  }

  read(raw: Record<string, unknown>): void {
    this.#readWords(raw);
    this.#readCluster(raw);
    this.#readTopics(raw);
    this.#draft.producers = this.#readClients(raw, 'producer', 'producers');
    this.#draft.consumers = this.#readClients(raw, 'consumer', 'consumers');
    this.#readWorkload(raw['workload']);
    this.#readFaults(raw);
    this.#readDemands(raw);
    this.#readRules(raw);
    this.#readKept(raw);
  }

  #readWords(raw: Record<string, unknown>): void {
    const draft = this.#draft;
    if (typeof raw['name'] === 'string') draft.name = raw['name'];
    if (typeof raw['question'] === 'string') draft.question = raw['question'];
    if (typeof raw['sentence'] === 'string') draft.sentence = raw['sentence'];
    draft.answer = texts(raw['answer']);
    // From the source text: the number 3.10 would be 3.1.
    draft.kafka = this.#word(['kafka'], true) ?? draft.kafka;
  }

  #readCluster(raw: Record<string, unknown>): void {
    const draft = this.#draft;
    const cluster = isRecord(raw['cluster']) ? raw['cluster'] : {};
    const short = this.#whole(['brokers']);
    const long = this.#whole(['cluster', 'brokers']);
    if (short !== null && long !== null) {
      this.#problems.error(this.#source.keyOrigin(['brokers']), 'brokers is given twice: here and in cluster');
    }
    draft.brokers = long ?? short ?? draft.brokers;
    draft.mode = this.#word(['cluster', 'control']) ?? this.#word(['cluster', 'control', 'mode']) ?? draft.mode;
    draft.controllers = this.#whole(['cluster', 'control', 'controllers']) ?? draft.controllers;
    draft.servers = this.#whole(['cluster', 'control', 'servers']) ?? draft.servers;
    const racks = cluster['racks'];
    if (Array.isArray(racks)) {
      const names = racks.filter((rack) => typeof rack === 'string');
      draft.racks = { value: names, origin: this.#source.valueOrigin(['cluster', 'racks']) };
    }
    draft.metadataVersion = this.#word(['cluster', 'metadata.version'], true);
    for (const name of Object.keys(isRecord(cluster['releases']) ? cluster['releases'] : {})) {
      const release = this.#word(['cluster', 'releases', name], true);
      if (release !== null) draft.releases.set(name, release);
    }
    draft.rackAware = cluster['rack-aware'] !== false;
    draft.broker = this.#settings(['cluster', 'settings'], cluster['settings'], null);
  }

  #readTopics(raw: Record<string, unknown>): void {
    this.#refuseBoth(raw, 'topic', 'topics');
    if (isRecord(raw['topic'])) {
      const name = this.#word(['topic', 'name']) ?? byDefault(this.#draft.name);
      this.#draft.topics.push(this.#topic(['topic'], raw['topic'], name, true));
    }
    if (!isRecord(raw['topics'])) return;
    for (const [key, topic] of Object.entries(raw['topics'])) {
      const path = ['topics', key];
      const name = { value: key, origin: this.#source.keyOrigin(path) };
      this.#draft.topics.push(this.#topic(path, isRecord(topic) ? topic : {}, name, false));
    }
  }

  #topic(path: Path, raw: Record<string, unknown>, name: Located<string>, flat: boolean): DraftTopic {
    return {
      ...emptyTopic(name),
      partitions: this.#whole([...path, 'partitions']),
      replicationFactor: this.#whole([...path, 'replication.factor']),
      settings: this.#clientSettings(path, raw, flat ? topicKeys : null),
    };
  }

  #readClients(raw: Record<string, unknown>, one: string, many: string): DraftClient[] {
    const clients: DraftClient[] = [];
    this.#refuseBoth(raw, one, many);
    const short = raw[one];
    if (isRecord(short)) {
      const name = this.#word([one, 'name']) ?? { value: one, origin: this.#source.keyOrigin([one]) };
      clients.push(this.#client([one], short, name, true));
    }
    const named = raw[many];
    for (const [key, client] of isRecord(named) ? Object.entries(named) : []) {
      const name = { value: key, origin: this.#source.keyOrigin([many, key]) };
      clients.push(this.#client([many, key], isRecord(client) ? client : {}, name, false));
    }
    return clients;
  }

  #client(path: Path, raw: Record<string, unknown>, name: Located<string>, flat: boolean): DraftClient {
    const empty = emptyClient(name);
    return {
      name,
      client: this.#word([...path, 'client']) ?? empty.client,
      count: this.#whole([...path, 'count']) ?? empty.count,
      commit: this.#word([...path, 'commit']),
      producer: this.#settings([...path, 'producer'], raw['producer'], null),
      fencing: this.#word([...path, 'fencing']),
      streams: this.#streams([...path, 'streams'], raw['streams']),
      settings: this.#clientSettings(path, raw, flat ? clientKeys : null),
    };
  }

  #streams(path: Path, raw: unknown): DraftClient['streams'] {
    if (!isRecord(raw)) return null;
    return { value: this.#settings(path, raw, null), origin: this.#source.keyOrigin(path) };
  }

  /** Settings under `settings`, and in the short form beside the keys in `own`. */
  #clientSettings(path: Path, raw: Record<string, unknown>, own: ReadonlySet<string> | null): RawSettings {
    const settings = this.#settings([...path, 'settings'], raw['settings'], null);
    if (own !== null) for (const [name, value] of this.#settings(path, raw, own)) settings.set(name, value);
    return settings;
  }

  #settings(path: Path, raw: unknown, except: ReadonlySet<string> | null): RawSettings {
    if (!isRecord(raw)) return new Map();
    const settings: RawSettings = new Map();
    const from = except === null ? this.#word([...path, 'from']) : null;
    if (from !== null) for (const [name, value] of this.#readProperties(from.value, from)) settings.set(name, value);
    for (const name of Object.keys(raw)) {
      if (except?.has(name) === true || (except === null && name === 'from')) continue;
      const at = [...path, name];
      const text = this.#source.sourceText(at);
      const value = raw[name];
      if (text === undefined || value === null || typeof value === 'object') {
        if (except !== null) this.#problems.error(this.#source.valueOrigin(at), `${name}: is not a plain value`);
        continue;
      }
      const origin = this.#source.valueOrigin(at);
      settings.set(name, { text, origin, keyOrigin: this.#source.keyOrigin(at), lenient: false });
    }
    return settings;
  }

  #readWorkload(raw: unknown): void {
    if (!isRecord(raw)) return;
    const { workload } = this.#draft;
    workload.type = this.#word(['workload', 'type']) ?? workload.type;
    workload.sends = this.#whole(['workload', 'sends']) ?? workload.sends;
    workload.keys = this.#whole(['workload', 'keys']) ?? workload.keys;
    workload.over = this.#duration(['workload', 'over']) ?? workload.over;
    workload.resend = raw['resend'] === true;
  }

  #readFaults(raw: Record<string, unknown>): void {
    this.#draft.profile = this.#word(['profile']);
    this.#draft.lateRequests = raw['late-requests'] !== false;
    if (!Array.isArray(raw['faults'])) return;
    this.#draft.faults = raw['faults'].flatMap((item: unknown, index) => this.#fault(['faults', index], item));
  }

  #fault(path: Path, item: unknown): DraftFault[] {
    if (typeof item === 'string') {
      return [{ name: { value: item, origin: this.#source.valueOrigin(path) }, parameters: new Map() }];
    }
    if (!isRecord(item)) return [];
    return Object.keys(item).map((name) => {
      const at = [...path, name];
      const parameters: DraftFault['parameters'] = new Map();
      const given = item[name];
      for (const [parameter, value] of isRecord(given) ? Object.entries(given) : []) {
        const origin = this.#source.valueOrigin([...at, parameter]);
        // A list is what takes several names: replicas: [b4, b2, b3].
        const word: unknown = Array.isArray(value) ? value.join(',') : value;
        if (typeof word !== 'object') parameters.set(parameter, { value: word as string | number | boolean, origin });
        else if (!(parameter in faultParameters.shape)) {
          this.#problems.error(origin, `${parameter}: is neither a word nor a number`);
        }
      }
      return { name: { value: name, origin: this.#source.keyOrigin(at) }, parameters };
    });
  }

  #readDemands(raw: Record<string, unknown>): void {
    if (Array.isArray(raw['require'])) {
      this.#draft.require = raw['require'].flatMap((item: unknown, index) =>
        this.#requirement(['require', index], item),
      );
    }
    this.#draft.expect = this.#words(['expect'], raw['expect']);
    this.#draft.expectSituations = this.#words(['expect-situations'], raw['expect-situations']);
    const vary = isRecord(raw['vary']) ? raw['vary'] : {};
    for (const [name, values] of Object.entries(vary)) {
      const path = ['vary', name];
      const many = Array.isArray(values) ? values.map((_, index) => [...path, index]) : [path];
      this.#draft.vary.push({
        name: { value: name, origin: this.#source.keyOrigin(path) },
        values: many.flatMap((at) => this.#word(at, true) ?? []),
      });
    }
  }

  #requirement(path: Path, item: unknown): DraftRequirement[] {
    if (typeof item === 'string') {
      return [{ name: { value: item, origin: this.#source.valueOrigin(path) }, within: null }];
    }
    if (!isRecord(item)) return [];
    return Object.keys(item).map((name) => {
      const at = [...path, name];
      const within = this.#duration([...at, 'within']);
      return { name: { value: name, origin: this.#source.keyOrigin(at) }, within };
    });
  }

  #readRules(raw: Record<string, unknown>): void {
    const rules = isRecord(raw['rules']) ? raw['rules'] : {};
    for (const [name, value] of Object.entries(rules)) {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
      this.#draft.rules.set(name, { value, origin: this.#source.keyOrigin(['rules', name]) });
    }
    this.#draft.defects = this.#words(['defects'], raw['defects']);
    if (typeof raw['as-released'] === 'boolean') {
      this.#draft.asReleased = { value: raw['as-released'], origin: this.#source.keyOrigin(['as-released']) };
    }
  }

  /** What Harrow writes into the spec of a kept trial. */
  #readKept(raw: Record<string, unknown>): void {
    this.#draft.seed = this.#word(['seed'], true)?.value ?? null;
    const plan = raw['plan'];
    if (isRecord(plan) && Array.isArray(plan['strikes']) && Array.isArray(plan['workload'])) {
      this.#draft.plan = { value: plan as unknown as Plan, origin: this.#source.keyOrigin(['plan']) };
    }
    if (typeof raw['digest'] === 'string') this.#draft.digest = raw['digest'];
    this.#draft.notes.push(...texts(raw['notes']));
    this.#draft.notModelled.push(...texts(raw['not-modelled']));
  }

  #refuseBoth(raw: Record<string, unknown>, one: string, many: string): void {
    if (one in raw && many in raw) {
      this.#problems.error(this.#source.keyOrigin([one]), `${one} is the short form of ${many}: write one of them`);
    }
  }

  #value(path: Path): unknown {
    let value: unknown = this.#source.raw;
    for (const step of path) {
      if (Array.isArray(value)) value = value[step as number] as unknown;
      else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step];
      else return undefined;
    }
    return value;
  }

  /** Text; with `exact`, any plain value, as it is written. */
  #word(path: Path, exact = false): Located<string> | null {
    const value = this.#value(path);
    const origin = this.#source.valueOrigin(path);
    if (typeof value === 'string') return { value, origin };
    if (!exact || value === null || value === undefined || typeof value === 'object') return null;
    const text = this.#source.sourceText(path);
    return text === undefined ? null : { value: text, origin };
  }

  #words(path: Path, raw: unknown): Located<string>[] {
    if (!Array.isArray(raw)) return [];
    return raw.flatMap((_, index) => this.#word([...path, index]) ?? []);
  }

  #whole(path: Path): Located<number> | null {
    const value = this.#value(path);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) return null;
    return { value, origin: this.#source.valueOrigin(path) };
  }

  #duration(path: Path): Located<number> | null {
    const text = this.#value(path);
    const micros = typeof text === 'string' ? parseDuration(text) : null;
    return micros === null ? null : { value: micros, origin: this.#source.valueOrigin(path) };
  }
}

function texts(raw: unknown): string[] {
  return Array.isArray(raw) ? raw.filter((item) => typeof item === 'string') : [];
}
