/** What would have prevented an anomaly, said of histories without a trace: what settings let in, and nothing else. */
import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send, txn, type OperationBuilder } from '../../histories/builders.js';
import type { HistoryHeader } from '../../histories/operation.js';
import { checkHistory } from './check-history.js';
import { judge } from './judge.js';

type Settings = HistoryHeader['settings'];

function preventedBy(
  type: string,
  settings: Settings,
  operations: readonly OperationBuilder[],
  nothingLicensesLoss = false,
): string | null | undefined {
  const history = historyOf(operations, { settings, resend: true });
  const { anomalies, undecided } = checkHistory(history);
  const verdict = judge({ history, trace: null, anomalies, undecided, requirements: [], nothingLicensesLoss });
  const found = verdict.anomalies.find(({ anomaly }) => anomaly.type === type)?.anomaly;
  if (found === undefined) return undefined;
  return found.preventedBy === null ? null : `${found.preventedBy.setting}=${found.preventedBy.value}`;
}

describe('of a lost record', () => {
  const lost = [send('orders-0', 7).ok(0), send('orders-0', 8).ok(1), finalRead('orders-0', 1, [1, 8])];
  const of = (settings: Settings, noLoss = false) => preventedBy('lost-write', settings, lost, noLoss);

  it('it is acks=all, if the producer is known to have asked for less', () => {
    expect(of({ acks: '1' })).toBe('acks=all');
    expect(of({ 'p0:acks': 0, acks: 'all' })).toBe('acks=all');
    expect(of({ 'p1:acks': 0, acks: 'all' })).toBe(null);
  });
  it('it is clean elections, if unclean ones are known to be allowed', () => {
    expect(of({ acks: 'all', 'unclean.leader.election.enable': 'true' })).toBe('unclean.leader.election.enable=false');
    expect(of({ 'payments:unclean.leader.election.enable': true })).toBe(null);
  });
  it('nobody knows which of two open doors it was', () => {
    expect(of({ acks: '1', 'unclean.leader.election.enable': 'true' })).toBe(null);
  });
  it('nothing is said where nothing is known, or where no setting is to blame', () => {
    expect(of({})).toBe(null);
    expect(of({ acks: 'all' })).toBe(null);
    expect(of({ acks: 'all' }, true)).toBe(null);
  });
});

describe('of records twice or out of order', () => {
  const twice = [send('x', 7).ok(0), poll('x', [0, 7], [1, 7])];
  const turned = [send('x', 7).ok(1), send('x', 8).ok(0), poll('x', [0, 8], [1, 7])];

  it('it is idempotence, if the producer is known to have none', () => {
    expect(preventedBy('duplicate', { 'enable.idempotence': false }, twice)).toBe('enable.idempotence=true');
    expect(preventedBy('nonmonotonic-send', { 'enable.idempotence': false }, turned)).toBe('enable.idempotence=true');
  });
  it('not where it is on, or may be', () => {
    for (const settings of [{}, { 'enable.idempotence': true }] as const) {
      expect(preventedBy('duplicate', settings, twice)).toBe(null);
      expect(preventedBy('nonmonotonic-send', settings, turned)).toBe(null);
    }
  });
  it('not where the producer retries nothing, or has one batch in flight', () => {
    expect(preventedBy('duplicate', { acks: 1, retries: 0 }, twice)).toBe(null);
    const oneInFlight = { acks: 1, 'max.in.flight.requests.per.connection': 1 };
    expect(preventedBy('nonmonotonic-send', oneInFlight, turned)).toBe(null);
  });
  it('not where the application sent the record again itself', () => {
    const resent = [send('x', 7).ok(0), send('x', 7).ok(1), poll('x', [0, 7], [1, 7])];
    expect(preventedBy('duplicate', { 'enable.idempotence': false }, resent)).toBe(null);
  });
});

describe('of reads of what was not committed', () => {
  const aborted = [send('x', 1).ok(0), txn(send('x', 2)).fail(), poll('x', [0, 1], [1, 2])];
  it('it is read_committed, if the consumer is known to read more', () => {
    expect(preventedBy('G1a', { 'isolation.level': 'read_uncommitted' }, aborted)).toBe(
      'isolation.level=read_committed',
    );
    expect(preventedBy('G1a', { 'c0:isolation.level': 'read_uncommitted' }, aborted)).toBe(
      'isolation.level=read_committed',
    );
  });
  it('not if nobody said so, or another consumer does', () => {
    expect(preventedBy('G1a', {}, aborted)).toBe(null);
    expect(preventedBy('G1a', { 'isolation.level': 'read_committed' }, aborted)).toBe(null);
    expect(preventedBy('G1a', { 'c1:isolation.level': 'read_uncommitted' }, aborted)).toBe(null);
  });
  it('nor of a send that was in no transaction', () => {
    const failed = [send('x', 1).ok(0), send('x', 2).fail(), poll('x', [0, 1], [1, 2])];
    expect(preventedBy('G1a', { 'isolation.level': 'read_uncommitted' }, failed)).toBe(null);
  });
});
