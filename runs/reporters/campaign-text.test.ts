import { describe, expect, it } from 'vitest';
import { knownBugsOf } from '../../model/kafka/protocol/versions/known-bugs.js';
import { resolveRules } from '../../model/kafka/protocol/versions/resolve.js';
import type { Story } from '../../histories/report/story.js';
import type { TrialRow } from '../engine.js';
import { outcomeOf } from '../outcome.js';
import { loadSpec } from '../spec/load.js';
import { lostRow, lostWrite, seedsTo, trialRow } from '../testing/rows.js';
import { totalsOf } from '../totals.js';
import { type CampaignResult, campaignText, knownBugLines, type ToldCause } from './campaign-text.js';
import { compareText } from './compare-text.js';
import { headerLines } from './header.js';
import { noPaint } from './paint.js';

const spec = `
topics: { orders: { partitions: 1, replication.factor: 3, settings: { min.insync.replicas: 2 } } }
producers: { checkout: { settings: { acks: 1 } } }
faults: [leader-cut-off, broker-killed]
require: [no-lost-writes]
`;

function result(rows: readonly TrialRow[], text = spec, told: readonly ToldCause[] = []): CampaignResult {
  const loaded = loadSpec({ input: 'orders.yaml', text }).spec;
  const totals = totalsOf(
    rows,
    rows.map(({ seed }) => seed),
  );
  const outcome = outcomeOf(loaded, totals, 'all');
  return { spec: loaded, totals, outcome, told, wallMillis: 33_000, report: '.harrow/campaign-0001/report.html' };
}

function line(atMicros: number, text: string, note: string | null = null): Story['lines'][number] {
  return { atMicros, text, note, traceIndex: 0, operation: null, role: 'other', lane: -1 };
}

const story: Story = {
  headline: 'orders-0, offset 0, key "acct-8", value 5: acknowledged at 4.213 s, on no replica at the end',
  cause: lostWrite.words,
  lines: [
    line(4_205_000, 'p0 → b1   offset 0', 'on b1 only'),
    line(12_902_000, 'controller fences b1; b2 leads in epoch 5, ISR {2,3}'),
    line(19_611_000, 'b1 follows b2, truncates 1 → 0', '← the record is gone'),
  ],
  why: 'acks=1 acknowledges before replication; min.insync.replicas is checked only for acks=all.',
  graph: { nodes: [], edges: [] },
  focus: { key: 0, offsets: [0], values: [5] },
};

function told(totals: CampaignResult['totals']): ToldCause {
  return {
    cause: totals.causes[0]!,
    seed: '17',
    shrunk: { faultsBefore: 9, faults: 1, sendsBefore: 1987, sends: 1, attempts: 212 },
    story,
    fix: ['acks=all: same seed, same faults, re-run: clean.'],
    blames: 'acks=1',
    knownBug: null,
    report: '.harrow/campaign-0001/failures/17/report.html',
    replay: 'npx harrow replay .harrow/campaign-0001/failures/17',
    replayUnshrunk: 'npx harrow replay .harrow/campaign-0001/failures/17/original',
  };
}

describe('the header', () => {
  it('says what is run, and what has to be said about it', () => {
    const { spec: loaded } = result([]);
    expect(headerLines(loaded).join('\n')).toBe(
      `
orders   Kafka 3.9 KRaft · 3 brokers · RF 3 · min.insync.replicas 2 · acks 1 · Java client
  note  acks=1 switches idempotence off (you did not set enable.idempotence; its default gives way silently)`.slice(1),
    );
  });

  it('names settings that change what can be lost', () => {
    const text = `
topics:
  a: { replication.factor: 3, settings: { flush.messages: 1 } }
  b: { replication.factor: 1, settings: { unclean.leader.election.enable: true } }
producers: { x: {}, y: { settings: { enable.idempotence: false } } }
cluster: { brokers: 5, settings: { log.index.size.max.bytes: 1024 } }`;
    expect(headerLines(result([], text).spec).join('\n')).toBe(
      `
orders   Kafka 3.9 KRaft · 5 brokers · RF 1/3 · min.insync.replicas 1 · unclean election · flush.messages 1 ·
         acks all, idempotent / acks all, not idempotent · Java client
  note  given, could matter, not modelled: log.index.size.max.bytes`.slice(1),
    );
  });
});

describe('a clean campaign', () => {
  it('says what it tried, what it reached, what it did not try, and how to read it', () => {
    const rows = seedsTo(2000).map((seed) =>
      trialRow(seed, seed === '1512' ? { longestOutageMicros: 13_100_000 } : {}),
    );
    const text = campaignText(result(rows, 'kafka: "3.9"\ntopic: { replication.factor: 3 }'), noPaint);
    expect(text.replace(/digest \S+/, 'digest 7be1…40c2').replace(/(power-loss ·) .* more/, '$1 … more')).toBe(
      `
✓ CLEAN   2000 of 2000 trials: no lost write, no reordering, no duplicate, writable again after every heal

  tried      10,000 faults that had an effect (2,000 more changed nothing)
             broker-killed 6,000 · leader-cut-off 4,000
  reached    isr-shrank 2,000 · leader-moved 2,000
  not tried  power-loss · … more   --profile storm
  writes     4,000,000 sent: 3,800,000 acknowledged · 80,000 refused · 120,000 outcome unknown to the client
             longest time no write was acknowledged: median 0.4 s, worst 13.1 s (seed 1512)
  read this  0 of 2000 means, at 95 % confidence, under 0.15 % of trials drawn like these. It is no proof.

33.3 simulated hours in 33 s · digest 7be1…40c2 · .harrow/campaign-0001/report.html`.slice(1),
    );
  });

  it('says why a fault that the spec lists never began', () => {
    const skipped = (seed: string): TrialRow => {
      const row = trialRow(seed);
      const notBegun = { 'request-delayed': 'p0 is down', 'power-loss': 'nobody plays last-in-isr' };
      return { ...row, counts: { ...row.counts, skipped: 2, notBegun } };
    };
    const listed = spec.replace('leader-cut-off,', 'request-delayed: { machine: p0, from: 10s },');
    const text = campaignText(result([skipped('1'), skipped('2')], listed), noPaint);
    expect(text).toContain('\n  not begun  request-delayed: p0 is down\n  reached');
    expect(text).not.toContain('last-in-isr');
  });

  it('that missed what it expected says so first', () => {
    const text = campaignText(result([trialRow('1')], `${spec}expect: [lost-write]`), noPaint);
    expect(text).toContain(
      '✓ CLEAN   1 of 1 trials: no lost write\n  Not as expected: lost-write was expected and never found. 1 trial may be too few: --seeds 100 tries more.\n',
    );
    expect(text).toContain('· exit 1: lost-write was expected and never found');
  });
});

describe('a campaign with holes', () => {
  it('groups them by cause, tells the first of each, and ends with how to see it again', () => {
    const other = { ...lostWrite, id: 'killed', words: 'leader killed before a follower had fetched the record' };
    const rows = seedsTo(1000).map((seed, i) =>
      i < 171 ? lostRow(seed) : i < 283 ? lostRow(seed, { causes: [other] }) : trialRow(seed),
    );
    const campaign = result(rows);
    const text = campaignText({ ...campaign, told: [told(campaign.totals)], wallMillis: 16_000 }, noPaint);
    expect(text.replace(/digest \S+/, 'digest 7be1…40c2')).toBe(
      `
✗ UNSAFE   283 of 1000 trials lost acknowledged writes.   Kafka kept its guarantees; acks=1 does not cover this.

  no-lost-writes   2 ways to lose them                                             trials
  1  leader cut off from the others, still acknowledging (two leaders at once)        171
  2  leader killed before a follower had fetched the record                           112

  1  seed 17, shrunk from 9 faults and 1,987 sends to 1 fault and 1 send (212 attempts)
     orders-0, offset 0, key "acct-8", value 5: acknowledged at 4.213 s, on no replica at the end

       4.205   p0 → b1   offset 0                          on b1 only
      12.902   controller fences b1; b2 leads in epoch 5, ISR {2,3}
      19.611   b1 follows b2, truncates 1 → 0              ← the record is gone
     why     acks=1 acknowledges before replication; min.insync.replicas is checked only for acks=all.
     fix     acks=all: same seed, same faults, re-run: clean.

     see     .harrow/campaign-0001/failures/17/report.html
     again   npx harrow replay .harrow/campaign-0001/failures/17

16.7 simulated hours in 16 s · 717 clean · 283 unsafe · 0 Kafka bugs · 0 undecided · exit 1: 283 trials failed
digest 7be1…40c2 · .harrow/campaign-0001/report.html`.slice(1),
    );
  });

  it('that were expected exit 0, with the answer of the preset', () => {
    const { spec: preset } = loadSpec({ input: 'acks-1' });
    const totals = totalsOf([lostRow('1', { expected: true })], ['1']);
    const text = campaignText(
      { ...result([]), spec: preset, totals, outcome: outcomeOf(preset, totals, 'all') },
      noPaint,
    );
    expect(text).toContain('· exit 0, as expected\n');
    expect(text).toContain('  Which settings are right?\n  acks=1 acknowledges before replication');
  });

  it('of which one is a bug says that Kafka, or the model, is wrong', () => {
    const cause = { ...lostWrite, requirement: 'acks-all', licence: 'none' };
    const text = campaignText(result([lostRow('1', { verdict: 'bug', causes: [cause] })]), noPaint);
    expect(text.split('\n').slice(0, 2)).toEqual([
      "✗ KAFKA BUG   1 of 1 trials broke acks-all, which Kafka's guarantees exclude here: its rules, or Harrow's model of them,",
      '              are wrong.',
    ]);
  });

  it('of which one is a known bug of its version names it, once', () => {
    const [gated] = knownBugsOf(resolveRules('3.5', {}, ['KAFKA-14704']), 'kraft');
    expect(knownBugLines(5, gated!).join(' ').replaceAll(/\s+/g, ' ').trim()).toBe(
      'known B18, defect KAFKA-14704: A follower raises its high watermark from the answer that tells it to truncate, ' +
        'before it does. Run again without it: the anomaly is gone.',
    );
    expect(knownBugLines(5, null)).toEqual([]);
  });
});

describe('an undecided campaign', () => {
  it('says why', () => {
    const text = campaignText(
      result([trialRow('1', { verdict: 'undecided', reasons: ['nothing was read'] })]),
      noPaint,
    );
    expect(text.split('\n')[0]).toBe('? UNDECIDED   1 trial undecided: nothing was read');
    expect(text).toContain('· exit 2: 1 trial undecided: nothing was read');
  });
});

describe('a comparison', () => {
  it('stands variants beside each other, with a seed for each hole and the story of the first', () => {
    const holes = result([
      ...seedsTo(57).map((seed) => lostRow(seed)),
      ...seedsTo(143).map((seed) => trialRow(`c${seed}`)),
    ]);
    const clean = result(seedsTo(200).map((seed) => trialRow(seed)));
    const variants = [
      { ...holes, name: 'acks=1', told: [told(holes.totals)] },
      { ...clean, name: 'acks=all' },
    ];
    const text = compareText({ variants, wallMillis: 4000, report: 'r.html', exit: 0, parting: null }, noPaint);
    expect(text.split('\n').slice(0, 3).join('\n')).toBe(
      `
             trials   no-lost-writes      longest without an ack               refused or unknown
  acks=1     200      ✗ 57/200 (seed 1)   median 0.4 s, worst 0.4 s (seed 1)   5 %
  acks=all   200      ✓ 0/200 (<1.5 %)    median 0.4 s, worst 0.4 s (seed 1)   5 %`.slice(1),
    );
    expect(text).toContain(
      '  acks=1: leader cut off from the others, still acknowledging (two leaders at once)\n  1  seed 17,',
    );
    expect(text.split('\n').at(-2)).toBe('6.7 simulated hours in 4.0 s · exit 0');
  });

  it('counts bugs and undecided trials where there are any', () => {
    const mixed = result([trialRow('1', { verdict: 'undecided' }), trialRow('2')]);
    const variants = [{ ...mixed, name: 'acks=1' }];
    const text = compareText({ variants, wallMillis: 4000, report: 'r.html', exit: 0, parting: null }, noPaint);
    expect(text.split('\n')[0]).toMatch(/no-lost-writes +undecided +longest without an ack/);
  });

  it('tells a story that several variants share once, under the names of all', () => {
    const holes = result([lostRow('17')]);
    const later = { ...told(holes.totals), story: { ...story, lines: [line(5_000_000, 'p0 → b1   offset 0')] } };
    const variants = [
      { ...holes, name: 'min.insync.replicas=1', told: [told(holes.totals)] },
      { ...holes, name: 'min.insync.replicas=2', told: [told(holes.totals)] },
      { ...holes, name: 'min.insync.replicas=3', told: [later] },
    ];
    const text = compareText({ variants, wallMillis: 4000, report: 'r.html', exit: 0, parting: null }, noPaint);
    const headings = text.split('\n').filter((one) => one.startsWith('  min.insync.replicas=') && one.includes(':'));
    expect(headings.map((one) => one.split(':')[0])).toEqual([
      '  min.insync.replicas=1 and min.insync.replicas=2',
      '  min.insync.replicas=3',
    ]);
  });

  it('calls a wait that rounds to nothing short, not nothing', () => {
    const brief = result([trialRow('1', { longestOutageMicros: 20_000 })]);
    const variants = [{ ...brief, name: 'acks=1' }];
    const text = compareText({ variants, wallMillis: 4000, report: 'r.html', exit: 0, parting: null }, noPaint);
    expect(text).toContain('median under 0.1 s, worst under 0.1 s (seed 1)');
  });
});
