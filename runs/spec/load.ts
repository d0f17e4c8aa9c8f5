/** What the user gave (a spec file, a preset, property files, options) as a complete spec and its variants. */
import { basename, extname } from 'node:path';
import type { Plan } from '../../nemesis/plan.js';
import { readTextFile } from '../files.js';
import { presetNames, presetPath } from './preset-files.js';
import type { Draft } from './draft.js';
import { finishSpec } from './finish.js';
import { didYouMean } from './nearest.js';
import { Problems, renderWarnings, SpecError, UsageError } from './problems.js';
import { type PropertyFile, type PropertyFileKind, readProperties, readPropertyFiles } from './read-property-files.js';
import { readSpecFile } from './read-spec-file.js';
import { setValue } from './set-value.js';
import type { Origin, Spec } from './spec.js';

export interface SpecRequest {
  /** A file or the name of a preset. */
  readonly input?: string | undefined;
  /** The text of the spec, where it stands inside another file: then `input` only names that file. */
  readonly text?: string | undefined;
  readonly server?: string | undefined;
  readonly producer?: string | undefined;
  readonly consumer?: string | undefined;
  readonly topic?: string | undefined;
  /** name=value */
  readonly set?: readonly string[] | undefined;
  /** name=value,value */
  readonly vary?: readonly string[] | undefined;
  readonly kafka?: string | undefined;
  readonly control?: string | undefined;
  readonly brokers?: string | undefined;
  readonly profile?: string | undefined;
  /** With the bugs that the release had. */
  readonly asReleased?: boolean | undefined;
  /** Comma-separated names. */
  readonly require?: readonly string[] | undefined;
}

export interface Variant {
  /** "acks=1 min.insync.replicas=2"; empty where nothing varies. */
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly spec: Spec;
}

export interface LoadedSpec {
  /** The first variant: plans are drawn from it. */
  readonly spec: Spec;
  readonly variants: readonly Variant[];
  /** As it was named on the command line. */
  readonly input: string;
  /** A preset's one sentence. */
  readonly sentence: string | null;
  /** Of a kept trial, else null. */
  readonly seed: string | null;
  readonly plan: Plan | null;
  readonly digest: string | null;
  readonly warnings: readonly string[];
}

/** More variants than this are a mistake. */
const MOST_VARIANTS = 64;

/** @throws SpecError with every error at once, UsageError where there is nothing to read */
export function loadSpec(request: SpecRequest): LoadedSpec {
  const problems = new Problems();
  const texts = new Map<string, string>();
  const { draft, input } = readDraft(request, problems, texts);
  applyOptions(draft, request, problems);
  const variants = finishVariants(draft, problems);
  if (problems.errors.length > 0) throw new SpecError(unrepeated(problems), texts);
  return {
    spec: variants[0]!.spec,
    variants,
    input,
    sentence: draft.sentence,
    seed: draft.seed,
    plan: draft.plan?.value ?? null,
    digest: draft.digest,
    warnings: renderWarnings(problems.warnings),
  };
}

function readDraft(
  request: SpecRequest,
  problems: Problems,
  texts: Map<string, string>,
): { draft: Draft; input: string } {
  const kinds: readonly PropertyFileKind[] = ['server', 'producer', 'consumer', 'topic'];
  const files = kinds.flatMap((kind): PropertyFile[] => {
    const file = request[kind];
    if (file === undefined) return [];
    const text = readTextFile(file);
    texts.set(file, text);
    return [{ kind, file, text }];
  });
  if (files.length > 0) {
    if (request.input !== undefined) {
      throw new UsageError(`${request.input} and --${files[0]!.kind} are two specs: give a spec or property files`);
    }
    const name = basename(files[0]!.file, extname(files[0]!.file));
    return { draft: readPropertyFiles(files, name, problems), input: files[0]!.file };
  }
  if (request.input === undefined) {
    throw new UsageError('which spec? Give a file, a preset (npx harrow presets) or property files (--server FILE)');
  }
  const { file, text } =
    request.text === undefined ? findSpec(request.input) : { file: request.input, text: request.text };
  texts.set(file, text);
  const draft = readSpecFile(file, text, basename(file, extname(file)), problems, (path) => {
    const properties = readTextFile(path);
    texts.set(path, properties);
    return readProperties(path, properties);
  });
  return { draft, input: request.input };
}

/** A file of this name, else the preset of this name. */
function findSpec(input: string): { file: string; text: string } {
  const preset = presetNames().includes(input);
  try {
    return { file: input, text: readTextFile(input) };
  } catch (error) {
    if (preset) return { file: `${input}.yaml`, text: readTextFile(presetPath(input)) };
    const looksLikeFile = /[./\\]/.test(input);
    if (looksLikeFile) throw error;
    throw new UsageError(
      `${input} is neither a file nor a preset${didYouMean(input, presetNames())} (npx harrow presets)`,
    );
  }
}

function applyOptions(draft: Draft, request: SpecRequest, problems: Problems): void {
  for (const key of ['kafka', 'control', 'brokers', 'profile'] as const) {
    const value = request[key];
    if (value !== undefined) setValue(draft, key, value, option(`--${key}`), problems);
  }
  if (request.asReleased === true) setValue(draft, 'as-released', 'true', option('--as-released'), problems);
  for (const assignment of request.set ?? []) {
    const { name, text } = split(assignment, '--set');
    setValue(draft, name, text, option(`--set ${name}`), problems);
  }
  const required = (request.require ?? []).flatMap((list) => list.split(',')).filter((name) => name !== '');
  if (required.length > 0) {
    draft.require = required.map((value) => ({ name: { value, origin: option('--require') }, within: null }));
  }
  for (const assignment of request.vary ?? []) {
    const { name, text } = split(assignment, '--vary');
    const origin = option(`--vary ${name}`);
    const values = text.split(',').map((value) => ({ value, origin }));
    // An option speaks instead of the spec's own line about the same name.
    draft.vary = draft.vary.filter((vary) => vary.name.value !== name);
    draft.vary.push({ name: { value: name, origin }, values });
  }
}

function option(name: string): Origin {
  return { kind: 'option', option: name };
}

function split(assignment: string, flag: string): { name: string; text: string } {
  const at = assignment.indexOf('=');
  if (at < 1) throw new UsageError(`${flag} ${assignment}: write ${flag} name=value`);
  return { name: assignment.slice(0, at), text: assignment.slice(at + 1) };
}

/** Every combination of what varies, in order; Kafka's own validation runs for each. */
function finishVariants(draft: Draft, problems: Problems): Variant[] {
  const count = draft.vary.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_VARIANTS) throw new UsageError(`${count} variants: at most ${MOST_VARIANTS}`);
  let combinations: { name: string; value: string; origin: Origin }[][] = [[]];
  for (const { name, values } of draft.vary) {
    combinations = combinations.flatMap((before) =>
      values.map(({ value, origin }) => [...before, { name: name.value, value, origin }]),
    );
  }
  return combinations.map((combination) => {
    const own = structuredClone(draft);
    for (const { name, value, origin } of combination) setValue(own, name, value, origin, problems);
    return {
      name: combination.map(({ name, value }) => `${name}=${value}`).join(' '),
      settings: Object.fromEntries(combination.map(({ name, value }) => [name, value])),
      spec: finishSpec(own, problems),
    };
  });
}

/** Variants share most of their errors. */
function unrepeated(problems: Problems): Problems['errors'] {
  const seen = new Set<string>();
  return problems.errors.filter((problem) => {
    const id = JSON.stringify([problem.origin, problem.message]);
    return !seen.has(id) && seen.add(id);
  });
}
