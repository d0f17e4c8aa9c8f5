/** What these settings guarantee, and every setting. */
import { useState } from 'preact/hooks';
import type { GuaranteeRow, SettingRow } from '../page-data.js';
import type { Position } from './position.js';

export function Guarantees({
  rows,
  move,
}: {
  rows: readonly GuaranteeRow[];
  move: (change: Partial<Position>) => void;
}) {
  if (rows.length === 0) return null;
  const assumes = rows.some((row) => row.assumptions !== '');
  return (
    <section class="panel" aria-label="Guarantees">
      <h2>Guarantees</h2>
      <div class="scroll">
        <table class={assumes ? 'list guarantees' : 'list'}>
          <thead>
            <tr>
              {['', 'guarantee', ...(assumes ? ['assumes'] : []), 'source', 'in this trial'].map((title) => (
                <th scope="col">{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr class={row.given ? '' : 'faded'}>
                <td class="nowrap">{row.given ? '✓ given' : '– not given'}</td>
                <td>{row.sentence}</td>
                {assumes && <td>{row.assumptions}</td>}
                <td class="quiet">{row.source}</td>
                <td>
                  {row.leftBy === null ? (row.given ? 'held' : '') : row.leftBy.words}{' '}
                  {row.leftBy !== null && row.leftBy.event >= 0 && (
                    <button type="button" class="button" onClick={() => move({ event: row.leftBy!.event })}>
                      show
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function Settings({ rows }: { rows: readonly SettingRow[] }) {
  const [text, setText] = useState('');
  const [differing, setDiffering] = useState(false);
  const found = rows.filter(
    (row) => (!differing || row.differs) && `${row.name} ${row.scope} ${row.value}`.includes(text),
  );
  return (
    <details class="panel">
      <summary>
        <h2>Every setting</h2> <span class="quiet">{rows.length}</span>
      </summary>
      <div class="bar wrap">
        <input
          type="search"
          placeholder="name or value"
          aria-label="Search settings"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <label>
          <input type="checkbox" checked={differing} onChange={(event) => setDiffering(event.currentTarget.checked)} />{' '}
          only those that differ
        </label>
        <span class="quiet">{found.length} shown</span>
      </div>
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              {['setting', 'of', 'value', "Kafka's default", 'from', 'in the model'].map((title) => (
                <th scope="col">{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.map((row) => (
              <tr>
                <td class="mono">{row.name}</td>
                <td>{row.scope}</td>
                <td class="mono">{row.differs ? <b>{row.value}</b> : row.value}</td>
                <td class="mono quiet">{row.kafkaDefault}</td>
                <td>{row.origin}</td>
                <td class={row.bearing === 'could matter, not modelled' ? 'warn' : ''}>{row.bearing}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
