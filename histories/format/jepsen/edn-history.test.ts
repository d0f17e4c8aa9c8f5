import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { History } from '../../operation.js';
import { printEdn } from '../edn/print-edn.js';
import { EdnReader, readEdn } from '../edn/read-edn.js';
import type { Edn } from '../edn/values.js';
import { writeHistory } from '../history-format.js';
import { jsonLines } from '../json-lines.js';
import { readHistory, readHistoryLines } from '../read-history.js';
import { groupHistories } from '../testing/group-arbitraries.js';
import { histories } from '../testing/history-arbitraries.js';
import { jepsenHistories } from '../testing/jepsen-arbitraries.js';
import { ednOfLines, linesOfEdn } from './edn-history.js';

function importText(edn: string): string {
  return [...linesOfEdn(edn)].map((line) => `${line.text()}\n`).join('');
}

function exportText(text: string): string {
  return [...ednOfLines(jsonLines(text))].join('');
}

/** EDN's forms with the entries of maps in one order, and lists as the vectors that they are equal to. */
function canonical(value: Edn): string {
  if (value === null || typeof value !== 'object') return printEdn(value);
  switch (value.kind) {
    case 'vector':
    case 'list':
      return `[${value.items.map(canonical).join(' ')}]`;
    case 'set':
      return `#{${value.items.map(canonical).sort().join(' ')}}`;
    case 'map':
      return `{${value.entries
        .map(([key, item]) => `${canonical(key)} ${canonical(item)}`)
        .sort()
        .join(' ')}}`;
    case 'tagged':
      return `#${value.tag} ${canonical(value.value)}`;
    default:
      return printEdn(value);
  }
}

function allForms(text: string): string[] {
  const reader = new EdnReader(text);
  const forms: string[] = [];
  while (reader.more()) forms.push(canonical(reader.next()));
  return forms;
}

describe("Jepsen's history", () => {
  it('comes back from harrow/history as it was, and is a history', () => {
    fc.assert(
      fc.property(
        jepsenHistories.filter((edn) => edn.trim() !== ''),
        (edn) => {
          const text = importText(edn);
          expect(allForms(exportText(text))).toEqual(allForms(edn));
          expect(importText(exportText(text))).toBe(text);
          readHistory(text);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['of sends and polls', histories],
    ['of transactions and groups', groupHistories],
  ])('of what Harrow recorded comes back byte for byte: %s', (_, recorded: fc.Arbitrary<History>) => {
    fc.assert(
      fc.property(recorded, (history) => {
        const text = writeHistory(history);
        expect(importText(exportText(text))).toBe(text);
      }),
    );
  });

  it('looks as documented', () => {
    const edn = `
{:index 0, :time 153467070, :type :invoke, :process 379, :f :send, :value [[:send 11 641]]}
#_{:discarded true}
{:index 1, :time 169754615, :type :ok, :process 379, :f :send, :value [[:send 11 [537 641]]], :node "n1"}
{:index 2, :time 169754616, :type :invoke, :process 2, :f :poll, :value [[:poll]], :poll-ms 100}
{:index 3, :time 169754620, :type :ok, :process 2, :f :poll, :value [[:poll {11 [[537 641]]}]],
 :rebalance-log [{:keys [11], :action :assigned}], :unseen {11 0}}
{:index 4, :time 169754630, :type :info, :process :nemesis, :f :kill, :value #{"n1"}, :error "x"}
`;
    expect(importText(edn)).toBe(
      `${[
        '{"format":"harrow/history","version":1,"workload":"kafka","timeUnit":"ns","keys":{"11":{"index":0}},"edn":{"keys":"int","strings":"keyword","container":"lines","tag":""}}',
        '{"index":0,"process":379,"type":"invoke","f":"send","value":[["send","11",641]],"time":153467070}',
        '{"index":1,"process":379,"type":"ok","f":"send","value":[["send","11",[537,641]]],"time":169754615,"node":"n1"}',
        '{"index":2,"process":2,"type":"invoke","f":"poll","value":[["poll"]],"time":169754616,"pollMs":100}',
        '{"index":3,"process":2,"type":"ok","f":"poll","value":[["poll",{"11":[[537,641]]}]],"time":169754620,"rebalanceLog":[{"keys":["11"],"ext":{":action":"assigned"}}],"ext":{":unseen":{"$edn":"{11 0}"}}}',
        '{"index":4,"process":"nemesis","type":"info","f":"kill","value":{"$edn":"#{\\"n1\\"}"},"time":169754630,"error":{"$str":"x"}}',
      ].join('\n')}\n`,
    );
  });

  it('keeps nanoseconds apart in real time', () => {
    const { operations } = readHistoryLines(
      linesOfEdn(
        '{:index 0 :time 1500 :process 0 :type :invoke :f :poll :value nil}{:index 1 :time 1501 :process 0 :type :ok :f :poll :value nil}',
      ),
    );
    expect(operations).toMatchObject([{ invokedAt: 1.5, completedAt: 1.501 }]);
  });

  it.each([
    ['', 'line 1: the file is empty'],
    ['\n5', 'line 2: an operation is a map; got 5'],
    ['[{:index 0', 'line 1: { is never closed: the text ends before }'],
    ['[', 'line 1: the history is never closed: the text ends before ]'],
    ['[] 5', 'line 1: the history has ended, and more follows'],
    [
      op(':value [[:send :x 1] [:send 2 1]]'),
      'line 1: a topic-partition is named by 2, and others before it by keywords',
    ],
    [op(':value [[:send 1.5 1]]'), 'line 1: a topic-partition is named by an integer, a keyword or a string; got 1.5'],
    [op(':value [[:cas :x 1]]'), 'line 1: a micro-operation is [:send k v]'],
    [op(':value [[:poll [1]]]'), 'line 1: a poll reads a map of topic-partitions; got [1]'],
    [op(':value [[:poll {:x [[1]]}]]'), 'line 1: expected [offset value], got [1]'],
    [op(':value [[:send :x [-4 1]]]'), 'line 1: no offset: -4'],
    [op(':value nil :type "ok"', ''), 'line 1: "type" should be one of invoke, ok, fail, info; got {"$str":"ok"}'],
    [
      `${op(':value nil')}\n{:process 1 :type :invoke :f :poll :time 1}`,
      'line 2: :index is missing, and operations before have it',
    ],
    [`${op(':value nil')}\n#a.B{:index 1}`, 'line 2: an operation is a #a.B; those before are a plain map'],
    [
      op(':value nil :harrow/session "a"'),
      'line 1: "session" should be a whole number of at least 0; got {"$str":"a"}',
    ],
  ])('%j is refused', (edn, message) => {
    expect(() => readHistoryLines(linesOfEdn(edn))).toThrow(message);
  });

  it.each([
    [
      '"error":12345678901234567890',
      '12345678901234567000 is too large to be exact as a JSON number: write {"$int":"…"}',
    ],
    ['"error":{"$x":"1"}', 'no such wrapper: "$x"'],
    ['"error":{"$int":"1.5"}', '$int holds an integer; got "1.5"'],
    ['"error":{"$a":1,"b":2}', 'names that begin with $ are reserved: "$a"'],
    ['"ext":{"(":1}', '"ext": "(" is no EDN, as its names should be'],
    ['"ext":{":node":1}', '"ext": ":node" is the field "node"'],
  ])('%s cannot be exported, and it is said why', (field, message) => {
    const header = '{"format":"harrow/history","version":1,"workload":"kafka","keys":{"x":{}}}';
    const line = `{"index":0,"process":0,"type":"invoke","f":"poll","value":null,"time":0,${field}}`;
    expect(() => exportText(`${header}\n${line}\n`)).toThrow(`line 2: ${message}`);
  });

  it('reads the lists that Elle judges', () => {
    const history = readHistoryLines(
      linesOfEdn(
        '[{:index 0 :time 0 :process 0 :type :invoke :f :txn :value [[:append :x 1] [:r :y nil]]} {:index 1 :time 1 :process 0 :type :ok :f :txn :value [[:append :x 1] [:r :y [2 3]]]}]',
      ),
    );
    expect(history.header.workload).toBe('list-append');
    expect(history.operations[0]!.value).toEqual([
      { kind: 'append', key: 0, value: 1 },
      { kind: 'read', key: 1, values: [2, 3] },
    ]);
  });
});

function op(fields: string, type = ':type :invoke '): string {
  return printEdn(readEdn(`{:index 0 :time 0 :process 0 ${type}:f :txn ${fields}}`));
}
