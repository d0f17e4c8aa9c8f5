import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linesOfEdn } from './jepsen/edn-history.js';
import { readHistory, readHistoryLines } from './read-history.js';

const document = readFileSync(new URL('FORMAT.md', import.meta.url), 'utf8');

function example(language: string): string {
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(document)![1]!;
}

describe('FORMAT.md', () => {
  it('shows a history', () => {
    const { operations, keys, header } = readHistory(example('jsonl'));
    expect(keys).toEqual(['orders-0']);
    expect(header.settings).toEqual({ acks: 'all' });
    expect(operations.map(({ client, f, outcome, completedAt }) => [client, f, outcome, completedAt])).toEqual([
      ['p0', 'send', 'ok', 2500],
      ['c0', 'poll', 'ok', 2900],
      ['p0', 'send', 'info', 33100],
    ]);
  });

  it('shows one of Jepsen', () => {
    const [operation] = readHistoryLines(linesOfEdn(example('edn'))).operations;
    expect(operation).toMatchObject({ f: 'send', value: [{ kind: 'send', offset: 537, value: 641 }] });
  });

  it('names every field and function that the reader knows', () => {
    const unknown = (line: string): string => {
      try {
        readHistory(`{"format":"harrow/history","version":1,"workload":"kafka"}\n${line}`);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    const row = /^\| (`[^|]*) \|/gm;
    const named = [...document.matchAll(row)].flatMap(([, cell]) => [...cell!.matchAll(/`([a-zA-Z-]+)`/g)]);
    const words = new Set(named.map(([, word]) => word!));
    for (const f of ['send', 'poll', 'txn', 'assign', 'commit', 'committed', 'end-offsets', 'rebalance', 'crash']) {
      expect(words).toContain(f);
      expect(unknown(`{"index":0,"time":0,"process":0,"type":"invoke","f":"${f}","value":null}`)).toBe('');
    }
    for (const field of ['client', 'session', 'finalReadOf', 'derived', 'node', 'rebalanceLog', 'meta', 'ext']) {
      expect(words).toContain(field);
      expect(unknown(`{"index":0,"time":0,"process":"nemesis","type":"info","f":"x","${field}":null}`)).toBe('');
    }
    expect(unknown('{"index":0,"time":0,"process":0,"type":"invoke","f":"sned"}')).toContain('did you mean send?');
    expect(unknown('{"index":0,"tiem":0}')).toContain('unknown field "tiem"; did you mean time?');
  });
});
