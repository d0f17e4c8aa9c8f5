/** How campaigns write numbers and times. */

export { counted, grouped, listed, seconds, simulated } from '../../histories/report/words.js';

/** "0.4 s", "13.1 s"; what would be 0.0 s is said in words: it is short, and not nothing. */
export function shortSeconds(micros: number): string {
  return micros < 50_000 ? 'under 0.1 s' : `${(micros / 1_000_000).toFixed(1)} s`;
}

/** Wall time: "0.8 s", "33 s", "4 min 10 s". */
export function wallTime(millis: number): string {
  if (millis < 10_000) return `${(millis / 1000).toFixed(1)} s`;
  const total = Math.round(millis / 1000);
  return total < 120 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}

/** A share in per cent, with as many digits as tell something: "0.15 %", "2.1 %". */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const share = (100 * part) / whole;
  return `${share < 1 ? Number(share.toPrecision(2)) : Number(share.toPrecision(3))} %`;
}

/** Rule of three: none in n leaves, at 95 % confidence, a rate below 3/n. */
export function ruleOfThree(trials: number): string {
  return percent(Math.min(3, trials), trials);
}

/** "7be1…40c2" */
export function shortDigest(digest: string): string {
  return digest.length <= 9 ? digest : `${digest.slice(0, 4)}…${digest.slice(-4)}`;
}

/** Breaks a paragraph into lines of at most `width` characters. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => one.replaceAll(HARD_SPACE, ' '));
}

/** Items with dots between; a line breaks behind a dot, never within an item. */
export function dotted(items: readonly string[]): string {
  return items.map((item) => item.replaceAll(' ', HARD_SPACE)).join(`${HARD_SPACE}· `);
}

/** Stands for a blank where no line may break, until the lines are made. */
const HARD_SPACE = '\u00A0';

/** A label in its column and a paragraph beside it, hanging. */
export function labelled(indent: number, label: string, labelWidth: number, text: string, width = 120): string[] {
  const room = Math.max(40, width - indent - labelWidth);
  return wrapped(text, room).map((line, index) => {
    const left = index === 0 ? label.padEnd(labelWidth) : ' '.repeat(labelWidth);
    return `${' '.repeat(indent)}${left}${line}`;
  });
}
