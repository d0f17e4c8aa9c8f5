/** Every event of the trace, in words. Picking one moves the page to the state right after it. */
import { useMemo, useState } from 'preact/hooks';
import { describe } from '../describe.js';
import { seconds } from '../words.js';
import { Choice } from './operations.js';
import { CopyButton, Shown } from './parts.js';
import type { Position } from './position.js';
import type { Trial } from './trial.js';

const PAGE = 100;

interface Props {
  trial: Trial;
  position: Position;
  move: (change: Partial<Position>) => void;
}

export function Events({ trial, position, move }: Props) {
  const { reader, names } = trial;
  const { machines, keys, probes } = reader.header;
  const [event, setEvent] = useState('');
  const [machine, setMachine] = useState('');
  const [key, setKey] = useState('');
  const [text, setText] = useState('');
  const [most, setMost] = useState(PAGE);
  const [open, setOpen] = useState(false);
  const found = useMemo(() => {
    if (!open) return [];
    const { kind, machine: byMachine, key: byKey } = reader.trace;
    const wanted = {
      kind: event === '' ? -1 : (probes.find(({ name }) => name === event)?.kind ?? -1),
      machine: machine === '' ? -1 : machines.findIndex(({ name }) => name === machine),
      key: key === '' ? -1 : keys.indexOf(key),
    };
    const indexes: number[] = [];
    for (let i = 0; i < reader.length; i++) {
      if (event !== '' && kind[i] !== wanted.kind) continue;
      if (machine !== '' && byMachine[i] !== wanted.machine) continue;
      if (key !== '' && byKey[i] !== wanted.key) continue;
      if (text !== '' && !describe(reader.at(i), names).toLowerCase().includes(text.toLowerCase())) continue;
      indexes.push(i);
    }
    return indexes;
  }, [reader, names, event, machine, key, text, open]);
  return (
    <details class="panel" onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
      <summary>
        <h2>All events</h2> <span class="quiet">{reader.length.toLocaleString('en')}</span>
      </summary>
      <div class="bar wrap">
        <Choice label="event" value={event} options={probes.map(({ name }) => name)} change={setEvent} />
        <Choice
          label="machine"
          value={machine}
          options={machines.map(({ name }) => name).filter((name) => name !== '')}
          change={setMachine}
        />
        <Choice label="partition" value={key} options={keys} change={setKey} />
        <input
          type="search"
          placeholder="in words"
          aria-label="Search events"
          value={text}
          onInput={(input) => setText(input.currentTarget.value)}
        />
        <span class="grow" />
        <CopyButton
          label="The events shown as JSON lines"
          text={() => found.map((index) => JSON.stringify(reader.at(index))).join('\n') + '\n'}
        >
          JSON lines
        </CopyButton>
      </div>
      <div class="scroll">
        <table class="list">
          <tbody>
            {found.slice(0, most).map((index) => (
              <tr class={index === position.event ? 'current' : ''}>
                <td class="figures mono quiet">{index}</td>
                <td class="figures mono">{seconds(reader.trace.time[index]!)}</td>
                <td>
                  <button type="button" class="row" onClick={() => (move({ event: index }), scrollTo({ top: 0 }))}>
                    {describe(reader.at(index), names)}
                  </button>
                </td>
                <td class="quiet">{reader.sourceOf(index)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Shown
        shown={Math.min(most, found.length)}
        of={found.length}
        what="events"
        more={() => setMost(most + 5 * PAGE)}
      />
    </details>
  );
}
