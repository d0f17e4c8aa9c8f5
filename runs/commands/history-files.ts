/** Files of histories in every format that `harrow check` takes and writes: harrow/history and EDN, each gzipped or not. */
import { isUtf8 } from 'node:buffer';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { FormatError, LineObject, parseLine } from '../../histories/format/json-lines.js';
import { ednOfLines, linesOfEdn } from '../../histories/format/jepsen/edn-history.js';
import { readHistoryLines } from '../../histories/format/read-history.js';
import { shivizLines } from '../../histories/format/shiviz/shiviz.js';
import type { History } from '../../histories/operation.js';
import type { Trace } from '../../histories/trace.js';
import { ioReason } from '../files.js';
import { didYouMean } from '../../histories/nearest.js';
import { UsageError } from '../spec/problems.js';

/** More than this, unpacked, is no history that fits into memory. */
const MAX_BYTES = 0x7fff_ffff;
/** Pieces are gathered to this length before they are written. */
const CHUNK = 1 << 20;
const LINE_END = 0x0a;

/**
 * Harrow's or Jepsen's.
 * @throws UsageError that names the line and the reason
 */
export function readHistoryFile(path: string): History {
  return inFormat(path, () => readHistoryLines(linesOfFile(path)));
}

/** Bytes, unpacked if they were gzipped. */
export function readBytes(path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: ${ioReason(error)}`);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new UsageError(
      `${path}: ${isLarge ? 'too large to be unpacked' : 'damaged: it cannot be decompressed to its end'}`,
    );
  }
}

/** @throws UsageError in place of a FormatError, with the file's name */
export function inFormat<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw new UsageError(`${path}:${error.line}: ${error.reason}`);
    throw error;
  }
}

/** The bytes of EDN are let go of once they are text. */
function linesOfFile(path: string): Iterable<LineObject> {
  return linesOf(path, readBytes(path));
}

/** Lines of harrow/history; those of an EDN history are made as they are asked for. */
function linesOf(path: string, bytes: Buffer): Iterable<LineObject> {
  if (!isUtf8(bytes)) throw new UsageError(`${path}: no text (not UTF-8): neither harrow/history nor EDN`);
  return isEdn(path, bytes) ? linesOfEdn(textOf(path, bytes)) : jsonLinesOf(bytes);
}

/** By its name, else by how it begins: a header of harrow/history is an object with names in quotation marks. */
function isEdn(path: string, bytes: Buffer): boolean {
  if (/\.edn(\.gz)?$/.test(path)) return true;
  if (/\.jsonl?(\.gz)?$/.test(path)) return false;
  return /^\s*(;|\[\s*[{#]|\(|#|\{\s*:)/.test(bytes.toString('utf8', 0, 256));
}

function textOf(path: string, bytes: Buffer): string {
  try {
    return bytes.toString('utf8');
  } catch {
    // Longer than JavaScript's longest string.
    throw new UsageError(`${path}: too large for EDN, which is read as a whole: convert it in parts`);
  }
}

/** Line by line from the bytes: the text of a large file would not fit into one string. */
function* jsonLinesOf(bytes: Buffer): Generator<LineObject> {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(LINE_END, start);
    const end = found < 0 ? bytes.length : found;
    yield new LineObject(line, parseLine(line, bytes.toString('utf8', start, end)));
    start = end + 1;
  }
}

/** What a history can be written as, by the end of the file's name. */
const writers = {
  edn: (source: Source) => ednOfLines(source.lines()),
  jsonl: (source: Source) => textOfLines(source.lines()),
  shiviz: (source: Source) => shivizLines(source.history, source.trace),
} as const;
type Ending = keyof typeof writers;

interface Source {
  /** Lossless: as they stand in the file that was read. */
  readonly lines: () => Iterable<LineObject>;
  readonly history: History;
  readonly trace: Trace | null;
}

function* textOfLines(lines: Iterable<LineObject>): Generator<string> {
  for (const line of lines) yield `${line.text()}\n`;
}

/** @throws UsageError if it has none that is known, or something stands there */
export function mustBeWritable(path: string): void {
  endingOf(path);
  if (existsSync(path)) throw new UsageError(`--to ${path}: exists, and nothing is written over it`);
}

/**
 * Writes the history of a file to another: all of it or nothing.
 * @throws UsageError
 */
export function convertHistory(from: string, to: string, history: History, trace: Trace | null): void {
  const pieces = writers[endingOf(to)]({ lines: () => linesOfFile(from), history, trace });
  const partial = `${to}.partial`;
  try {
    inFormat(from, () => writePieces(partial, pieces, to.endsWith('.gz')));
    renameSync(partial, to);
  } catch (error) {
    rmSync(partial, { force: true });
    if (error instanceof UsageError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UsageError(`--to ${to}: ${ioReason(error)}`);
  }
}

function endingOf(path: string): Ending {
  const ending = /\.([^./\\]+?)(\.gz)?$/.exec(path)?.[1] ?? '';
  const known = Object.keys(writers) as Ending[];
  const found = known.find((one) => one === ending);
  if (found !== undefined) return found;
  const hint = didYouMean(ending, known);
  throw new UsageError(`--to ${path}: the name should end in .edn, .jsonl or .shiviz, or that and .gz${hint}`);
}

/** Each chunk of a .gz is a member of its own, as gzip allows. */
function writePieces(path: string, pieces: Iterable<string>, isZipped: boolean): void {
  const file = openSync(path, 'w');
  try {
    let gathered = '';
    const flush = (): void => {
      const bytes = Buffer.from(gathered, 'utf8');
      writeWhole(file, isZipped ? gzipSync(bytes) : bytes);
      gathered = '';
    };
    for (const piece of pieces) {
      gathered += piece;
      if (gathered.length >= CHUNK) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
