/** What the clients saw: every operation, to be filtered. */
import { useMemo, useState } from 'preact/hooks';
import type { MicroOp, Operation } from '../../operation.js';
import type { Story } from '../story.js';
import { counted, seconds } from '../words.js';
import { CopyButton, Shown } from './parts.js';
import type { Trial } from './trial.js';

interface Filter {
  readonly text: string;
  readonly partition: string;
  readonly client: string;
  readonly outcome: string;
  readonly concerned: boolean;
}

const PAGE = 100;

export function Operations({ trial, story }: { trial: Trial; story: Story }) {
  const { history } = trial;
  const [filter, setFilter] = useState<Filter>({
    text: '',
    partition: '',
    client: '',
    outcome: '',
    concerned: trial.bundle.anomalies.length > 0,
  });
  const [most, setMost] = useState(PAGE);
  const set = (change: Partial<Filter>): void => {
    setFilter({ ...filter, ...change });
    setMost(PAGE);
  };
  const clients = useMemo(() => [...new Set(history.operations.map(({ client }) => client))], [history]);
  const found = useMemo(
    () => history.operations.filter((operation) => matches(trial, story, operation, filter)),
    [trial, story, filter],
  );
  return (
    <section class="panel" aria-label="What the clients saw">
      <div class="bar wrap">
        <h2>What the clients saw</h2>
        <label>
          <input
            type="checkbox"
            checked={filter.concerned}
            onChange={(event) => set({ concerned: event.currentTarget.checked })}
          />{' '}
          only those of the anomaly
        </label>
        <Choice
          label="partition"
          value={filter.partition}
          options={history.keys}
          change={(partition) => set({ partition })}
        />
        <Choice label="client" value={filter.client} options={clients} change={(client) => set({ client })} />
        <Choice
          label="outcome"
          value={filter.outcome}
          options={['ok', 'fail', 'info']}
          change={(outcome) => set({ outcome })}
        />
        <input
          type="search"
          placeholder="key, value, offset, error"
          aria-label="Search operations"
          value={filter.text}
          onInput={(event) => set({ text: event.currentTarget.value })}
        />
        <span class="grow" />
        <CopyButton
          label="The operations shown as JSON lines"
          text={() => found.map((operation) => JSON.stringify(operation)).join('\n') + '\n'}
        >
          JSON lines
        </CopyButton>
      </div>
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              {['invoked', 'completed', 'client', 'does', 'outcome', 'what', 'error'].map((title) => (
                <th scope="col">{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.slice(0, most).map((operation) => (
              <tr>
                <td class="figures mono">{seconds(operation.invokedAt)}</td>
                <td class="figures mono">{operation.completedAt < 0 ? 'never' : seconds(operation.completedAt)}</td>
                <td>{operation.client}</td>
                <td>
                  {operation.f}
                  {operation.finalReadOf >= 0 && (
                    <span class="quiet"> final read of {trial.names.machine(operation.finalReadOf)}</span>
                  )}
                </td>
                <td>
                  <span class={`outcome ${operation.outcome}`}>{outcomeWords[operation.outcome]}</span>
                </td>
                <td class="mono">{operation.value.map((microOp) => microOpWords(trial, story, microOp)).join('; ')}</td>
                <td>{operation.error ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Shown
        shown={Math.min(most, found.length)}
        of={found.length}
        what="operations"
        more={() => setMost(most + 5 * PAGE)}
      />
    </section>
  );
}

const outcomeWords = { ok: '✓ ok', fail: '✗ fail', info: '? unknown' } as const;

export function Choice({
  label,
  value,
  options,
  change,
}: {
  label: string;
  value: string;
  options: readonly string[];
  change: (value: string) => void;
}) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => change(event.currentTarget.value)}>
        <option value="">all</option>
        {options.map((option) => (
          <option value={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function matches(trial: Trial, story: Story, operation: Operation, filter: Filter): boolean {
  if (filter.client !== '' && operation.client !== filter.client) return false;
  if (filter.outcome !== '' && operation.outcome !== filter.outcome) return false;
  const { keys } = trial.history;
  if (filter.partition !== '' && !operation.value.some(({ key }) => keys[key] === filter.partition)) return false;
  if (filter.concerned && !concerns(story, operation)) return false;
  if (filter.text === '') return true;
  const words = `${operation.value.map((microOp) => microOpText(trial, microOp)).join(' ')} ${operation.error ?? ''}`;
  return words.toLowerCase().includes(filter.text.toLowerCase());
}

/** It sent one of the values in question, or read where they were. */
function concerns(story: Story, operation: Operation): boolean {
  const { values, offsets, key } = story.focus;
  if (story.lines.some((line) => line.operation === operation.index)) return true;
  return operation.value.some((microOp) => {
    if (microOp.kind === 'send') return values.includes(microOp.value);
    if (microOp.kind !== 'poll' || microOp.key !== key) return false;
    return microOp.values.some((value) => values.includes(value)) || (operation.finalReadOf >= 0 && offsets.length > 0);
  });
}

function microOpText(trial: Trial, microOp: MicroOp): string {
  const { history } = trial;
  const key = history.keys[microOp.key] ?? '?';
  if (microOp.kind === 'poll')
    return `${key} ${microOp.offsets.join(' ')} ${microOp.values.map((value) => history.valueName(value)).join(' ')}`;
  if (microOp.kind === 'send')
    return `${key} ${microOp.recordKey ?? ''} ${history.valueName(microOp.value)} ${microOp.offset}`;
  return `${microOp.kind} ${key}`;
}

function microOpWords(trial: Trial, story: Story, microOp: MicroOp): string {
  const { history } = trial;
  const key = history.keys[microOp.key] ?? '?';
  if (microOp.kind === 'send') {
    const recordKey = microOp.recordKey === null ? '' : ` key ${microOp.recordKey}`;
    return `${key}${microOp.offset < 0 ? '' : `@${microOp.offset}`}${recordKey} = ${history.valueName(microOp.value)}`;
  }
  if (microOp.kind === 'derive') return `made of ${key}@${microOp.offset}`;
  if (microOp.kind === 'commit' || microOp.kind === 'committed') return `${microOp.kind} ${key}=${microOp.offset}`;
  if (microOp.kind !== 'poll') return `${microOp.kind} ${'offset' in microOp ? `${key}@${microOp.offset}` : key}`;
  const { offsets, values } = microOp;
  if (offsets.length === 0) return `${key}: nothing`;
  const around = offsets.flatMap((offset, i) =>
    story.focus.offsets.includes(offset) || story.focus.values.includes(values[i]!)
      ? [`@${offset} = ${history.valueName(values[i]!)}`]
      : [],
  );
  const range = offsets.length === 1 ? String(offsets[0]) : `${offsets[0]}–${offsets.at(-1)}`;
  return `${key}@${range}: ${counted(offsets.length, 'record')}${around.length > 0 ? ` (${around.join(', ')})` : ''}`;
}
