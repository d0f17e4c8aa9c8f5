import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send, txn, type OperationBuilder } from '../../histories/builders.js';
import { checkHistory } from './check-history.js';
import { judge } from './judge.js';
import { TraceScript } from './testing/script.js';

/** t0 and t1 are transactional, p0 is not; c0 reads committed records alone, c1 all of them. */
const mixed = {
  'transactional.id': 't',
  'p0:transactional.id': '',
  'c0:isolation.level': 'read_committed',
  'c1:isolation.level': 'read_uncommitted',
};

function judged(operations: readonly OperationBuilder[], settings: Record<string, string> = mixed): readonly string[] {
  const history = historyOf(operations, { settings });
  const { trace } = new TraceScript({ settings });
  const found = checkHistory(history);
  const { anomalies } = judge({ history, trace, ...found, requirements: [] });
  return anomalies.map(({ anomaly, judgement, licence, guarantee }) =>
    [anomaly.type, judgement, licence?.row ?? guarantee].join(' '),
  );
}

const other = send('x', 1).ok(1).by('t1');
const readBy = (client: string): OperationBuilder => poll('x', [0, 10], [1, 1]).by(client);

describe('a record that failed, read where consumers differ in isolation.level', () => {
  const aborted = txn(send('x', 10)).fail();
  const refused = send('x', 10).fail();
  it.each([
    ['of an aborted transaction, by one who reads committed records', [aborted, readBy('c0')], 'bug'],
    ['and by another before, who reads all', [aborted, readBy('c1'), readBy('c0')], 'bug'],
    ['of a plain producer, by one who reads all', [refused, readBy('c1')], 'bug'],
    ['of an aborted transaction, by a final read', [aborted, finalRead('x', 1, [0, 10], [1, 1])], 'bug'],
  ])('is a bug: %s', (_, operations) => {
    expect(judged([other, ...operations])).toEqual([expect.stringMatching(/^G1a bug (failed-means-absent|atomic-)/)]);
  });
  it('is what an aborted transaction may show to one who reads all', () => {
    expect(judged([other, aborted, readBy('c1')])).toEqual(['G1a allowed read-uncommitted']);
  });
  it('is licensed by the isolation of its reader, whichever operation came first', () => {
    const early = readBy('c1').from(0).to(9000);
    expect(judged([early, other.from(1), aborted.from(2).to(8000)])).toEqual(['G1a allowed read-uncommitted']);
  });
});

describe('a transaction of which one record was read and another passed by', () => {
  const sent = txn(send('x', 10).ok(0), send('y', 20).ok(0));
  const later = send('y', 30).ok(2).by('t1');
  const passing = poll('y', [2, 30]);
  it('is torn for whoever reads committed records', () => {
    const torn = [sent, later, poll('x', [0, 10]), passing];
    expect(judged(torn).filter((one) => one.startsWith('torn'))).toEqual(['torn-transaction bug atomic-transactions']);
  });
  it('is torn for them too if one who reads all saw both', () => {
    const all = poll('x', [0, 10]).poll('y', [0, 20]).by('c1');
    expect(judged([sent, later, all, poll('x', [0, 10]), passing])).toEqual([
      'torn-transaction bug atomic-transactions',
    ]);
  });
  it('that was aborted is seen in part by one who reads all, and by nobody else', () => {
    const aborted = txn(send('x', 10), send('y', 20)).fail();
    const seen = [aborted, later, poll('x', [0, 10]).by('c1'), passing, finalRead('y', 1, [2, 30])];
    expect(judged(seen)).toEqual(['G1a allowed read-uncommitted', 'torn-transaction allowed not-promised']);
  });
});

describe('a record that was read before its send was invoked', () => {
  it('is a bug whoever read it', () => {
    const future = [poll('x', [0, 1]).by('c1').from(0).to(5), send('x', 1).ok(0).by('t1').from(6).to(9)];
    expect(judged(future)).toEqual(['G1c-realtime bug real-reads']);
  });
  it('is none if one who reads all saw a transaction that was open, and wrote what that read', () => {
    const open = txn(send('x', 1).ok(0), poll('y', [0, 2]))
      .from(0)
      .to(100);
    const circle = (reader: string): readonly OperationBuilder[] => [
      open.by(reader === 'c0' ? 'c0' : 'c1'),
      poll('x', [0, 1]).by(reader).from(10).to(20),
      send('y', 2).ok(0).by('p0').from(30).to(40),
    ];
    expect(judged(circle('c1'))).toEqual(['G1c-realtime allowed not-promised']);
    expect(judged(circle('c0'))).toEqual(['G1c-realtime bug atomic-transactions']);
  });
});
