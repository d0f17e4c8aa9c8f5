/** Runs command lines in a folder of their own, against an engine without a cluster. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../cli.js';
import type { Engine } from '../engine.js';
import type { Context } from '../commands/context.js';
import { fakeEngine } from './fake-engine.js';

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'harrow-cli-'));
  /** Given to every command. */
  readonly stop = new AbortController();
  engine: Engine = fakeEngine;

  /** `@` at the beginning of a word stands for this folder. */
  async run(...words: readonly string[]): Promise<Ran> {
    const out: string[] = [];
    const err: string[] = [];
    let now = 0;
    const context: Context = {
      engine: this.engine,
      pages: { trial: () => Promise.resolve('<html>trial</html>'), campaign: () => '<html>campaign</html>' },
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
      argv: words.map((word) => word.replace(/^@/, `${this.folder}/`)),
      env: {},
      clock: () => (now += 1),
      cores: 2,
      stop: this.stop.signal,
    };
    const exit = await runCommandLine(context);
    const plain = (texts: readonly string[]): string => texts.join('').replaceAll(`${this.folder}/`, '@');
    return { exit, out: plain(out), err: plain(err) };
  }

  files(path = ''): string[] {
    return readdirSync(join(this.folder, path)).sort();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
