/** A trial as the page works with it: read back from the files that the page carries. */
import { readHistory } from '../../format/read-history.js';
import { readTrace } from '../../format/trace-format.js';
import type { History } from '../../operation.js';
import { TraceReplay } from '../../replay-state.js';
import type { TraceReader } from '../../trace-record.js';
import { bandsOf, type Bands } from '../drawing/bands.js';
import type { PageBundle } from '../page-data.js';
import type { Story } from '../story.js';
import { Names } from '../words.js';

export interface Trial {
  readonly bundle: PageBundle;
  readonly history: History;
  readonly replay: TraceReplay;
  readonly reader: TraceReader;
  readonly names: Names;
  /** Kept by key: the lanes ask for them at every step. */
  bands(key: number): Bands;
}

export async function openTrial(bundle: PageBundle): Promise<Trial> {
  const [historyText, traceText] = await Promise.all([unpack(bundle.history), unpack(bundle.trace)]);
  const history = readHistory(historyText);
  const replay = new TraceReplay(readTrace(traceText));
  const bands = new Map<number, Bands>();
  return {
    bundle,
    history,
    replay,
    reader: replay.reader,
    names: new Names(replay.reader.header, (value) => history.valueName(value)),
    bands(key) {
      let known = bands.get(key);
      if (known === undefined) {
        known = bandsOf(replay.reader, key);
        bands.set(key, known);
      }
      return known;
    },
  };
}

/** base64 of gzip to text. */
async function unpack(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}

/** The story that is stepped through: the anomaly's, or what happened where nothing went wrong. */
export function storyShown(bundle: PageBundle, anomaly: number): Story | null {
  return bundle.anomalies[anomaly]?.story ?? bundle.overview;
}
