import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send } from '../../histories/builders.js';
import type { History } from '../../histories/operation.js';
import type { Trace } from '../../histories/trace.js';
import { checkHistory } from './check-history.js';
import { judge } from './judge.js';
import { TraceScript } from './testing/script.js';

const acksOne = new TraceScript({ settings: { acks: 1 } })
  .lead(1, [1, 2, 3])
  .append(1, 7)
  .acknowledge(1, 0, 1)
  .lead(2, [2, 3]);
const lost = historyOf([send('orders-0', 7).ok(0), finalRead('orders-0', 2)], acksOne.header);

function verdict(trace: Trace | null, requirements: readonly string[], history = lost) {
  return judge({ history, trace, ...checkHistory(history), requirements });
}

describe('judge', () => {
  it('calls what is licensed and forbidden unsafe, with the licence, the requirement and the remedy', () => {
    expect(verdict(acksOne.trace, ['key-order', 'no-lost-writes'])).toMatchObject({
      verdict: 'unsafe',
      anomalies: [
        {
          judgement: 'unsafe',
          licence: { row: 'acks-1-leader-change', words: 'acks=1 and a change of leader' },
          requirement: 'no-lost-writes',
          guarantee: null,
          anomaly: { type: 'unseen', preventedBy: { setting: 'acks', value: 'all' } },
        },
      ],
    });
  });

  it('keeps what checkers could not decide', () => {
    const kept = judge({ history: lost, trace: acksOne.trace, anomalies: [], undecided: ['why'], requirements: [] });
    expect(kept).toEqual({ verdict: 'undecided', reasons: ['why'], anomalies: [] });
  });

  it('says of a bug which requirement forbids it too, and tells every anomaly that clients saw', () => {
    const script = new TraceScript({ settings: { acks: 'all' } }).lead(1, [1, 2, 3]).append(1, 7);
    script.commit(1, 2, 3).acknowledge(1, 0);
    const history = historyOf([send('orders-0', 7).ok(0), finalRead('orders-0', 2)], script.header);
    const [one] = checkHistory(history).anomalies;
    const anomalies = Array.from({ length: 70 }, () => one!);
    const told = judge({ history, trace: script.trace, anomalies, undecided: [], requirements: ['no-lost-writes'] });
    expect(told.anomalies).toHaveLength(70);
    expect(told.anomalies[0]).toMatchObject({ judgement: 'bug', requirement: 'no-lost-writes' });
  });

  it('what a reset to the latest offset passed over is licensed as that', () => {
    const settings = { acks: 'all', commit: 'after-processing', 'group.id': 'g', 'auto.offset.reset': 'latest' };
    const history = historyOf([send('orders-0', 7).ok(0)], { ...acksOne.header, settings }, ['orders-0']);
    const preventedBy = { setting: 'auto.offset.reset', value: 'earliest' };
    const found = { ...checkHistory(lost).anomalies[0]!, type: 'skipped', preventedBy };
    const input = { history, trace: acksOne.trace, anomalies: [found], undecided: [] };
    expect(judge({ ...input, requirements: ['processed-at-least-once'] }).anomalies).toMatchObject([
      { judgement: 'unsafe', licence: { row: 'reset-to-latest', event: -1 }, anomaly: { preventedBy } },
    ]);
  });

  it.each([
    [{ setting: 'commit', value: 'after-processing' }, 'skipped', 'before-processing'],
    [null, 'skipped', 'after-processing-twice'],
    [null, 'reprocessed', 'before-processing'],
  ])('what nothing promises is prevented by %o: %s with commit %s', (preventedBy, type, commit) => {
    const settings = { acks: 'all', commit, 'group.id': 'g', 'auto.offset.reset': 'latest' };
    const history = historyOf([send('orders-0', 7).ok(0)], { ...acksOne.header, settings }, ['orders-0']);
    const found = { ...checkHistory(lost).anomalies[0]!, type };
    const input = { history, trace: acksOne.trace, anomalies: [found], undecided: [], requirements: [] };
    expect(judge(input).anomalies).toMatchObject([
      { judgement: 'allowed', licence: { row: 'not-promised', event: -1 }, anomaly: { preventedBy } },
    ]);
  });

  it('names what of the trace belongs to it: that the record was appended, and the licensing event', () => {
    const named = ({ trace: whole }: TraceScript, history: History) =>
      judge({ history, trace: whole, ...checkHistory(history), requirements: [] }).anomalies.map(({ anomaly }) =>
        anomaly.events.map((event) => whole.header.probes.find(({ kind }) => kind === whole.kind[event])!.name),
      );
    expect(named(acksOne, lost)).toEqual([['append', 'elected']]);
    const kept = new TraceScript({ settings: { acks: 'all' } }).lead(1, [1, 2, 3]).append(1, 7);
    kept.commit(1, 2, 3).acknowledge(1, 0);
    expect(named(kept, historyOf([send('orders-0', 7).ok(0), finalRead('orders-0', 2)], kept.header))).toEqual([
      ['append'],
    ]);
  });

  it('names no event without a trace, and leaves those that an invariant named', () => {
    expect(verdict(null, []).anomalies.map(({ anomaly }) => anomaly.events)).toEqual([[]]);
    const breach = { ...checkHistory(lost).anomalies[0]!, type: 'W2', events: [1] };
    const judged = judge({ history: lost, trace: acksOne.trace, anomalies: [breach], undecided: [], requirements: [] });
    expect(judged.anomalies[0]!.anomaly.events).toEqual([1]);
  });

  it('names the licensing record of the trace', () => {
    const { licence } = verdict(acksOne.trace, []).anomalies[0]!;
    expect(acksOne.trace.kind[licence!.event]).toBe(
      acksOne.trace.header.probes.find(({ name }) => name === 'elected')!.kind,
    );
  });

  it('calls what is licensed and not forbidden allowed, and the trial clean', () => {
    const { verdict: word, anomalies } = verdict(acksOne.trace, ['key-order']);
    expect([word, anomalies[0]!.judgement, anomalies[0]!.requirement]).toEqual(['clean', 'allowed', null]);
  });

  it('calls what nothing licenses a bug, with the guarantee, whatever is required', () => {
    const history = historyOf([send('orders-0', 7).ok(0), poll('orders-0', [0, 7], [1, 99])]);
    expect(verdict(new TraceScript().trace, [], history)).toMatchObject({
      verdict: 'bug',
      anomalies: [{ judgement: 'bug', licence: null, guarantee: 'real-reads', anomaly: { type: 'phantom' } }],
    });
  });

  it('calls what nothing promises allowed', () => {
    const strange = { ...checkHistory(lost).anomalies[0]!, type: 'consume-count' };
    const input = { history: lost, trace: acksOne.trace, anomalies: [strange], undecided: [], requirements: [] };
    expect(judge(input).anomalies[0]).toMatchObject({ judgement: 'allowed', licence: { row: 'not-promised' } });
  });

  it('judges requirements alone without a trace', () => {
    expect(verdict(null, ['no-lost-writes'])).toMatchObject({
      verdict: 'unsafe',
      anomalies: [{ judgement: 'unsafe', licence: null, requirement: 'no-lost-writes' }],
    });
    expect(verdict(null, []).verdict).toBe('clean');
  });

  it('calls what is never licensed a bug without a trace too', () => {
    const sent = send('orders-0', 7).ok(0);
    const phantom = historyOf([sent, poll('orders-0', [0, 7], [1, 99])]);
    const misplaced = historyOf([sent, poll('orders-0', [0, 7]), poll('orders-1', [0, 7])]);
    for (const [history, type] of [[phantom, 'phantom'] as const, [misplaced, 'misplaced'] as const]) {
      const { verdict: word, anomalies } = verdict(null, [], history);
      expect(word).toBe('bug');
      expect(anomalies.find(({ anomaly }) => anomaly.type === type)).toMatchObject({
        judgement: 'bug',
        licence: null,
        guarantee: 'real-reads',
      });
    }
  });

  it('calls what is excluded a bug if it is known that nothing was lost, but for what retries and the like license', () => {
    const judgementOf = (history: History, type: string) => {
      const { anomalies } = judge({
        history,
        trace: null,
        ...checkHistory(history),
        requirements: [],
        nothingLicensesLoss: true,
      });
      return anomalies.find(({ anomaly }) => anomaly.type === type)?.judgement;
    };
    const plain = { acks: 'all', 'enable.idempotence': false };
    const twice = [send('orders-0', 7).ok(1), finalRead('orders-0', 1, [0, 7], [1, 7])];
    const swapped = [send('orders-0', 7).ok(1), send('orders-0', 8).ok(0), finalRead('orders-0', 1, [0, 8], [1, 7])];
    const lossless = [send('orders-0', 7).ok(0), finalRead('orders-0', 1)];
    for (const settings of [plain, { ...plain, 'max.in.flight.requests.per.connection': 1 }, { acks: 'all' }]) {
      expect(judgementOf(historyOf(twice, { settings }), 'duplicate')).toBe('allowed');
      expect(judgementOf(historyOf(swapped, { settings }), 'nonmonotonic-send')).toBe('allowed');
      expect(judgementOf(historyOf(lossless, { settings }), 'unseen')).toBe('bug');
    }
    expect(judgementOf(historyOf(twice, { settings: { ...plain, retries: 0 } }), 'duplicate')).toBe('bug');
  });

  it('is undecided where a licence cannot be decided, and judges the rest', () => {
    const broken = Object.assign(Object.create(acksOne.trace), { kind: null }) as Trace;
    const { verdict: word, reasons } = verdict(broken, []);
    expect(word).toBe('undecided');
    expect(reasons[0]).toMatch(/^unseen: its licence could not be decided: /);
    // What nothing can license needs no licence.
    const invented = historyOf([send('orders-0', 7).ok(0), poll('orders-0', [1, 99])], acksOne.header, ['orders-0']);
    expect(verdict(broken, [], invented)).toMatchObject({ verdict: 'bug' });
  });

  it('refuses a requirement that does not exist', () => {
    expect(() => verdict(null, ['no-lost-reads'])).toThrow('no requirement is named no-lost-reads');
  });
});
