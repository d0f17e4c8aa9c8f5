/**
 * Finds out where code waits for something outside the world. Watching costs time, so a trial is watched only when it is
 * run again because some code would not go on.
 */
import { AsyncLocalStorage, createHook, type AsyncHook } from 'node:async_hooks';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One call of the user's function, to tell what it does from what others do. */
export type Watched = object;

export interface Watch {
  /** Runs code on behalf of a call. */
  run<T>(who: Watched, code: () => T): T;
  /** It has begun something that the event loop of the machine will end: "a timer", "the network"; null: nothing. */
  outside(who: Watched): string | null;
  /** The line of the user's code that it stopped at, as a stack frame; null: not known. */
  line(who: Watched): string | null;
  end(): void;
}

/** Sees nothing, and costs nothing. */
export const unwatched: Watch = {
  run: (_who, code) => code(),
  outside: () => null,
  line: () => null,
  end: () => undefined,
};

/** Resources of async_hooks that are no work of the event loop's: promises and what runs them. */
const harmless = new Set(['PROMISE', 'TickObject', 'Microtask', 'AsyncResource', 'RANDOMBYTESREQUEST']);

const KEPT_STACKS = 12;
const DEEPEST_STACK = 40;

interface Evidence {
  outside: string | null;
  /** Where promises were made, the last one at the end; formatted only when somebody asks. */
  readonly stacks: Error[];
}

export class HookedWatch implements Watch {
  readonly #storage = new AsyncLocalStorage<Watched>();
  readonly #evidence = new WeakMap<Watched, Evidence>();
  readonly #hook: AsyncHook;

  constructor() {
    this.#hook = createHook({ init: (_id, type) => this.#onInit(type) });
    this.#hook.enable();
  }

  run<T>(who: Watched, code: () => T): T {
    this.#evidence.set(who, { outside: null, stacks: [] });
    return this.#storage.run(who, code);
  }

  outside(who: Watched): string | null {
    return this.#evidence.get(who)?.outside ?? null;
  }

  line(who: Watched): string | null {
    const stacks = this.#evidence.get(who)?.stacks ?? [];
    for (const { stack } of stacks.toReversed()) {
      const frame = userFrame(stack ?? '');
      if (frame !== null) return frame;
    }
    return null;
  }

  end(): void {
    this.#hook.disable();
    this.#storage.disable();
  }

  #onInit(type: string): void {
    const who = this.#storage.getStore();
    const evidence = who === undefined ? undefined : this.#evidence.get(who);
    if (evidence === undefined) return;
    if (!harmless.has(type)) evidence.outside = words(type);
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = DEEPEST_STACK;
    evidence.stacks.push(new Error(type));
    Error.stackTraceLimit = limit;
    if (evidence.stacks.length > KEPT_STACKS) evidence.stacks.shift();
  }
}

function words(type: string): string {
  if (type === 'Timeout') return 'a timer';
  if (type === 'Immediate') return 'a turn of the event loop';
  if (type.startsWith('FS') || type === 'FILEHANDLE') return 'a file';
  if (/^(TCP|TLS|GETADDRINFO|HTTP|UDP|PIPE|QUERY)/.test(type)) return 'the network';
  return `the machine (${type})`;
}

/** This code's own folders; with source maps, where their sources would be. */
const ownFolders = ['./', '../drive/', '../vitest/'].flatMap((place) => {
  const folder = fileURLToPath(new URL(place, import.meta.url));
  return [folder, folder.replace(`${sep}dist${sep}runs${sep}`, `${sep}runs${sep}`)];
});

/** The first frame of a stack that is neither Node's, nor a package's, nor ours: "at Object.workload (/app/orders.test.ts:12:5)". */
export function userFrame(stack: string): string | null {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const found = frames.find(
    (line) =>
      /:\d+:\d+\)?$/.test(line) &&
      !/\bnode:|[/\\]node_modules[/\\]|<anonymous>\)?$/.test(line) &&
      (/\.test\.[cm]?[jt]sx?:/.test(line) || !ownFolders.some((folder) => line.includes(folder))),
  );
  return found === undefined ? null : found.trim();
}
