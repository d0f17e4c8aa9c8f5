/** .harrow/campaign-<id>/: what a campaign leaves behind. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ioReason, makeFolder, readTextFile } from '../files.js';
import { UsageError } from '../spec/problems.js';
import type { TrialRow } from '../engine.js';
import { writeWhole, writeWholeFolder } from './atomic.js';
import { readTrialLog, TrialLog } from './trial-log.js';

const folderPattern = /^campaign-([0-9a-z]{4,})$/;

/** A campaign that is being run. */
export class CampaignFolder {
  readonly id: string;
  readonly path: string;
  readonly #root: string;
  readonly #trials: TrialLog;

  private constructor(root: string, id: string) {
    this.id = id;
    this.#root = root;
    this.path = join(root, `campaign-${id}`);
    this.#trials = new TrialLog(join(this.path, 'trials.jsonl'));
  }

  /** Takes the next free id; another process may be doing the same. @throws UsageError if nothing can be written there */
  static create(root: string): CampaignFolder {
    try {
      makeFolder(root);
      let number = highestNumber(root) + 1;
      for (;;) {
        const id = number.toString(36).padStart(4, '0');
        if (tryMakeFolder(join(root, `campaign-${id}`))) return new CampaignFolder(root, id);
        number++;
      }
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`cannot write to ${root}: ${ioReason(error)} (--out names another folder)`);
    }
  }

  append(row: TrialRow): void {
    this.#trials.append(row);
  }

  /** Replaces campaign.json whole. */
  writeSummary(summary: object): void {
    writeWhole(join(this.path, 'campaign.json'), `${JSON.stringify(summary, null, 1)}\n`);
  }

  writeReport(html: string): string {
    const path = join(this.path, 'report.html');
    writeWhole(path, html);
    return path;
  }

  /** failures/<name>/; names of files may lead into one folder below. Returns the folder. */
  writeFailure(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
    const path = join(this.path, 'failures', name);
    makeFolder(join(this.path, 'failures'));
    writeWholeFolder(path, files);
    return path;
  }

  /** Closes the log of trials and makes this the newest campaign. */
  finish(): void {
    this.#trials.close();
    writeWhole(join(this.#root, 'latest'), `campaign-${this.id}\n`);
  }
}

/** A seed as a file name: letters and digits stay as they are. */
export function seedFileName(seed: string): string {
  const encoded = encodeURIComponent(seed).replaceAll('.', '%2E').replaceAll('*', '%2A');
  return encoded === '' ? '%' : encoded.slice(0, 120);
}

/** campaign.json and trials.jsonl of a finished or crashed campaign. */
export interface StoredCampaign {
  readonly path: string;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly rows: readonly TrialRow[];
}

/** @param path its folder; or the store's root or its file `latest`: then the newest. @throws UsageError if it is torn or missing */
export function loadCampaign(path: string): StoredCampaign {
  const folder = existsSync(join(path, 'campaign.json')) ? path : newestOf(isLatestFile(path) ? dirname(path) : path);
  const file = join(folder, 'campaign.json');
  const summary = parseObject(file, readTextFile(file));
  if (summary['format'] !== 'harrow/campaign' && summary['format'] !== 'harrow/compare') {
    throw new UsageError(`${file}: not a campaign of Harrow`);
  }
  return { path: folder, summary, rows: readTrialLog(join(folder, 'trials.jsonl')) };
}

export function isCampaignFolder(path: string): boolean {
  return existsSync(join(path, 'campaign.json')) || existsSync(join(path, 'latest')) || isLatestFile(path);
}

function isLatestFile(path: string): boolean {
  return basename(path) === 'latest' && existsSync(path) && statSync(path).isFile();
}

function newestOf(root: string): string {
  const latest = join(root, 'latest');
  if (!existsSync(latest)) throw new UsageError(`${root}: no campaign there (no campaign.json, no latest)`);
  return join(root, readTextFile(latest).trim());
}

function parseObject(file: string, text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file}: damaged: not a JSON object`);
}

function highestNumber(root: string): number {
  const numbers = readdirSync(root).map((name) => Number.parseInt(folderPattern.exec(name)?.[1] ?? '0', 36));
  return Math.max(0, ...numbers);
}

/** False if somebody else has just made it. */
function tryMakeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(path).isDirectory()) return false;
    throw error;
  }
}
