/** One setting changed in a complete spec: how a fix is tried. */
import type { CommitPolicy } from '../../model/kafka/cluster-spec.js';
import { effective, effectiveForTopic } from '../settings/effective.js';
import { parseSetting, settingText } from '../settings/parse.js';
import { type Scope, settingsFor } from '../settings/table.js';
import { checkBroker, checkProducer } from './kafka-rules.js';
import { Problems } from './problems.js';
import type { GivenSettings, Spec, SpecConsumer } from './spec.js';
import { guaranteeOf, withStreamsSettings } from './streams-rules.js';

const scopesInOrder: readonly Scope[] = ['topic', 'producer', 'broker', 'consumer'];

/** No setting of Kafka's but of the applications: when members of groups commit. */
const COMMIT = 'commit';
const commitPolicies: readonly CommitPolicy[] = ['before-processing', 'after-processing', 'auto'];

/** Of Kafka Streams applications. */
const GUARANTEE = 'processing.guarantee';

/** The spec with this setting, in every topic or client; null if that changes nothing or Kafka would refuse to start. */
export function withSetting(spec: Spec, name: string, text: string): Spec | null {
  if (name === COMMIT) return withCommit(spec, text);
  if (name === GUARANTEE) return withGuarantee(spec, text);
  const scope = scopeOf(spec, name);
  if (scope === null || settingInForce(spec, name) === text) return null;
  const parsed = parseSetting(settingsFor(spec.version)[scope].get(name)!, text);
  if (!parsed.ok) return null;
  const changed = (given: GivenSettings): GivenSettings => ({
    ...given,
    [name]: { value: parsed.value, origin: { kind: 'option', option: 'fix' } },
  });
  const fixed: Spec = {
    ...spec,
    brokerSettings: scope === 'broker' ? changed(spec.brokerSettings) : spec.brokerSettings,
    topics: spec.topics.map((topic) => (scope === 'topic' ? { ...topic, settings: changed(topic.settings) } : topic)),
    producers: spec.producers.map((one) => (scope === 'producer' ? { ...one, settings: changed(one.settings) } : one)),
    consumers: spec.consumers.map((one) => (scope === 'consumer' ? { ...one, settings: changed(one.settings) } : one)),
  };
  return startsUp(fixed) ? fixed : null;
}

function withCommit(spec: Spec, text: string): Spec | null {
  const policy = commitPolicies.find((one) => one === text);
  if (policy === undefined || spec.consumers.every(({ commit }) => commit === policy || commit === null)) return null;
  const changed = spec.consumers.map((one) => (one.commit === null ? one : { ...one, commit: policy }));
  return { ...spec, consumers: changed };
}

function withGuarantee(spec: Spec, text: string): Spec | null {
  if (settingInForce(spec, GUARANTEE) === text) return null;
  const guarantee = { value: text, origin: { kind: 'option', option: 'fix' } } as const;
  const changed = spec.consumers.map((one) =>
    one.streams === null ? one : withStreamsSettings(one, { ...one.streams, [GUARANTEE]: guarantee }, spec.kafka),
  );
  if (changed.includes(null) || spec.consumers.every(({ streams }) => streams === null)) return null;
  return { ...spec, consumers: changed as readonly SpecConsumer[] };
}

/** The value in force, as people write it; where topics or clients differ, the first one's. null: nobody has it. */
export function settingInForce(spec: Spec, name: string): string | null {
  if (name === COMMIT) return spec.consumers.find(({ commit }) => commit !== null)?.commit ?? null;
  const application = spec.consumers.find(({ streams }) => streams !== null)?.streams;
  if (name === GUARANTEE) return application === undefined ? null : guaranteeOf(application!);
  const value = valueInForce(spec, name);
  return value === null ? null : settingText(value);
}

function valueInForce(spec: Spec, name: string): string | number | boolean | null {
  const table = settingsFor(spec.version);
  switch (scopeOf(spec, name)) {
    case 'broker':
      return effective(table, 'broker', name, spec.brokerSettings).value;
    case 'topic':
      return effectiveForTopic(table, name, spec.topics[0]?.settings ?? {}, spec.brokerSettings).value;
    case 'producer':
      return effective(table, 'producer', name, spec.producers[0]?.settings ?? {}).value;
    case 'consumer':
      return effective(table, 'consumer', name, spec.consumers[0]?.settings ?? {}).value;
    default:
      return null;
  }
}

function scopeOf(spec: Spec, name: string): Scope | null {
  const table = settingsFor(spec.version);
  return scopesInOrder.find((scope) => table[scope].get(name)?.bearing.bearing === 'modelled') ?? null;
}

function startsUp(spec: Spec): boolean {
  const table = settingsFor(spec.version);
  const problems = new Problems();
  checkBroker(table, spec.brokerSettings, problems);
  for (const producer of spec.producers) checkProducer(table, producer.settings, problems);
  return problems.errors.length === 0;
}
