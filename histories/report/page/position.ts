/** Where the reader is, and how the URL hash says so: #anomaly=0&step=3&t=4.1-19.7&trial=original */

export interface Position {
  readonly trial: 'shrunk' | 'original';
  readonly anomaly: number;
  /** Line of the story. */
  readonly step: number;
  /** A trace record that was picked by hand instead of a line; -1: none. */
  readonly event: number;
  /** The part of the trial on show, microseconds; null: where the story is. */
  readonly window: readonly [number, number] | null;
  /** Lanes to scale, or stretched where the story happens. */
  readonly toScale: boolean;
}

export function readPosition(hash: string, first: Position): Position {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const whole = (name: string, otherwise: number): number => {
    const text = fields.get(name);
    return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
  };
  const window = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(fields.get('t') ?? '');
  const from = Number(window?.[1] ?? 0) * 1e6;
  const to = Number(window?.[2] ?? 0) * 1e6;
  const trial = fields.get('trial');
  return {
    trial: trial === 'original' || trial === 'shrunk' ? trial : first.trial,
    anomaly: whole('anomaly', first.anomaly),
    step: whole('step', first.step + 1) - 1,
    event: whole('event', first.event),
    window: to > from ? [from, to] : null,
    toScale: fields.get('scale') === 'linear',
  };
}

export function writePosition(position: Position, first: Position): string {
  const fields: string[] = [];
  if (position.trial !== first.trial) fields.push(`trial=${position.trial}`);
  if (position.anomaly !== first.anomaly) fields.push(`anomaly=${position.anomaly}`);
  if (position.event >= 0) fields.push(`event=${position.event}`);
  fields.push(`step=${position.step + 1}`);
  if (position.window !== null) {
    fields.push(`t=${(position.window[0] / 1e6).toFixed(6)}-${(position.window[1] / 1e6).toFixed(6)}`);
  }
  if (position.toScale) fields.push('scale=linear');
  return `#${fields.join('&')}`;
}
