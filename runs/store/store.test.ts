import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../spec/problems.js';
import { trialRow } from '../testing/rows.js';
import { StoreError, writeWhole, writeWholeFolder } from './atomic.js';
import { CampaignFolder, loadCampaign, seedFileName } from './campaign-folder.js';
import { readTrialLog, TrialLog } from './trial-log.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'harrow-store-'))));
afterEach(() => {
  chmodSync(root, 0o755);
  rmSync(root, { recursive: true });
});

/** Root may write anywhere: such tests say nothing for it. */
const rootUser = process.getuid?.() === 0;

describe('a campaign folder', () => {
  it('takes the next free number, also when another process takes one at the same time', () => {
    const store = join(root, '.harrow');
    const first = CampaignFolder.create(store);
    const second = CampaignFolder.create(store);
    mkdirSync(join(store, 'campaign-00zz'));
    expect([first.id, second.id, CampaignFolder.create(store).id]).toEqual(['0001', '0002', '0100']);
  });

  it('is found again: its summary, its trials, and as the newest', () => {
    const folder = CampaignFolder.create(root);
    folder.append(trialRow('1'));
    folder.append(trialRow('2'));
    folder.writeSummary({ format: 'harrow/campaign', version: 1, id: folder.id });
    folder.finish();
    const loaded = loadCampaign(root);
    expect(loaded.path).toBe(folder.path);
    expect(loaded.summary['id']).toBe('0001');
    expect(loaded.rows).toEqual([trialRow('1'), trialRow('2')]);
  });

  it('of a crashed campaign is readable: every finished trial is there', () => {
    const folder = CampaignFolder.create(root);
    folder.writeSummary({ format: 'harrow/campaign', version: 1, ended: 'running' });
    folder.append(trialRow('1'));
    appendFileSync(join(folder.path, 'trials.jsonl'), '{"seed":"2","verd');
    expect(loadCampaign(folder.path).rows).toEqual([trialRow('1')]);
  });

  it('holds a failure whole or not at all, and replaces an older one of the same seed', () => {
    const folder = CampaignFolder.create(root);
    const path = folder.writeFailure('17', { 'spec.yaml': 'a', 'original/spec.yaml': 'b' });
    expect(readFileSync(join(path, 'original/spec.yaml'), 'utf8')).toBe('b');
    folder.writeFailure('17', { 'spec.yaml': 'c' });
    expect(readdirSync(path)).toEqual(['spec.yaml']);
    expect(readdirSync(join(folder.path, 'failures'))).toEqual(['17']);
  });

  it.skipIf(rootUser)('cannot be made in a folder that may not be written: nothing is left there', () => {
    chmodSync(root, 0o555);
    expect(() => CampaignFolder.create(join(root, '.harrow'))).toThrow(
      /cannot write to .*: no permission \(--out names another folder\)/,
    );
  });

  it.skipIf(!existsSync('/proc/self'))('cannot be made where nothing can be made, and says so at once', () => {
    expect(() => CampaignFolder.create('/proc/nowhere')).toThrow(
      'cannot write to /proc/nowhere: there is no such file',
    );
  });

  it('cannot be made where a file stands in the way', () => {
    writeFileSync(join(root, 'taken'), '');
    expect(() => CampaignFolder.create(join(root, 'taken'))).toThrow(UsageError);
    expect(() => CampaignFolder.create(join(root, 'taken', 'deeper'))).toThrow(/a part of the path is a file/);
  });
});

describe('loading', () => {
  it.each([
    ['a folder without a campaign', () => root, /no campaign there/],
    ['a summary that is no JSON', () => withSummary('{"format":"harr'), /campaign\.json: damaged: not a JSON object/],
    [
      'a summary of something else',
      () => withSummary('{"format":"other"}'),
      /campaign\.json: not a campaign of Harrow/,
    ],
    [
      'a campaign without its trials',
      () => withSummary('{"format":"harrow/campaign"}'),
      /trials\.jsonl: there is no such file/,
    ],
    [
      'a latest that leads nowhere',
      () => withLatest('campaign-0009'),
      /campaign-0009.campaign\.json: there is no such file/,
    ],
  ])('%s is a clear error', (_, make, said) => {
    const path = make();
    expect(() => loadCampaign(path)).toThrow(said);
    expect(() => loadCampaign(path)).toThrow(UsageError);
  });

  function withSummary(text: string): string {
    writeFileSync(join(root, 'campaign.json'), text);
    return root;
  }

  function withLatest(name: string): string {
    writeFileSync(join(root, 'latest'), `${name}\n`);
    return root;
  }
});

describe('trials.jsonl', () => {
  it('names the line of a torn trial in the middle', () => {
    const path = join(root, 'trials.jsonl');
    writeFileSync(path, `${JSON.stringify(trialRow('1'))}\n{"seed":\n${JSON.stringify(trialRow('3'))}\n`);
    expect(() => readTrialLog(path)).toThrow(/trials\.jsonl:2: not a line of a trial: the file is damaged/);
  });

  it('cut anywhere loses at most its last trial', () => {
    const path = join(root, 'trials.jsonl');
    const log = new TrialLog(path);
    const rows = [trialRow('1'), trialRow('2'), trialRow('3')];
    for (const row of rows) log.append(row);
    log.close();
    const line = JSON.stringify(rows[0]).length + 1;
    for (let length = 3 * line - 1; length >= 0; length -= 7) {
      truncateSync(path, length);
      expect(readTrialLog(path)).toEqual(rows.slice(0, Math.floor(length / line)));
    }
  });
});

describe('a full disk', () => {
  // The kernel's own full disk: every write fails.
  const full = '/dev/full';

  it.skipIf(!existsSync(full))('is said when a trial cannot be added', () => {
    const log = new TrialLog(full);
    expect(() => log.append(trialRow('1'))).toThrow(new StoreError('cannot write /dev/full: the disk is full'));
    log.close();
  });

  it('leaves no half-written file behind', () => {
    const path = join(root, 'missing', 'campaign.json');
    expect(() => writeWhole(path, 'x')).toThrow(StoreError);
    const tooLong = 'x'.repeat(300);
    expect(() => writeWholeFolder(join(root, '17'), { 'spec.yaml': 'a', [tooLong]: 'b' })).toThrow(StoreError);
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('replacing a folder', () => {
  it('leaves the old one whole when the new one cannot be made', () => {
    const path = join(root, '17');
    writeWholeFolder(path, { 'spec.yaml': 'a' });
    expect(() => writeWholeFolder(path, { 'spec.yaml': 'b', ['x'.repeat(300)]: 'c' })).toThrow(StoreError);
    expect(readFileSync(join(path, 'spec.yaml'), 'utf8')).toBe('a');
    expect(readdirSync(root)).toEqual(['17']);
  });
});

describe('a seed as a file name', () => {
  it.each([
    ['17', '17'],
    ['0.10', '0%2E10'],
    ['..', '%2E%2E'],
    ['a/b', 'a%2Fb'],
    ['', '%'],
  ])('%j is %s', (seed, name) => {
    expect(seedFileName(seed)).toBe(name);
  });
});
