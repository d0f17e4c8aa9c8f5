/**
 * Kafka property files as a draft. One broker's file stands for all: ids, listeners and a voter list of one are widened
 * to the cluster.
 */
import { byDefault, type Draft, emptyClient, emptyDraft, emptyTopic, type Located, type RawSettings } from './draft.js';
import type { Problems } from './problems.js';
import { parseProperties } from './properties.js';

export type PropertyFileKind = 'server' | 'producer' | 'consumer' | 'topic';

export interface PropertyFile {
  readonly kind: PropertyFileKind;
  readonly file: string;
  readonly text: string;
}

/** The settings of one file, each with its place. */
export function readProperties(file: string, text: string): RawSettings {
  const settings: RawSettings = new Map();
  for (const property of parseProperties(text)) {
    settings.set(property.name, {
      text: property.value,
      origin: { kind: 'file', file, line: property.valueLine, column: property.valueColumn },
      keyOrigin: { kind: 'file', file, line: property.line, column: property.column },
      lenient: true,
    });
  }
  return settings;
}

export function readPropertyFiles(files: readonly PropertyFile[], name: string, problems: Problems): Draft {
  const draft = emptyDraft(name);
  for (const { kind, file, text } of files) {
    const settings = readProperties(file, text);
    if (kind === 'server') readServer(draft, settings);
    else if (kind === 'topic') readTopic(draft, settings, problems);
    else {
      const clients = kind === 'producer' ? draft.producers : draft.consumers;
      clients.push({
        ...emptyClient(byDefault(clients.length === 0 ? kind : `${kind}-${clients.length + 1}`)),
        settings,
      });
    }
  }
  return draft;
}

function readServer(draft: Draft, settings: RawSettings): void {
  draft.broker = settings;
  draft.notes.push(
    "one broker's file stands for all: ids, listeners, voters and a ZooKeeper of one are widened to the cluster",
  );
  const roles = settings.get('process.roles');
  const zookeeper = settings.get('zookeeper.connect');
  const isKraft = roles !== undefined && roles.text.trim() !== '';
  if (!isKraft && zookeeper !== undefined && zookeeper.text.trim() !== '') {
    draft.mode = { value: 'zookeeper', origin: zookeeper.keyOrigin };
    const hosts = listed(zookeeper.text).length;
    if (hosts > 1) draft.servers = { value: hosts, origin: zookeeper.origin };
  }
  const voters = settings.get('controller.quorum.voters') ?? settings.get('controller.quorum.bootstrap.servers');
  if (voters !== undefined && listed(voters.text).length > 1) {
    draft.controllers = { value: listed(voters.text).length, origin: voters.origin };
  }
}

/** Topic settings, and two that are no settings of Kafka's: partitions and replication.factor. */
function readTopic(draft: Draft, settings: RawSettings, problems: Problems): void {
  const topic = emptyTopic(byDefault(draft.name));
  topic.partitions = takeCount(settings, 'partitions', problems);
  topic.replicationFactor = takeCount(settings, 'replication.factor', problems);
  topic.settings = settings;
  draft.topics.push(topic);
}

function takeCount(settings: RawSettings, name: string, problems: Problems): Located<number> | null {
  const written = settings.get(name);
  settings.delete(name);
  if (written === undefined) return null;
  const value = Number(written.text);
  if (!/^\d+$/.test(written.text.trim()) || value < 1) {
    problems.error(written.origin, `${name}: ${JSON.stringify(written.text)} is not a whole number above 0`);
    return null;
  }
  return { value, origin: written.origin };
}

function listed(text: string): string[] {
  return text.split(',').map((item) => item.trim()).filter((item) => item !== ''); // prettier-ignore
}
