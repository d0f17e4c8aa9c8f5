/** What a key of a spec is, and a setting of Kafka Streams, for `harrow explain`. */
import { z } from 'zod';
import { specSchema } from '../spec/schema.js';
import { streamsSentences } from '../spec/streams-rules.js';

/** Lays a text out beside the word that says what it is. */
type Paragraph = (kind: string, text: string) => string;

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  /** Of names that the user gives: topics, producers, consumers. */
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
}

export function specKeyMeaning(word: string, paragraph: Paragraph): string[] {
  const places = specKeys().filter(({ key }) => key === word);
  return [...new Set(places.map(({ sentence }) => sentence))].map((sentence) => {
    const [first] = places.filter((place) => place.sentence === sentence);
    return paragraph('spec key', first!.path === word ? sentence : `${first!.path}. ${sentence}`);
  });
}

export function streamsSettingMeaning(word: string, paragraph: Paragraph): string[] {
  const sentence = streamsSentences.get(word);
  return sentence === undefined ? [] : [paragraph('setting', `streams of a consumer. ${sentence}`)];
}

/** Keys of specs, and settings of Kafka Streams. */
export function wordsOfSpecs(): readonly string[] {
  return [...specKeys().map(({ key }) => key), ...streamsSentences.keys()];
}

interface SpecKey {
  readonly key: string;
  /** "consumers.NAME.fencing" */
  readonly path: string;
  readonly sentence: string;
}

function specKeys(): readonly SpecKey[] {
  const keys = keysIn(z.toJSONSchema(specSchema, { io: 'input', target: 'draft-7' }) as Node, '');
  // Nobody writes a plan.
  return keys.filter(({ path }) => !path.startsWith('plan.'));
}

function keysIn(node: Node, path: string): readonly SpecKey[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, one]) => {
    const below = `${path}${key}`;
    const sentence = one.description;
    return [...(sentence === undefined ? [] : [{ key, path: below, sentence }]), ...keysIn(one, `${below}.`)];
  });
  const { additionalProperties: named, anyOf = [] } = node;
  const ofNames = typeof named === 'object' ? keysIn(named, `${path}NAME.`) : [];
  return [...own, ...ofNames, ...anyOf.flatMap((one) => keysIn(one, path))];
}
