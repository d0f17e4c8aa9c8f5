import { describe, expect, it } from 'vitest';
import { versionRows } from '../../model/kafka/protocol/versions/rows.js';
import { namedHere } from './older-releases.js';
import { type Scope, settingsFor, settingsTable } from './table.js';

function defaultOf(version: string, scope: Scope, name: string): string | null | undefined {
  return settingsFor(version)[scope].get(name)?.default;
}

describe('settings of older releases', () => {
  it.each<[string, Scope, string, string]>([
    ['0.8.2', 'topic', 'unclean.leader.election.enable', 'true'],
    ['0.10.2', 'broker', 'unclean.leader.election.enable', 'true'],
    ['0.11', 'broker', 'unclean.leader.election.enable', 'false'],
    ['2.1', 'broker', 'replica.lag.time.max.ms', '10000'],
    ['2.5', 'broker', 'replica.lag.time.max.ms', '30000'],
    ['2.1', 'broker', 'zookeeper.session.timeout.ms', '6000'],
    ['2.5', 'broker', 'zookeeper.session.timeout.ms', '18000'],
    ['2.0', 'producer', 'retries', '0'],
    ['2.1', 'producer', 'retries', '2147483647'],
    ['2.7', 'producer', 'acks', '1'],
    ['3.3', 'producer', 'acks', 'all'],
    ['2.7', 'producer', 'enable.idempotence', 'false'],
    ['3.3', 'producer', 'enable.idempotence', 'true'],
    ['1.1', 'consumer', 'request.timeout.ms', '305000'],
    ['3.9', 'producer', 'linger.ms', '0'],
    ['4.0', 'producer', 'linger.ms', '5'],
    ['0.8.2', 'producer', 'reconnect.backoff.ms', '10'],
  ])('in %s the %s default of %s is %s', (version, scope, name, value) => {
    expect(defaultOf(version, scope, name)).toBe(value);
  });

  it('are those of 3.9 but for these: each is a setting of it', () => {
    const unknown = namedHere().filter(([scope, name]) => !settingsTable('3.9')[scope].has(name));
    expect(unknown).toEqual([]);
  });

  it('say which release brought what they do not know yet', () => {
    expect(settingsFor('2.0').producer.get('delivery.timeout.ms')?.missingUntil).toBe('2.1');
    expect(settingsFor('2.1').producer.get('delivery.timeout.ms')?.missingUntil).toBeUndefined();
  });

  it('are there for every row of the table of versions', () => {
    for (const { version } of versionRows) expect(settingsFor(version).producer.size).toBeGreaterThan(50);
  });
});
