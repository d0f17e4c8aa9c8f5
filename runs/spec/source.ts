/** A YAML or JSON document with the place of everything in it. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { Problems } from './problems.js';
import type { Origin } from './spec.js';

export type Path = readonly (string | number)[];

export class SpecSource {
  readonly file: string;
  readonly text: string;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  /** As plain data; undefined if the text is no YAML. */
  readonly raw: unknown;

  constructor(file: string, text: string, problems: Problems) {
    this.file = file;
    this.text = text;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    for (const error of this.#document.errors) {
      problems.error(this.#originAt(error.pos[0]), `not valid YAML: ${error.message.split('\n')[0]}`);
    }
    this.raw = this.#document.errors.length > 0 ? undefined : this.#plainData(problems);
  }

  /** Where the value at this path begins; of its nearest parent, if there is no such value. */
  valueOrigin(path: Path): Origin {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#originAt(node.range[0]);
    }
    return this.#originAt(this.#document.contents?.range[0] ?? 0);
  }

  /** Where the key at the end of this path stands. */
  keyOrigin(path: Path): Origin {
    const parent = this.#document.getIn(path.slice(0, -1), true);
    const map = isAlias(parent) ? parent.resolve(this.#document) : parent;
    const name = path.at(-1);
    if (isMap(map)) {
      for (const pair of map.items) {
        if (isScalar(pair.key) && String(pair.key.value) === String(name) && pair.key.range) {
          return this.#originAt(pair.key.range[0]);
        }
      }
    }
    return this.valueOrigin(path);
  }

  /** A scalar exactly as it is written, so that 0.10 stays 0.10; undefined if there is none. */
  sourceText(path: Path): string | undefined {
    const node = this.#document.getIn(path, true);
    if (!isScalar(node)) return undefined;
    return node.source ?? String(node.value);
  }

  #originAt(offset: number): Origin {
    const { line, col } = this.#lines.linePos(offset);
    return { kind: 'file', file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #plainData(problems: Problems): unknown {
    this.#refuseUnnamedKeys(problems);
    try {
      return this.#document.toJS({ maxAliasCount: 100 }) as unknown;
    } catch (error) {
      problems.error(this.#originAt(0), `not valid YAML: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** A key has to be a name: no list, no map, nothing empty. */
  #refuseUnnamedKeys(problems: Problems): void {
    visit(this.#document, {
      Pair: (_, pair) => {
        const key = pair.key as Node | null;
        if (isScalar(key) && key.value !== null) return;
        problems.error(this.#originAt(key?.range?.[0] ?? 0), 'a key has to be a name');
      },
    });
  }
}

/** Whether a value read from a document is a map of names. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isPair(value) && !isSeq(value);
}
