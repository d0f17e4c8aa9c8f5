/**
 * A test runner for Stryker (`npm run mutation`) that tries a mutant of the checkers in milliseconds. The checkers are
 * synchronous and ask nothing of vitest but `describe`, `it` and `expect`: so their tests run in this very process, each
 * mutant in modules of its own, since what one mutant leaves in a cache must not judge the next.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction, Script } from 'node:vm';
import ts from 'typescript';

/** Where tests are looked for. Those that run a thousand little clusters would be asked by nearly every mutant. */
const TESTS = 'checkers';
const LEFT_OUT = 'checkers/kafka/little-cluster.test.ts';
const SETUP = 'runs/testing/property-seed.ts';

/** What instrumented code and Stryker share. */
const shared = (globalThis.__stryker__ ??= {});

/** A test that takes four times as long as it did, and half a second more, is not going to end. */
const patience = (millis) => 500 + 4 * millis;
const PATIENCE_AT_FIRST = 60_000;
const TIMEOUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Through a script, since only the running of a script can be given up. */
const runBody = new Script('globalThis.__stryker__.body()');

class InProcessTestRunner {
  sources = new Sources();
  files = [];
  /** By test id: how long it took when it was run first. A mutant is shown to the quickest first. */
  millis = new Map();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    this.expect = await vitestsExpect();
    const all = readdirSync(TESTS, { recursive: true }).map((name) => join(TESTS, name));
    this.files = all.filter((name) => name.endsWith('.test.ts') && name !== LEFT_OUT).sort();
    const { default: fc } = await import('fast-check');
    this.sources.builtIn.set('fast-check', { __esModule: true, default: fc });
    new Modules(this.sources).load(resolve(SETUP));
    // A mutant is caught by any counterexample: the smallest is not wanted.
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
  }

  async dryRun({ files }) {
    shared.activeMutant = undefined;
    shared.mutantCoverage = { static: {}, perTest: {} };
    const mutated = new Set(files ?? []);
    const wanted = this.files.filter((name) => mutated.size === 0 || this.reaches(name, mutated));
    const results = this.collect(wanted).map((test) => {
      shared.currentTestId = test.id;
      const failure = this.run(test);
      shared.currentTestId = undefined;
      const { id, name, fileName } = test;
      const result = { id, name, fileName, timeSpentMs: this.millis.get(id) };
      return failure === null ? { ...result, status: 0 } : { ...result, status: 1, failureMessage: failure };
    });
    return { status: 'complete', tests: results, mutantCoverage: shared.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, mutantActivation, sandboxFileName }) {
    shared.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    const mutated = new Set([resolve(sandboxFileName)]);
    const files = testFilter?.map((id) => id.slice(0, id.indexOf('#')));
    const wanted = files === undefined ? this.files.filter((name) => this.reaches(name, mutated)) : [...new Set(files)];
    try {
      const ids = new Set(testFilter);
      const tests = this.collect(wanted).filter(({ id }) => testFilter === undefined || ids.has(id));
      tests.sort((x, y) => (this.millis.get(x.id) ?? 0) - (this.millis.get(y.id) ?? 0));
      shared.activeMutant = activeMutant.id;
      return this.judge(tests);
    } catch (error) {
      return { status: 'killed', killedBy: [], failureMessage: String(error), nrOfTests: 0 };
    } finally {
      shared.activeMutant = undefined;
    }
  }

  judge(tests) {
    for (const [i, test] of tests.entries()) {
      const failure = this.run(test);
      if (failure === null) continue;
      if (failure === TIMEOUT) return { status: 'timeout' };
      return { status: 'killed', killedBy: [test.id], failureMessage: failure, nrOfTests: i + 1 };
    }
    return { status: 'survived', nrOfTests: tests.length };
  }

  /** Whether a test file imports one of these, directly or through others. */
  reaches(name, mutated) {
    for (const file of this.sources.closureOf(resolve(name))) if (mutated.has(file)) return true;
    return false;
  }

  /** The tests of these files, from modules that nobody has used. */
  collect(names) {
    const tests = [];
    const modules = new Modules(this.sources, { vitest: { expect: this.expect, ...collector(tests) } });
    for (const name of names) {
      const first = tests.length;
      modules.load(resolve(name));
      for (let i = first; i < tests.length; i++) {
        tests[i].fileName = resolve(name);
        tests[i].id = `${name}#${i - first} ${tests[i].name}`;
      }
    }
    return tests;
  }

  /** null: it passed; else why not. */
  run({ id, body }) {
    const known = this.millis.get(id);
    const begun = performance.now();
    shared.body = body;
    try {
      runBody.runInThisContext({ timeout: Math.ceil(known === undefined ? PATIENCE_AT_FIRST : patience(known)) });
      return null;
    } catch (error) {
      return error?.code === TIMEOUT ? TIMEOUT : String(error?.message ?? error);
    } finally {
      if (known === undefined) this.millis.set(id, performance.now() - begun);
    }
  }
}

/** TypeScript sources, each compiled once. */
class Sources {
  builtIn = new Map();
  compiled = new Map();
  closures = new Map();

  of(path) {
    let one = this.compiled.get(path);
    if (one === undefined) {
      const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
      const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions: options });
      const imports = [...outputText.matchAll(/\brequire\("(\.[^"]+)"\)/g)].map(([, name]) => resolved(path, name));
      const start = compileFunction(outputText, ['require', 'module', 'exports'], { filename: path });
      this.compiled.set(path, (one = { start, imports }));
    }
    return one;
  }

  closureOf(path) {
    let closure = this.closures.get(path);
    if (closure === undefined) {
      closure = new Set([path]);
      for (const file of closure) for (const one of this.of(file).imports) closure.add(one);
      this.closures.set(path, closure);
    }
    return closure;
  }
}

/** One instance of each module. */
class Modules {
  loaded = new Map();

  constructor(sources, given = {}) {
    this.sources = sources;
    this.given = given;
  }

  load(path) {
    const known = this.loaded.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    this.loaded.set(path, module);
    const require = (name) => {
      if (name.startsWith('.')) return this.load(resolved(path, name));
      return this.given[name] ?? this.sources.builtIn.get(name) ?? createRequire(path)(name);
    };
    this.sources.of(path).start(require, module, module.exports);
    return module.exports;
  }
}

const resolved = (from, name) => resolve(dirname(from), name.replace(/\.js$/, '.ts'));

/** `describe` and `it` as far as the checkers' tests use them. */
function collector(tests) {
  const path = [];
  const describe = (name, body) => {
    path.push(name);
    body();
    path.pop();
  };
  const it = (name, body) => tests.push({ name: [...path, name].join(' '), body });
  const each = (run) => (rows) => (name, body) => {
    for (const row of rows) run(name, Array.isArray(row) ? () => body(...row) : () => body(row));
  };
  return { describe: Object.assign(describe, { each: each(describe) }), it: Object.assign(it, { each: each(it) }) };
}

/** What vitest makes its own `expect` of. */
async function vitestsExpect() {
  const path = createRequire(createRequire(import.meta.url).resolve('vitest/package.json')).resolve('@vitest/expect');
  const parts = await import(pathToFileURL(path).href);
  const { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend, ASYMMETRIC_MATCHERS_OBJECT } = parts;
  for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
  const expect = (value, message) => chai.expect(value, message);
  Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
  parts.setState({ assertionCalls: 0, isExpectingAssertions: false, testPath: relative('.', '.') }, expect);
  globalThis[parts.GLOBAL_EXPECT] = expect;
  return expect;
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessTestRunner }];
