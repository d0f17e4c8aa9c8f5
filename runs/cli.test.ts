import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HarrowFailure } from './engine.js';
import { Workplace } from './testing/command-line.js';
import { fakeEngine } from './testing/fake-engine.js';

let place: Workplace;
beforeEach(() => (place = new Workplace()));
afterEach(() => place.remove());

const campaignOf = (preset: string, ...more: string[]): string[] => ['campaign', preset, '--out', '@s', ...more];

describe('harrow campaign', () => {
  it('that finds what a preset expects exits 0, tells the first trial and keeps it', async () => {
    const { exit, out, err } = await place.run(...campaignOf('acks-1', '--seeds', '30'));
    expect(exit).toBe(0);
    expect(out.split('\n').slice(0, 7)).toEqual([
      'acks-1   Kafka 3.9 KRaft · 3 brokers · RF 3 · min.insync.replicas 2 · acks 1 · Java client',
      '  note  acks=1 switches idempotence off (you did not set enable.idempotence; its default gives way silently)',
      '',
      '✗ UNSAFE   10 of 30 trials lost acknowledged writes.   Kafka kept its guarantees; acks=1 does not cover this.',
      '',
      '  no-lost-writes   1 way to lose them                                              trials',
      '  1  acks=1 and a change of leader                                                     10',
    ]);
    expect(out).toContain('seed 3, shrunk from 2 faults and 3 sends to 1 fault and 1 send (7 attempts)');
    expect(out).toContain('fix     acks=all: same seed, same faults, re-run: clean.');
    expect(out).toContain('(the same 10 seeds with acks=all: none fails; 5 % of sends refused or timed out)');
    expect(out).toContain(
      'see     @s/campaign-0001/failures/3/report.html\n     again   npx harrow replay @s/campaign-0001/failures/3\n',
    );
    expect(out).toContain('20 clean · 10 unsafe · 0 Kafka bugs · 0 undecided · exit 0, as expected');
    expect(err.split('\n')).toHaveLength(11);
    expect(place.files('s/campaign-0001')).toEqual(['campaign.json', 'failures', 'report.html', 'trials.jsonl']);
    expect(place.files('s/campaign-0001/failures')).toEqual(['3', '6', '9']);
    expect(place.files('s/campaign-0001/failures/3')).toEqual([
      'history.jsonl.gz',
      'original',
      'report.html',
      'spec.yaml',
      'trace.jsonl.gz',
      'verdict.json',
    ]);
    expect(readFileSync(join(place.folder, 's/latest'), 'utf8')).toBe('campaign-0001\n');
  });

  it('that finds what nobody expects exits 1', async () => {
    const { exit } = await place.run(
      ...campaignOf('durable', '--set', 'acks=1', '--set', 'enable.idempotence=false', '--seeds', '6'),
    );
    expect(exit).toBe(1);
  });

  it('that is clean exits 0; that does not find what it expects, 1', async () => {
    expect((await place.run(...campaignOf('durable', '--seeds', '6'))).exit).toBe(0);
    const { exit, out } = await place.run(...campaignOf('acks-1', '--seeds', '1..2'));
    expect(exit).toBe(1);
    expect(out).toContain('Not as expected: lost-write was expected and never found.');
  });

  it('stops after a failure with --bail', async () => {
    const { exit, out } = await place.run(...campaignOf('acks-1', '--require', 'no-duplicates', '--seeds', '2'));
    expect({ exit, clean: out.includes('CLEAN') }).toEqual({ exit: 1, clean: true });
  });

  it('prints one object of the documented shape with --json, and nothing else', async () => {
    const { out, err, exit } = await place.run(...campaignOf('acks-1', '--seeds', '4', '--json'));
    const json = JSON.parse(out) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual([
      'format',
      'version',
      'id',
      'spec',
      'kafka',
      'control',
      'client',
      'trials',
      'verdict',
      'reason',
      'exit',
      'verdicts',
      'anomalies',
      'causes',
      'failures',
      'situations',
      'notModelled',
      'acknowledged',
      'simulatedSeconds',
      'cpuSeconds',
      'digest',
    ]);
    expect(json).toMatchObject({
      format: 'harrow/campaign',
      version: 1,
      id: '0001',
      trials: 4,
      verdict: 'unsafe',
      exit: 0,
      verdicts: { clean: 3, unsafe: 1, bug: 0, undecided: 0 },
      anomalies: { 'lost-write': 1 },
      causes: [{ requirement: 'no-lost-writes', licence: 'acks-1-leader-change', trials: 1, seed: '3' }],
      failures: [
        {
          seed: '3',
          verdict: 'unsafe',
          expected: true,
          anomalies: ['lost-write'],
          catalogue: null,
          replay: 'npx harrow replay @s/campaign-0001/failures/3/original',
        },
      ],
      simulatedSeconds: 240,
    });
    expect({ err, exit }).toEqual({ err: '', exit: 0 });
  });

  it('names for every failure a replay that gives the digest beside it, also where the trial was shrunk', async () => {
    const { out } = await place.run(...campaignOf('acks-1', '--seeds', '15', '--json'));
    const { failures } = JSON.parse(out) as { failures: { replay: string; digest: string }[] };
    expect(failures).toHaveLength(5);
    for (const { replay, digest } of failures) {
      const again = await place.run(...replay.split(' ').slice(2), '--json');
      expect(JSON.parse(again.out)).toMatchObject({ digest, sameDigest: true });
    }
  });

  it('has the same digest in whatever order its trials end', async () => {
    const digest = async (): Promise<unknown> => {
      const { out } = await place.run(...campaignOf('acks-1', '--seeds', '9', '--json', '--no-shrink'));
      return (JSON.parse(out) as { digest: string }).digest;
    };
    const forwards = await digest();
    place.engine = {
      ...fakeEngine,
      runCampaign: (input, onTrial) => fakeEngine.runCampaign({ ...input, seeds: input.seeds.toReversed() }, onTrial),
    };
    expect(await digest()).toBe(forwards);
  });

  it('that is interrupted writes what it has and exits 130', async () => {
    let seen = 0;
    place.engine = {
      ...fakeEngine,
      runCampaign: (input, onTrial) =>
        fakeEngine.runCampaign(input, (row) => {
          onTrial(row);
          if (++seen === 4) place.stop.abort();
        }),
    };
    const { exit } = await place.run(...campaignOf('durable', '--seeds', '1000'));
    expect(exit).toBe(130);
    const campaign = JSON.parse(readFileSync(join(place.folder, 's/campaign-0001/campaign.json'), 'utf8')) as object;
    expect(campaign).toMatchObject({ ended: 'interrupted', trials: 4 });
  });

  it.each(['the last trial', 'the shrinking'])('that is interrupted in %s exits 130', async (when) => {
    place.engine = {
      ...fakeEngine,
      runCampaign: async (input, onTrial) => {
        const end = await fakeEngine.runCampaign(input, onTrial);
        if (when === 'the last trial') place.stop.abort();
        return end;
      },
      shrink: (...given) => {
        place.stop.abort();
        return fakeEngine.shrink(...given);
      },
    };
    const { exit } = await place.run(...campaignOf('acks-1', '--seeds', '9'));
    expect(exit).toBe(130);
    const campaign = JSON.parse(readFileSync(join(place.folder, 's/campaign-0001/campaign.json'), 'utf8')) as object;
    expect(campaign).toMatchObject({ ended: 'interrupted', trials: 9, exit: 130 });
  });

  it('of a spec with vary prints a comparison, with its own exit status', async () => {
    writeFileSync(join(place.folder, 'v.yaml'), 'topic: { replication.factor: 3 }\nvary: { acks: [1, all] }\n');
    const { exit, out } = await place.run(...campaignOf('@v.yaml', '--seeds', '6'));
    expect(exit).toBe(1);
    expect(out).toContain('2 variants: acks=1, acks=all');
    expect(out, 'what differs between the variants is no word of the header').not.toContain('acks 1 ·');
    expect(out).toContain('acks=1     6        ✗ 2/6 (seed 3)');
    expect(out).toContain('acks=all   6        ✓ 0/6 (<50 %)');
  });

  it('of which two runs of a seed differ is a failure of Harrow: 70', async () => {
    place.engine = {
      ...fakeEngine,
      runCampaign: () => Promise.reject(new HarrowFailure('Two runs of seed 3 differ.')),
    };
    expect(await place.run(...campaignOf('durable', '--seeds', '6'))).toMatchObject({
      exit: 70,
      err: expect.stringContaining('Two runs of seed 3 differ.') as string,
    });
  });

  it('whose first failure does not come out again is a failure of Harrow: 70', async () => {
    place.engine = {
      ...fakeEngine,
      runCampaign: (input, onTrial) =>
        fakeEngine.runCampaign(input, (row) => onTrial({ ...row, digest: `${row.digest}x` })),
    };
    const { exit, err } = await place.run(...campaignOf('acks-1', '--seeds', '3'));
    expect({ exit, err: err.includes('Seed 3 ran twice and differs') }).toEqual({ exit: 70, err: true });
  });

  it('whose further failures do not come out again is a failure of Harrow: 70', async () => {
    place.engine = {
      ...fakeEngine,
      runCampaign: (input, onTrial) =>
        fakeEngine.runCampaign(input, (row) => onTrial(row.seed === '6' ? { ...row, digest: 'other' } : row)),
    };
    const { exit, err } = await place.run(...campaignOf('acks-1', '--seeds', '6'));
    expect({ exit, err: err.includes('Seed 6 ran twice and differs') }).toEqual({ exit: 70, err: true });
  });

  it('that meets an error of its own says so with 70', async () => {
    place.engine = { ...fakeEngine, runCampaign: () => Promise.reject(new TypeError('undefined is no broker')) };
    const { exit, err } = await place.run(...campaignOf('durable', '--seeds', '3'));
    expect({
      exit,
      err: err.startsWith('  0/3') || err.includes('Harrow failed: TypeError: undefined is no broker'),
    }).toEqual({
      exit: 70,
      err: true,
    });
  });
});

describe('bad usage', () => {
  it.each([
    [campaignOf('durable', '--seeds', '0'), '--seeds 0: an empty range of seeds'],
    [campaignOf('durable', '--seeds', '9..3'), '--seeds 9..3: an empty range of seeds'],
    [campaignOf('durable', '--seeds', 'many'), '--seeds many: write a number of seeds or a range like 1..1000'],
    [campaignOf('durable', '--time', '60'), '--time 60: no duration like 60s or 2m'],
    [campaignOf('durable', '--reporter', 'plain'), '--reporter plain: live, line, json or none'],
    [campaignOf('durable', '--workers', '0'), '--workers 0: not a whole number from 1 on'],
    [campaignOf('durable', '--profile', 'calm'), '"calm" is no profile'],
    [campaignOf('durabel'), 'durabel is neither a file nor a preset; did you mean durable? (npx harrow presets)'],
    [['campaign', '--out', '@s'], 'which spec?'],
    [['compare', 'durable', '--out', '@s'], 'nothing to compare: name variants with --vary name=a,b'],
    [['campain', 'durable'], "error: unknown command 'campain'\n(Did you mean campaign?)"],
    [['campaign', 'durable', '--sseds', '3'], "error: unknown option '--sseds'\n(Did you mean --seeds?)"],
    [['replay', '17'], 'seed 17 of which spec? npx harrow replay 17 SPEC'],
    [['replay', '@nowhere'], 'no kept trial there (no spec.yaml)'],
    [['shrink', '@nowhere'], 'no kept trial there (no spec.yaml)'],
    [
      ['explain', 'unclean-electon'],
      'neither a kept trial nor a word that Harrow knows; did you mean unclean-election?',
    ],
    [['check', '@nowhere'], 'there is no such file'],
    [['report', '@nowhere'], 'neither a kept trial (spec.yaml) nor a campaign (campaign.json)'],
    [['presets', 'durabel'], 'no preset durabel; did you mean durable?'],
    [['settings', 'acsk'], 'no such setting of Kafka 3.9.1; did you mean acks?'],
    [['init', 'spec.json'], 'spec.json: name it .yaml'],
    [['exhaust', 'durable'], 'harrow exhaust is not in this build'],
    [['campaign', 'durable', '--guided'], '--guided is not in this build'],
    [['bugs', 'hunt', 'KAFKA-9338', '--quick'], 'harrow bugs is not in this build'],
  ])('%j exits 64 and writes nothing', async (words, said) => {
    const { exit, out, err } = await place.run(...words);
    expect({ exit, out }).toEqual({ exit: 64, out: '' });
    expect(err).toContain(said);
    expect(place.files()).toEqual([]);
  });

  it('of a spec with errors writes nothing', async () => {
    writeFileSync(join(place.folder, 'orders.yaml'), 'producer: { acks: most }\n');
    const { exit, err } = await place.run('campaign', '@orders.yaml', '--out', '@s');
    expect(exit).toBe(64);
    expect(err).toBe(
      '@orders.yaml:1:19  acks: "most" is none of all, -1, 0, 1\n\n1 error. Nothing ran, nothing was written. exit 64\n',
    );
    expect(place.files()).toEqual(['orders.yaml']);
  });

  it('is not --help or --version', async () => {
    expect(await place.run('--help')).toMatchObject({
      exit: 0,
      out: expect.stringContaining('Usage: harrow') as string,
    });
    expect(await place.run('--version')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });
});

describe('harrow compare', () => {
  it('exits 0 whatever it finds', async () => {
    const { exit, out } = await place.run('compare', 'acks-1', '--vary', 'acks=1,all', '--seeds', '9', '--out', '@s');
    expect(exit).toBe(0);
    expect(out).toContain('acks=1     9        ✗ 3/9 (seed 3)');
    expect(out).toContain('npx harrow replay @s/campaign-0001/failures/3--acks=1');
  });

  it('prints its own object with --json', async () => {
    const { out } = await place.run(
      'compare',
      'acks-1',
      '--vary',
      'acks=1,all',
      '--seeds',
      '3',
      '--out',
      '@s',
      '--json',
    );
    expect(JSON.parse(out)).toMatchObject({
      format: 'harrow/compare',
      version: 1,
      variants: [
        { name: 'acks=1', settings: { acks: '1' }, verdict: 'unsafe', trials: 3 },
        { name: 'acks=all', settings: { acks: 'all' }, verdict: 'clean', trials: 3 },
      ],
    });
  });

  it('of one seed says whether the runs part', async () => {
    const { out } = await place.run('compare', 'acks-1', '--vary', 'acks=0,1', '--seeds', '3..3', '--out', '@s');
    expect(out).toContain('acks=0 and acks=1 run alike to the end');
  });
});

describe('a kept trial', () => {
  beforeEach(async () => {
    await place.run(...campaignOf('acks-1', '--seeds', '3'));
  });
  const trial = '@s/campaign-0001/failures/3';

  it('is replayed with the same digest', async () => {
    const { exit, out } = await place.run('replay', trial);
    expect(exit).toBe(0);
    expect(out).toMatch(/UNSAFE {3}seed 3: digest \w{4}…\w{4}, the same as when it was kept/);
    const json = JSON.parse((await place.run('replay', trial, '--json')).out) as object;
    expect(json).toMatchObject({ format: 'harrow/trial', version: 1, seed: '3', verdict: 'unsafe', sameDigest: true });
  });

  it('that comes out otherwise is a failure of Harrow', async () => {
    const file = join(place.folder, 's/campaign-0001/failures/3/spec.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^digest: .*$/m, 'digest: other'));
    const { exit, out } = await place.run('replay', trial, '--json');
    expect(exit).toBe(70);
    expect(JSON.parse(out)).toMatchObject({ sameDigest: false });
  });

  it('is no spec of a campaign', async () => {
    const { exit, err } = await place.run('campaign', `${trial}/spec.yaml`, '--out', '@t');
    expect({ exit, err }).toEqual({
      exit: 64,
      err: expect.stringContaining('is a kept trial, one seed of its campaign') as string,
    });
  });

  it('comes back by its seed from the campaign, or from a spec', async () => {
    const fromCampaign = await place.run('replay', '2', '@s/campaign-0001', '--json');
    expect(JSON.parse(fromCampaign.out)).toMatchObject({ verdict: 'clean', sameDigest: true });
    const fromSpec = await place.run('replay', '3', 'acks-1', '--json');
    expect(JSON.parse(fromSpec.out)).toMatchObject({ verdict: 'unsafe', sameDigest: null });
    expect(fromSpec.exit).toBe(0);
  });

  it('is shrunk into a folder beside it, which replays', async () => {
    const { exit, out } = await place.run('shrink', `${trial}/original`);
    expect(exit).toBe(0);
    expect(out).toContain('seed 3, shrunk from 2 faults and 3 sends to 1 fault and 1 send (7 attempts)');
    expect((await place.run('replay', `${trial}/original-shrunk`)).out).toContain('the same as when it was kept');
  });

  it.each([
    ['a folder with other files', 'mine/notes.txt', '@mine', 'holds files, and is no kept trial'],
    ['a spec of its own', 'mine/spec.yaml', '@mine', 'holds files, and is no kept trial'],
    [
      'a kept trial with other files',
      's/campaign-0001/failures/3/original/notes.txt',
      `${trial}/original`,
      'notes.txt',
    ],
    ['a file', 'mine/notes.txt', '@mine/notes.txt', 'is a file, not a folder'],
  ])('is never shrunk over %s', async (_, file, out, said) => {
    mkdirSync(join(place.folder, 'mine'));
    const text = 'producer: { acks: all }\n';
    writeFileSync(join(place.folder, file), text);
    const { exit, err } = await place.run('shrink', trial, '--out', out);
    expect({ exit, err }).toEqual({ exit: 64, err: expect.stringContaining(said) as string });
    expect(readFileSync(join(place.folder, file), 'utf8')).toBe(text);
  });

  it('is shrunk over an empty folder or another kept trial, and never over the one that it is or lies in', async () => {
    mkdirSync(join(place.folder, 'small'));
    expect((await place.run('shrink', trial, '--out', '@small')).exit).toBe(0);
    expect((await place.run('shrink', `${trial}/original`, '--out', '@small')).exit).toBe(0);
    expect(place.files()).toEqual(['s', 'small']);
    for (const out of [trial, `${trial}/original`]) {
      const { exit, err } = await place.run('shrink', `${trial}/original`, '--out', out);
      expect({ exit, err }).toEqual({ exit: 64, err: expect.stringContaining('holds the trial that is') as string });
    }
    expect(place.files('s/campaign-0001/failures/3')).toContain('original');
  });

  it.each([
    [['--set', 'acks=all']],
    [['--kafka', '3.9']],
    [['--profile', 'storm']],
    [['--require', 'no-lost-writes']],
    [['--brokers', '5']],
  ])('is not replayed with %j: it replays as it was, and so does a seed of its campaign', async (options) => {
    for (const what of [[trial], ['3', '@s/campaign-0001']]) {
      const { exit, out, err } = await place.run('replay', ...what, ...options);
      expect({ exit, out }).toEqual({ exit: 64, out: '' });
      expect(err).toContain('replays as it was; for another setting: harrow replay SEED SPEC --set ...');
    }
  });

  it('has a story, a page, and a history that can be checked', async () => {
    expect((await place.run('explain', trial)).out).toContain('lost write (lost-write): no-lost-writes forbids it');
    expect(await place.run('report', trial)).toMatchObject({ exit: 0, out: `${trial}/report.html\n` });
    expect(await place.run('report', '@s')).toMatchObject({ exit: 0, out: '@s/campaign-0001/report.html\n' });
    const { exit, out } = await place.run('check', trial, '--json');
    expect(exit).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ format: 'harrow/check', version: 1 });
  });

  it('that was stuck is so when it is checked; without its verdict liveness is not judged', async () => {
    const file = join(place.folder, 's/campaign-0001/failures/3/verdict.json');
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { anomalies: { anomaly: object }[] };
    const [lost] = stored.anomalies;
    const stuck = { ...lost, licence: null, anomaly: { ...lost!.anomaly, type: 'stuck', story: 'no leader' } };
    writeFileSync(file, JSON.stringify({ ...stored, reasons: ['b1 was not read'], anomalies: [stuck] }));
    const checked = JSON.parse((await place.run('check', trial, '--json')).out) as { anomalies: object[] };
    expect(checked).toMatchObject({ verdict: 'bug', undecided: ['b1 was not read'] });
    expect(checked.anomalies).toContainEqual(expect.objectContaining({ type: 'stuck' }));
    rmSync(file);
    expect((await place.run('check', trial)).out).toContain(
      '  undecided: liveness not judged: no verdict.json beside the trace\n',
    );
  });

  it.each([
    ['history.jsonl.gz', 'damaged: it cannot be decompressed to its end'],
    ['verdict.json', 'damaged: not the verdict of a trial'],
  ])('with a torn %s is a clear error', async (name, said) => {
    const file = join(place.folder, 's/campaign-0001/failures/3', name);
    writeFileSync(file, readFileSync(file).subarray(0, 40));
    expect(await place.run('explain', trial)).toMatchObject({ exit: 64, err: expect.stringContaining(said) as string });
  });

  it('with a damaged line in its history names the line', async () => {
    const file = join(place.folder, 's/campaign-0001/failures/3/history.jsonl.gz');
    const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
    lines[2] = '{"index":';
    writeFileSync(file, gzipSync(lines.join('\n')));
    const { exit, err } = await place.run('check', trial);
    expect({ exit, err }).toEqual({ exit: 64, err: expect.stringMatching(/history\.jsonl\.gz:3: /) as string });
  });
});

describe('lists', () => {
  it('group presets by question, with what they expect', async () => {
    const { out } = await place.run('presets');
    // The column of sentences is as far to the right as the longest name asks.
    const lines = out.split('\n').map((line) => line.replace(/(\S) {2,}/, '$1  '));
    expect(lines.slice(0, 3)).toEqual([
      'Which settings are right?',
      '  acks-0  nobody is asked before the ack → lost-write',
      '  acks-1  one broker is asked before the ack → lost-write',
    ]);
    expect((await place.run('presets', 'durable', '--show')).out).toMatch(/^# yaml-language-server/);
  });

  it('name faults, situations and settings with a sentence each', async () => {
    expect((await place.run('faults')).out).toContain('at-most: ');
    expect((await place.run('situations')).out).toContain('two-leaders-at-once');
    expect((await place.run('settings', 'min.insync')).out).toContain('int, default 1, at least 1 · modelled');
    const all = JSON.parse((await place.run('settings', '--json', '--kafka', '4.1')).out) as unknown[];
    expect(all.length).toBeGreaterThan(500);
  });

  it('of faults and situations may be of those alone that a part of a name finds', async () => {
    const { out } = await place.run('faults', 'power-loss');
    const names = out.split('\n').flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
    expect(names.slice(0, 4)).toEqual([
      'power-loss',
      'leader-power-loss',
      'last-replica-power-loss',
      'rack-power-loss',
    ]);
    expect((await place.run('situations', 'elr')).out).not.toContain('two-leaders-at-once');
    const { exit, err } = await place.run('faults', 'leader-cutoff');
    expect([exit, err]).toEqual([
      64,
      'no fault with leader-cutoff in its name; did you mean leader-cut-off? (npx harrow faults)\n',
    ]);
  });

  it('of all settings tell what matters to safety, and name the rest', async () => {
    const { out } = await place.run('settings', '--scope', 'topic');
    expect(out).toContain('  min.insync.replicas\n      int, default 1, at least 1 · modelled\n');
    expect(out).toMatch(/^ {2}no bearing on safety {3}\S/m);
    expect(out).not.toMatch(/^ {2}preallocate$/m);
    expect((await place.run('settings', 'preallocate')).out).toMatch(/^ {2}preallocate$/m);
  });
});

describe('harrow explain', () => {
  it.each([
    ['no-lost-writes', 'forbids      lost-write, unseen, inconsistent-offsets, ack-offset-mismatch'],
    ['lost-write', 'forbidden by no-lost-writes'],
    ['key-order', 'anomaly      records of a key out of order'],
    ['power-loss', 'presets      durable-elr, durable-fsync'],
    ['min.insync.replicas', 'setting      topic, modelled.'],
    ['two-leaders-at-once', 'presets      two-leaders-acks-1, two-leaders-acks-all'],
    ['high-watermark-gate', 'KAFKA-15583'],
    ['truncation', 'fenced (2.1 to 2.5)'],
    ['message-format', '0 (0.8.2): Offsets alone'],
    ['KAFKA-13141', 'since 2.7.0, mended in 2.7.2, 2.8.1, 3.0.0'],
    ['KAFKA-14359', 'it follows from the rule sequence-without-state'],
    ['acks-1', 'preset       one broker is asked before the ack'],
    ['W6', 'invariant'],
    ['poll-skip', 'forbidden by poll-order'],
    ['int-send-skip', 'always allowed'],
    ['acks-1-leader-change', 'licence      Takes an anomaly out of what is guaranteed: acks=1 and a change of leader.'],
    ['unsafe', 'verdict      An anomaly that the settings permit'],
    ['cycle-search-timeout', 'spent its steps'],
  ])('%s', async (word, said) => {
    const { exit, out } = await place.run('explain', word);
    expect(exit).toBe(0);
    expect(out).toContain(said);
  });
});

describe('harrow versions', () => {
  it('prints a line for each rule, and the defects of each release', async () => {
    const { exit, out } = await place.run('versions');
    expect(exit).toBe(0);
    expect(out).toMatch(/^Kafka +0\.8\.2 0\.10\.2 0\.11 1\.1 2\.0 2\.1 2\.5 2\.7 3\.3 3\.5 3\.7 3\.9 4\.0 4\.1$/m);
    expect(out).toMatch(/^truncation +1 +1 +2 +2 +3 +4 +4 +5 /m);
    expect(out).toMatch(/^high-watermark-gate +- .* yes yes yes yes$/m);
    expect(out).toMatch(/^ {2}4\.0 +B49, .*KAFKA-14034\*/m);
  });

  it('tells one release in sentences', async () => {
    const { exit, out } = await place.run('versions', '3.8');
    expect(exit).toBe(0);
    expect(out).toContain('run under the rules and defaults of 3.7');
    expect(out).toMatch(/^ {2}high-watermark-gate +yes: The high watermark stands still/m);
    expect(out).toMatch(/^ {2}truncation +on-fetch: Where and how/m);
    expect(out, 'of two control planes').toMatch(/^ {2}B85\* [^]*\(ZooKeeper alone\)$/m);
  });

  it('is JSON when asked', async () => {
    const { out } = await place.run('versions', '2.1', '--json');
    expect(JSON.parse(out)).toMatchObject({ row: '2.1', control: ['zookeeper'], rules: { truncation: 'fenced' } });
  });

  it.each([
    ['latest', 'latest is no version like 3.9'],
    ['0.7', '0.7 is older than every release that Harrow knows'],
  ])('%s is refused', async (release, said) => {
    const { exit, err } = await place.run('versions', release);
    expect([exit, err.trim()]).toEqual([64, said]);
  });
});

describe('harrow init', () => {
  it('writes a spec that runs, and never over another', async () => {
    expect((await place.run('init', '@first.yaml')).exit).toBe(0);
    expect((await place.run('campaign', '@first.yaml', '--seeds', '1', '--out', '@s')).exit).toBe(0);
    const again = await place.run('init', '@first.yaml');
    expect(again).toMatchObject({ exit: 64, err: '@first.yaml exists already; nothing was written\n' });
  });
});

describe('harrow doctor', () => {
  it.each([
    ['acks-1', 'acks=1: min.insync.replicas is checked for acks=all only, and has no effect here'],
    ['min-isr-1', 'acks=all with min.insync.replicas=1'],
    ['min-isr-equals-rf', 'one broker away refuses every acks=all write'],
    ['unclean', 'a replica that lacks acknowledged records may lead'],
    ['retries-duplicate', 'retries without idempotence: a batch can be written twice'],
    ['durable', 'nothing suspicious'],
  ])('of %s', async (preset, said) => {
    expect(await place.run('doctor', preset)).toMatchObject({ exit: 0, out: expect.stringContaining(said) as string });
  });
});

describe('secrets', () => {
  it('given by --set are in no file and on no screen', async () => {
    const { out, err } = await place.run(
      ...campaignOf(
        'acks-1',
        '--seeds',
        '3',
        '--set',
        'producer:ssl.key.password=hunter2',
        '--set',
        'advertised.listeners=PLAINTEXT://hunter2:9092',
      ),
    );
    const everything = [out, err];
    const visit = (path: string): void => {
      for (const name of place.files(path)) {
        const inner = join(path, name);
        if (!name.includes('.') && existsSync(join(place.folder, inner, '.')) && name !== 'latest') visit(inner);
        else {
          const bytes = readFileSync(join(place.folder, inner));
          everything.push((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
        }
      }
    };
    visit('s');
    expect(everything.length).toBeGreaterThan(10);
    expect(everything.filter((text) => text.includes('hunter2'))).toEqual([]);
  });
});
