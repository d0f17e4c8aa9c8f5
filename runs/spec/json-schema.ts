/** The JSON Schema for editors, from the same schema that specs are checked with, and the names of Kafka's settings. */
import { z } from 'zod';
import { defectIds, defectOf } from '../../model/kafka/protocol/versions/defects.js';
import { ruleNames, ruleOf, specName } from '../../model/kafka/protocol/versions/rules.js';
import { requirements, faults, situations, expectable } from '../catalogue.js';
import { type Scope, scopes, type Setting, settingsTable } from '../settings/table.js';
import { specSchema } from './schema.js';

type Json = Record<string, unknown>;

/** What stands in `spec.schema.json` at the root of the package. */
export function specJsonSchema(): Json {
  const schema = z.toJSONSchema(specSchema, { io: 'input', target: 'draft-7' }) as Json;
  const properties = schema['properties'] as Json;
  const shortForms: readonly (readonly [string, Scope])[] = [
    ['topic', 'topic'],
    ['producer', 'producer'],
    ['consumer', 'consumer'],
  ];
  for (const [key, scope] of shortForms) {
    const short = properties[key] as Json;
    // The short form takes settings beside its own keys.
    short['properties'] = { ...settingProperties(scope), ...(short['properties'] as Json) };
    short['additionalProperties'] = false;
  }
  describeSettings(schema);
  properties['faults'] = withNames(
    properties['faults'] as Json,
    faults.map(({ name }) => name),
  );
  properties['require'] = withNames(
    properties['require'] as Json,
    requirements.map(({ name }) => name),
  );
  properties['expect'] = { ...(properties['expect'] as Json), items: { enum: expectable } };
  properties['expect-situations'] = {
    ...(properties['expect-situations'] as Json),
    items: { enum: situations.map(({ name }) => name) },
  };
  properties['rules'] = { ...(properties['rules'] as Json), properties: ruleProperties(), additionalProperties: false };
  properties['defects'] = {
    ...(properties['defects'] as Json),
    items: { enum: defectIds.filter((id) => defectOf(id).modelled) },
  };
  return { ...schema, title: 'Harrow spec', definitions: Object.fromEntries(scopes.map(settingsDefinition)) };
}

function ruleProperties(): Json {
  return Object.fromEntries(
    ruleNames.map((name) => {
      const { sentence, source, values } = ruleOf(name);
      return [specName(name), { description: `${sentence} (${source})`, enum: values }];
    }),
  );
}

/** As it is written to the file. */
export function specJsonSchemaText(): string {
  return `${JSON.stringify(specJsonSchema(), null, 1)}\n`;
}

/** Wherever `settings` stands: the names of its scope, which its description begins with. */
function describeSettings(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'settings' && isSettings(value)) {
      const scope = value.description.split(' ')[0]!.toLowerCase() as Scope;
      (node as Json)[key] = { description: value.description, allOf: [{ $ref: `#/definitions/${scope}-settings` }] };
    } else describeSettings(value);
  }
}

function isSettings(value: unknown): value is { description: string } {
  return typeof value === 'object' && value !== null && 'description' in value && !('properties' in value);
}

function settingsDefinition(scope: Scope): [string, Json] {
  const from = { type: 'string', description: 'A property file with more settings; values here win.' };
  const properties = { from, ...settingProperties(scope) };
  return [`${scope}-settings`, { type: 'object', properties, additionalProperties: false }];
}

function settingProperties(scope: Scope): Json {
  const known = [...settingsTable('3.9')[scope].values()].filter((setting) => setting.internal !== true);
  return Object.fromEntries(known.map((setting) => [setting.name, settingProperty(setting)]));
}

function settingProperty({ type, default: usual, oneOf, bearing }: Setting): Json {
  const description = `${bearing.sentence} ${type}, default ${usual ?? 'none'}; ${bearing.bearing}.`;
  if (oneOf !== undefined && type === 'string')
    return { description, anyOf: [{ enum: oneOf }, { type: ['number', 'string'] }] };
  if (type === 'boolean') return { description, type: 'boolean' };
  return {
    description,
    type: ['int', 'long', 'short', 'double'].includes(type) ? ['number', 'string'] : ['string', 'number'],
  };
}

/** A list whose plain items are these names, and whose maps have one of them as their key. */
function withNames(list: Json, names: readonly string[]): Json {
  const [, map] = (list['items'] as { anyOf: Json[] }).anyOf as [Json, Json];
  return { ...list, items: { anyOf: [{ enum: names }, { ...map, propertyNames: { enum: names } }] } };
}
