import type { Stream } from '../../kernel/random.js';
import type { Rules } from '../protocol/versions/rules.js';

/** Jitter is 20 % in all of Kafka's clients (KIP-580; CommonClientConfigs.RETRY_BACKOFF_JITTER). Parts per million. */
const JITTER_PPM = 200_000;
const MILLION = 1_000_000;

/**
 * Waits that double with each failed attempt, up to a maximum, each with a jitter of its own (ExponentialBackoff).
 * Times are in microseconds.
 */
export class ExponentialBackoff {
  private readonly initialMicros: number;
  private readonly maxMicros: number;
  private readonly dice: Stream;

  /** Settings come in Kafka's unit, milliseconds. An initial wait at or above the maximum is constant: the maximum, without jitter. */
  constructor(initialMs: number, maxMs: number, dice: Stream) {
    this.initialMicros = Math.min(initialMs, maxMs) * 1000;
    this.maxMicros = maxMs * 1000;
    this.dice = dice;
  }

  /** The wait after `attempts` failures before this one: 0, 1, 2, ... */
  next(attempts: number): number {
    if (this.initialMicros >= this.maxMicros) return this.initialMicros;
    let term = this.initialMicros;
    for (let i = 0; i < attempts && term < this.maxMicros; i++) term *= 2;
    term = Math.min(term, this.maxMicros);
    const factor = this.dice.between(MILLION - JITTER_PPM, MILLION + JITTER_PPM);
    return Math.min(Math.trunc((term * factor) / MILLION), this.maxMicros);
  }
}

export interface RetryBackoffSettings {
  readonly 'retry.backoff.ms': number;
  readonly 'retry.backoff.max.ms': number;
}

/** Between attempts of a producer's batch, and of a client's metadata. Before KIP-580 (3.7) always retry.backoff.ms. */
export function retryBackoff(
  rules: Pick<Rules, 'retryBackoff'>,
  settings: RetryBackoffSettings,
  dice: Stream,
): ExponentialBackoff {
  const initialMs = settings['retry.backoff.ms'];
  const maxMs = rules.retryBackoff === 'fixed' ? initialMs : settings['retry.backoff.max.ms'];
  return new ExponentialBackoff(initialMs, maxMs, dice);
}
