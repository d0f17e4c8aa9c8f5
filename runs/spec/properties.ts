/** Java property files, with the place of each value (java.util.Properties.load). */

export interface Property {
  readonly name: string;
  readonly value: string;
  /** 1-based: where the name begins. */
  readonly line: number;
  readonly column: number;
  /** 1-based, on the line where the value begins. */
  readonly valueLine: number;
  readonly valueColumn: number;
}

/** In order of the file; the last of several properties of one name is the one that counts. */
export function parseProperties(text: string): Property[] {
  const found: Property[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let i = 0; i < lines.length; i++) {
    const first = i;
    const start = lines[i]!.search(/[^ \t\f]/);
    if (start < 0 || lines[i]![start] === '#' || lines[i]![start] === '!') continue;
    let logical = lines[i]!.slice(start);
    let lastStart = start;
    let offsetOfLast = 0;
    while (endsInOddBackslashes(logical) && i + 1 < lines.length) {
      i++;
      const next = lines[i]!.replace(/^[ \t\f]+/, '');
      lastStart = lines[i]!.length - next.length;
      logical = logical.slice(0, -1);
      offsetOfLast = logical.length;
      logical += next;
    }
    if (endsInOddBackslashes(logical)) logical = logical.slice(0, -1);
    const { nameEnd, valueStart } = split(logical);
    const onFirstLine = first === i || valueStart < offsetOfLast;
    found.push({
      name: unescape(logical.slice(0, nameEnd)),
      value: unescape(logical.slice(valueStart)),
      line: first + 1,
      column: start + 1,
      valueLine: (onFirstLine ? first : i) + 1,
      valueColumn: (onFirstLine ? start + valueStart : lastStart + valueStart - offsetOfLast) + 1,
    });
  }
  return found;
}

function endsInOddBackslashes(line: string): boolean {
  return /(^|[^\\])(\\\\)*\\$/.test(line);
}

/** The name ends at the first =, : or blank that is not escaped; blanks around one = or : belong to nobody. */
function split(line: string): { nameEnd: number; valueStart: number } {
  let nameEnd = 0;
  while (nameEnd < line.length && !'=: \t\f'.includes(line[nameEnd]!)) nameEnd += line[nameEnd] === '\\' ? 2 : 1;
  nameEnd = Math.min(nameEnd, line.length);
  let valueStart = nameEnd;
  let separated = false;
  while (valueStart < line.length) {
    const c = line[valueStart]!;
    if (' \t\f'.includes(c)) valueStart++;
    else if (!separated && '=:'.includes(c)) {
      separated = true;
      valueStart++;
    } else break;
  }
  return { nameEnd, valueStart };
}

function unescape(text: string): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/g, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const special: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };
    return special[code] ?? code;
  });
}
