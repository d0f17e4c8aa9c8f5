import { describe, expect, it } from 'vitest';
import { parseSetting } from './parse.js';
import { type Scope, settingsTable } from './table.js';

function parse(scope: Scope, name: string, text: string): unknown {
  const parsed = parseSetting(settingsTable('3.9')[scope].get(name)!, text);
  return parsed.ok ? parsed.value : parsed.why;
}

describe('a setting is read as Kafka reads it', () => {
  it('of a release that prints its words otherwise, and patterns among them', () => {
    const reset = settingsTable('4.1').consumer.get('auto.offset.reset')!;
    expect(parseSetting(reset, 'by_duration:P1D')).toEqual({ ok: true, value: 'by_duration:P1D' });
    const why = 'is none of latest, earliest, none, by_duration:...; did you mean earliest?';
    expect(parseSetting(reset, 'earlist')).toEqual({ ok: false, why });
  });

  it.each<[Scope, string, string, unknown]>([
    ['topic', 'min.insync.replicas', ' 2 ', 2],
    ['topic', 'min.insync.replicas', '+2', 2],
    ['topic', 'min.insync.replicas', '0', 'is below 1'],
    ['topic', 'min.insync.replicas', '2.0', 'is not a whole number'],
    ['topic', 'min.insync.replicas', '2147483648', "does not fit in Kafka's int"],
    ['topic', 'flush.messages', '9223372036854775807', 2 ** 63],
    ['topic', 'flush.messages', '9223372036854775808', "does not fit in Kafka's long"],
    ['topic', 'min.cleanable.dirty.ratio', '1.5', 'is above 1'],
    ['topic', 'min.cleanable.dirty.ratio', 'half', 'is not a number'],
    ['topic', 'unclean.leader.election.enable', 'TRUE', true],
    ['topic', 'unclean.leader.election.enable', 'yes', 'is neither true nor false'],
    ['topic', 'unclean.leader.election.enable', 'flase', 'is neither true nor false; did you mean false?'],
    ['producer', 'acks', '-1', '-1'],
    ['producer', 'acks', 'ALL', 'is none of all, -1, 0, 1; did you mean all?'],
    ['producer', 'acks', 'quorum', 'is none of all, -1, 0, 1'],
    ['consumer', 'group.protocol', 'Consumer', 'Consumer'],
    ['consumer', 'group.protocol', 'consumr', 'is none of consumer, classic; did you mean consumer?'],
    [
      'consumer',
      'isolation.level',
      'read_comitted',
      'is none of read_committed, read_uncommitted; did you mean read_committed?',
    ],
    ['topic', 'cleanup.policy', 'compact, delete', 'compact, delete'],
    ['topic', 'cleanup.policy', 'delete,compct', 'is none of compact, delete; did you mean compact?'],
    ['broker', 'inter.broker.protocol.version', '3.9', '3.9'],
    ['consumer', 'isolation.level', 'read_committed', 'read_committed'],
    ['producer', 'metadata.recovery.strategy', 'rebootstrap', 'rebootstrap'],
    ['producer', 'retries', '-1', 'is below 0'],
    ['broker', 'log.dirs', '/a, /b', '/a, /b'],
  ])('%s %s=%s is %j', (scope, name, text, value) => {
    expect(parse(scope, name, text)).toEqual(value);
  });
});
