import { describe, expect, it } from 'vitest';
import { parseProperties } from './properties.js';

function pairs(text: string): [string, string][] {
  return parseProperties(text).map(({ name, value }) => [name, value]);
}

describe('a property file', () => {
  it('separates name and value by =, : or a blank', () => {
    expect(pairs('a=1\nb:2\nc 3\nd = 4\ne : 5\nf\n')).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
      ['d', '4'],
      ['e', '5'],
      ['f', ''],
    ]);
  });

  it('ends a name at the first separator: later ones belong to the value', () => {
    expect(pairs('controller.quorum.voters=1@localhost:9093\nq==x\nr = = y')).toEqual([
      ['controller.quorum.voters', '1@localhost:9093'],
      ['q', '=x'],
      ['r', '= y'],
    ]);
  });

  it('leaves out comments and empty lines, and keeps blanks at the end of a value', () => {
    expect(pairs('# a=1\n  ! b=2\n\n\t\nc=3 # no comment \n')).toEqual([['c', '3 # no comment ']]);
  });

  it('goes on in the next line after a backslash, without its leading blanks', () => {
    expect(pairs('hosts=a,\\\n      b,\\\n      c\nnext=1\\\\\nlast=2')).toEqual([
      ['hosts', 'a,b,c'],
      ['next', '1\\'],
      ['last', '2'],
    ]);
  });

  it('knows escapes in names and values', () => {
    expect(pairs('a\\=b=c\nd\\ e=\\t\\u0041\\:\\q')).toEqual([
      ['a=b', 'c'],
      ['d e', '\tA:q'],
    ]);
  });

  it('accepts every kind of line end', () => {
    expect(pairs('a=1\r\nb=2\rc=3\n')).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
  });

  it('knows where names and values stand', () => {
    const [first, second] = parseProperties('# head\n  acks = all\nhosts=\\\n   a\n');
    expect(first).toMatchObject({ line: 2, column: 3, valueLine: 2, valueColumn: 10 });
    expect(second).toMatchObject({ line: 3, column: 1, valueLine: 4, valueColumn: 4, value: 'a' });
  });
});
