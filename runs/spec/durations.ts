/** Durations with units, for Harrow's own keys: 500ms, 4.2s, 2m. Kafka's settings keep Kafka's units. */

const microsPerUnit: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

export const durationPattern = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/;

/** Whole microseconds; null if it is not a duration. */
export function parseDuration(text: string): number | null {
  const match = durationPattern.exec(text.trim());
  if (match === null) return null;
  return Math.round(Number(match[1]) * microsPerUnit[match[2]!]!);
}

/** The shortest exact form: 60000000 is 1m, 4200000 is 4200ms. */
export function formatDuration(micros: number): string {
  if (micros === 0) return '0s';
  for (const unit of ['h', 'm', 's', 'ms']) {
    if (micros % microsPerUnit[unit]! === 0) return `${micros / microsPerUnit[unit]!}${unit}`;
  }
  return `${micros}us`;
}
