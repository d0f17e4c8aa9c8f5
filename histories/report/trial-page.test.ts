import { describe, expect, it } from 'vitest';
import { readTrace, writeTrace } from '../format/trace-format.js';
import { readHistory } from '../format/read-history.js';
import { writeHistory } from '../format/history-format.js';
import { TraceColumns } from '../trace-columns.js';
import { renderCampaignPage } from './campaign-page.js';
import { unpacked } from './embed.js';
import { narrowed } from './narrow.js';
import type { TrialPageData } from './page-data.js';
import { campaignInput, trialInput } from './testing/page-inputs.js';
import { cutOffLeader, judge, killedLeader } from './testing/scenarios.js';
import { renderTrialPage } from './trial-page.js';

const template =
  '<html><head><title>Harrow</title></head><body><script type="application/json" id="harrow-data"></script></body></html>';

function dataOf(html: string): TrialPageData {
  const json = /<script type="application\/json" id="harrow-data">(.*?)<\/script>/s.exec(html)![1]!;
  return JSON.parse(json) as TrialPageData;
}

describe('the page of a trial', () => {
  it('carries the history and the trace whole, and opens with the shrunk trial', async () => {
    const original = cutOffLeader(60);
    const shrunk = cutOffLeader();
    const data = dataOf(await renderTrialPage(trialInput(original, shrunk), template));
    expect(data.bundles.map((bundle) => bundle.label)).toEqual(['shrunk', 'original']);
    expect(data.bundles[1]!.words).toBe('1 fault, 61 sends');
    expect(unpacked(data.bundles[1]!.trace)).toBe(writeTrace(original.trace));
    expect(unpacked(data.bundles[1]!.history)).toBe(writeHistory(original.history));
    expect(readTrace(unpacked(data.bundles[0]!.trace)).length).toBe(shrunk.trace.length);
    expect(readHistory(unpacked(data.bundles[0]!.history)).operations).toHaveLength(shrunk.history.operations.length);
    expect(data.leftOut).toEqual([]);
  });

  it('says the verdict without scripts, and lets no text become markup', async () => {
    const scenario = cutOffLeader();
    const evil = '</script><img src=x onerror=alert(1)>';
    const input = { ...trialInput(scenario), replay: evil, cluster: evil };
    const html = await renderTrialPage(input, template);
    expect(html).toContain(
      '<p>UNSAFE The acknowledged record orders-0@0 (key acct-8, value 5000) is on no replica.</p>',
    );
    expect(html).not.toContain('<img');
    expect(dataOf(html).cluster).toBe(evil);
  });

  it('puts a lost write before what follows from it, and one of each cause first', async () => {
    const scenario = cutOffLeader();
    const { anomaly } = scenario.judged;
    const also = judge({ ...anomaly, type: 'inconsistent-offsets' }, 'acks=1');
    const allowed = { ...judge({ type: 'G0', story: 'interleaved' }, 'always'), judgement: 'allowed' as const };
    const input = trialInput(scenario);
    const verdict = { ...input.verdict, anomalies: [allowed, also, scenario.judged, scenario.judged] };
    const data = dataOf(await renderTrialPage({ ...input, verdict }, template));
    const types = data.bundles[0]!.anomalies.map(({ judged }) => judged.anomaly.type);
    expect(types).toEqual(['lost-write', 'G0', 'lost-write', 'inconsistent-offsets']);
  });

  it('tells what happened where nothing went wrong', async () => {
    const input = trialInput(cutOffLeader(60));
    const clean = { ...input, verdict: { verdict: 'clean' as const, reasons: [], anomalies: [] } };
    const [bundle] = dataOf(await renderTrialPage(clean, template)).bundles;
    expect(bundle!.anomalies).toEqual([]);
    expect(bundle!.overview?.lines.length).toBeGreaterThan(0);
  });

  it('refuses a template that has no place for data', async () => {
    await expect(renderTrialPage(trialInput(killedLeader()), '<html></html>')).rejects.toThrow('build it again');
  });
});

describe('what does not fit', () => {
  const { history, trace, judged } = cutOffLeader(600);

  it('is left out from the far end, and said', () => {
    const all = narrowed(history, trace, [judged], 1e9, 'original trial');
    expect(all.leftOut).toEqual([]);
    const size = all.files!.history.length;
    const half = narrowed(history, trace, [judged], 58_000, 'original trial');
    expect(size).toBeGreaterThan(0);
    expect(half.trace.length).toBeLessThan(trace.length);
    expect(half.leftOut[0]).toMatch(/^[\d,]+ events of other partitions \(original trial\)$/);
    const nothing = narrowed(history, trace, [judged], 100, 'original trial');
    expect(nothing.files).toBeNull();
    expect(nothing.leftOut.at(-1)).toBe('the original trial, which is too large for a page');
  });

  it('keeps the numbers of events right', () => {
    const truncate = trace.kind.findLastIndex(
      (kind) => trace.header.probes.find((probe) => probe.kind === kind)?.name === 'truncate',
    );
    const pointing = {
      ...judged,
      anomaly: { ...judged.anomaly, events: [truncate, 1e9] },
      licence: { row: 'r', words: 'w', event: truncate },
    };
    const half = narrowed(history, trace, [pointing], 58_000, 'original trial');
    const moved = half.renumbered(pointing);
    expect(moved.anomaly.events).toHaveLength(1);
    const [index] = moved.anomaly.events;
    expect(half.trace.time[index!]).toBe(trace.time[truncate]);
    expect(moved.licence?.event).toBe(index);
  });

  it('keeps a page of a trial with 100,000 events under 3 MB', async () => {
    const large = new TraceColumns();
    large.header = trace.header;
    const { time, kind, machine, key, a, b, c, d } = trace;
    for (let i = 0; i < 100_000; i++) {
      const j = i % trace.length;
      const round = Math.floor(i / trace.length);
      large.append(
        time[j]! + round * 60e6,
        kind[j]!,
        machine[j]!,
        key[j]!,
        a[j]! + round * 135,
        b[j]!,
        c[j]! + round * 5000,
        d[j]!,
      );
    }
    const html = await renderTrialPage({ ...trialInput(cutOffLeader(600)), trace: large }, template);
    expect(html.length).toBeLessThan(2_900_000);
  }, 60_000);
});

it('the page of a campaign carries its cells, causes and situations', () => {
  const html = renderCampaignPage(campaignInput(cutOffLeader(), killedLeader()), template);
  expect(html).toContain('<title>orders: unsafe</title>');
  expect(html).toContain('failures/17/report.html');
});
