/**
 * Jepsen's history of the Kafka workload (history.edn), and Elle's of list-append, as lines of `harrow/history` and
 * back. Nothing is lost on the way in either direction; FORMAT.md has the table.
 *
 * EDN has no place for the header but a comment, which Jepsen skips:
 *
 *   ; harrow/history {"format":"harrow/history","version":1,...}
 *   {:index 0, :process 0, :type :invoke, :f :send, :value [[:send :x 1]], :time 5}
 */
import { printEdn } from '../edn/print-edn.js';
import { EdnReader } from '../edn/read-edn.js';
import { FormatError, LineObject, parseLine } from '../json-lines.js';
import { operationToEdn, operationToJson } from './operations.js';
import { type Spelling, spellingOf } from './spelling.js';
import { type Form, survey, type Survey } from './survey.js';

const HEADER_COMMENT = '; harrow/history ';

/**
 * The history as `harrow/history`: its header, then its operations. Line numbers are those of the EDN text.
 * @throws FormatError
 */
export function* linesOfEdn(text: string): Generator<LineObject> {
  const header = headerComment(text) ?? headerOf(surveyOf(text));
  yield header;
  const spelling = spellingOf(header);
  let index = 0;
  let time = 0;
  for (const { line, value } of forms(text)) {
    const operation = new LineObject(line, operationToJson(line, value, spelling, { index, time }));
    time = operation.integer('time', 0);
    index++;
    yield operation;
  }
}

/**
 * EDN text of a history, piece by piece. Lines must be those of a history that the reader accepts.
 * @throws FormatError for what EDN cannot say, such as a number that JSON has rounded
 */
export function* ednOfLines(lines: Iterable<LineObject>): Generator<string> {
  const source = lines[Symbol.iterator]();
  const first = source.next();
  if (first.done === true) throw new FormatError(1, 'the file is empty');
  const spelling = spellingOf(first.value);
  const [opening, closing] = { lines: ['', ''], vector: ['[', ']\n'], list: ['(', ')\n'] }[spelling.container];
  yield `${HEADER_COMMENT}${first.value.text()}\n${opening!}`;
  for (let next = source.next(); next.done !== true; next = source.next()) {
    yield `${printEdn(operationToEdn(next.value, spelling))}\n`;
  }
  yield closing!;
}

function headerComment(text: string): LineObject | null {
  if (!text.startsWith(HEADER_COMMENT)) return null;
  const end = text.indexOf('\n');
  return new LineObject(1, parseLine(1, text.slice(HEADER_COMMENT.length, end < 0 ? text.length : end)));
}

function headerOf({ spelling, workload, keys }: Survey): LineObject {
  const { without, ...written } = spelling;
  return new LineObject(1, {
    format: 'harrow/history',
    version: 1,
    workload,
    timeUnit: 'ns',
    keys: Object.fromEntries(keys.map((key, index) => [key, { index }])),
    edn: without.length === 0 ? written : spelling,
  });
}

function surveyOf(text: string): Survey {
  const [container, reader] = openHistory(text);
  if (container === 'lines' && !reader.more()) reader.fail('the file is empty');
  return survey(forms(text), container);
}

/** Steps into the collection, if the history is one. */
function openHistory(text: string): [Spelling['container'], EdnReader] {
  const reader = new EdnReader(text);
  const opening = reader.more() ? reader.peek() : '';
  if (opening !== '[' && opening !== '(') return ['lines', reader];
  reader.skip(opening);
  return [opening === '[' ? 'vector' : 'list', reader];
}

function* forms(text: string): Generator<Form> {
  const [container, reader] = openHistory(text);
  const closing = { lines: '', vector: ']', list: ')' }[container];
  while (reader.more()) {
    if (reader.peek() === closing) {
      reader.skip(closing);
      if (reader.more()) reader.fail('the history has ended, and more follows');
      return;
    }
    const { line } = reader;
    yield { line, value: reader.next() };
  }
  if (closing !== '') reader.fail(`the history is never closed: the text ends before ${closing}`);
}
