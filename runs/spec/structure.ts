/** The structure of a spec file against its schema: zod's findings, said in our words and at their places. */
import type { z } from 'zod';
import { type Scope, scopes, settingsTable } from '../settings/table.js';
import { nearestName } from './nearest.js';
import type { Problems } from './problems.js';
import { specSchema } from './schema.js';
import { isRecord, type Path, type SpecSource } from './source.js';

type Issue = z.core.$ZodIssue;

/** Reports everything that does not fit the schema. */
export function checkStructure(source: SpecSource, problems: Problems): void {
  if (source.raw === undefined) return;
  if (!isRecord(source.raw)) {
    problems.error(source.valueOrigin([]), 'a spec is a map of keys (see npx harrow init)');
    return;
  }
  const result = specSchema.safeParse(source.raw, { reportInput: true });
  for (const issue of result.error?.issues ?? []) reportIssue(source, problems, issue, []);
}

function reportIssue(source: SpecSource, problems: Problems, issue: Issue, above: Path): void {
  const path = [...above, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) unknownKey(source, problems, [...path, key]);
    return;
  }
  const branch = issue.code === 'invalid_union' ? branchMeant(issue.errors as Issue[][]) : null;
  if (branch !== null) {
    for (const inner of branch) reportIssue(source, problems, inner, path);
    return;
  }
  if (issue.input === undefined && path.length > 0) {
    problems.error(source.valueOrigin(path), `${String(path.at(-1))} is missing`);
    return;
  }
  const subject = typeof path.at(-1) === 'number' ? '' : `${String(path.at(-1) ?? 'the spec')}: `;
  problems.error(source.valueOrigin(path), `${subject}${shown(issue.input)} ${complaint(issue)}`);
}

/**
 * Of the alternatives of a union, the one that was meant is that which failed inside rather than at once; null if none
 * did: then the union's own message says it best.
 */
function branchMeant(branches: readonly Issue[][]): Issue[] | null {
  const inside = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
  return inside.length === 1 ? inside[0]! : null;
}

function unknownKey(source: SpecSource, problems: Problems, path: Path): void {
  const name = String(path.at(-1));
  const nearest = nearestName(name, keysAt(path.slice(0, -1)));
  const note = nearest === null ? belowWords(name, path.slice(0, -1)) : `did you mean ${nearest}?`;
  problems.misnamed(source.keyOrigin(path), `unknown key ${name}`, name, note, true);
}

/** "it belongs under cluster", of a key that was written in another place; else nothing. */
function belowWords(name: string, above: Path): string {
  const homes = keysAt(above).filter((key) => keysAt([...above, key]).includes(name));
  if (homes.length === 1) return `it belongs under ${homes[0]}`;
  const known = scopes.filter((scope) => settingsTable('3.9')[scope].has(name));
  if (known.length === 0) return '';
  if (above.length > 0)
    return keysAt(above).includes('settings') ? "a setting of Kafka's: it belongs under settings" : '';
  return `a setting of Kafka's: it belongs under ${known.map((scope) => homeOf[scope]).join(' or ')}`;
}

const homeOf: Readonly<Record<Scope, string>> = {
  broker: 'cluster.settings',
  topic: 'topic',
  producer: 'producer',
  consumer: 'consumer',
};

/** The keys that the schema knows at this path. */
function keysAt(path: Path): string[] {
  let schema: unknown = specSchema;
  for (const step of path) schema = inner(schema, step);
  const shape = shapeOf(schema);
  return shape === null ? [] : Object.keys(shape);
}

interface ZodParts {
  readonly type: string;
  readonly innerType?: unknown;
  readonly shape?: Record<string, unknown>;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
}

function parts(schema: unknown): ZodParts | null {
  if (typeof schema !== 'object' || schema === null) return null;
  return (schema as { _zod: { def: ZodParts } })._zod.def;
}

function inner(schema: unknown, step: string | number): unknown {
  const def = parts(schema);
  switch (def?.type) {
    case 'optional':
      return inner(def.innerType, step);
    case 'object':
      return def.shape![String(step)];
    case 'record':
      return def.valueType;
    case 'array':
      return def.element;
    case 'union':
      return def.options!.map((option) => inner(option, step)).find((found) => found !== undefined);
    default:
      return undefined;
  }
}

function shapeOf(schema: unknown): Record<string, unknown> | null {
  const def = parts(schema);
  switch (def?.type) {
    case 'optional':
      return shapeOf(def.innerType);
    case 'object':
      return def.shape!;
    case 'union':
      return def.options!.map(shapeOf).find((shape) => shape !== null) ?? null;
    default:
      return null;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : String(value as number | boolean);
}

/** Our own messages are the ends of sentences; zod's are not, and are put in these words. */
function complaint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid') ? `is no ${expectation(issue.expected)}` : issue.message;
    case 'invalid_value':
      return `is none of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.message.startsWith('Too') ? `is below ${String(issue.minimum)}` : issue.message;
    default:
      return issue.message;
  }
}

function expectation(type: string): string {
  const words: Readonly<Record<string, string>> = {
    record: 'map',
    object: 'map',
    array: 'list',
    string: 'text',
    int: 'whole number',
    boolean: 'true or false',
  };
  return words[type] ?? type;
}
