import { describe, expect, it } from 'vitest';
import type { GivenSettings } from '../spec/spec.js';
import { idempotence, withIdempotence } from './idempotence.js';
import { settingsFor } from './table.js';

const asked: GivenSettings = given({ 'enable.idempotence': true });

function given(settings: Readonly<Record<string, string | number | boolean>>): GivenSettings {
  const entries = Object.entries(settings).map(([name, value]) => [name, { value, origin: { kind: 'default' } }]);
  return Object.fromEntries(entries) as GivenSettings;
}

function made(version: string, settings: GivenSettings): Readonly<Record<string, unknown>> {
  const all = Object.entries(withIdempotence(settingsFor(version), settings));
  return Object.fromEntries(all.map(([name, { value }]) => [name, value]));
}

describe('an idempotent producer', () => {
  it('has acks=all and retries without end where the defaults of its day were others (KafkaProducer.configureRetries)', () => {
    expect(made('2.0', asked)).toEqual({ 'enable.idempotence': true, acks: 'all', retries: 2147483647 });
    expect(idempotence(settingsFor('2.0'), asked)).toEqual({ enabled: true, conflicts: [], refused: false });
  });

  it('has one request in flight in 0.11, and may not ask for more (KAFKA-5494)', () => {
    expect(made('0.11', asked)['max.in.flight.requests.per.connection']).toBe(1);
    const more = given({ 'enable.idempotence': true, 'max.in.flight.requests.per.connection': 2 });
    expect(idempotence(settingsFor('0.11'), more).refused).toBe(true);
    expect(idempotence(settingsFor('1.1'), more).refused).toBe(false);
  });

  it('keeps what its user has set, and refuses to start with it', () => {
    const weak = given({ 'enable.idempotence': true, acks: '1' });
    expect(made('2.0', weak)['acks']).toBe('1');
    expect(idempotence(settingsFor('2.0'), weak).refused).toBe(true);
  });

  it('needs nothing of that since 3.0, whose defaults are made for it (KIP-679)', () => {
    expect(made('3.3', given({}))).toEqual({});
    expect(idempotence(settingsFor('3.3'), given({})).enabled).toBe(true);
  });

  it('is nobody before 3.0 who did not ask', () => {
    expect(made('2.7', given({}))).toEqual({});
    expect(idempotence(settingsFor('2.7'), given({})).enabled).toBe(false);
    expect(idempotence(settingsFor('2.7'), given({ 'transactional.id': 'tx' })).enabled).toBe(true);
  });
});
