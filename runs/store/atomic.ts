/** Files that are there whole or not at all. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ioReason, makeFolder } from '../files.js';

/** The store could not be written. Trials that were finished before are kept. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** Writes a file under another name and renames it when it is complete. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    const file = openSync(temporary, 'w');
    try {
      writeAll(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new StoreError(`cannot write ${path}: ${ioReason(error)}`);
  }
}

/** Fills a folder under another name and renames it when it is complete; replaces one of the same name. */
export function writeWholeFolder(path: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    rmSync(temporary, { recursive: true, force: true });
    for (const [name, content] of Object.entries(files)) {
      const folder = join(temporary, ...name.split('/').slice(0, -1));
      makeFolder(folder);
      const file = openSync(join(temporary, name), 'w');
      try {
        writeAll(file, content);
      } finally {
        closeSync(file);
      }
    }
    putInPlace(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw new StoreError(`cannot write ${path}: ${ioReason(error)}`);
  }
}

/** At every moment the old folder or the new one is whole, under this name or beside it. */
function putInPlace(made: string, path: string): void {
  if (!existsSync(path)) return renameSync(made, path);
  const aside = `${path}.${process.pid}.old`;
  renameSync(path, aside);
  try {
    renameSync(made, path);
  } catch (error) {
    renameSync(aside, path);
    throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

/** `write` may take less than it is given when a disk is nearly full. */
export function writeAll(file: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}
