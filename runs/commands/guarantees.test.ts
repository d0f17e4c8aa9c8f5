import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Workplace } from '../testing/command-line.js';

let place: Workplace;
beforeEach(() => (place = new Workplace()));
afterEach(() => place.remove());

interface Rows {
  readonly guarantees: readonly { readonly id: string; readonly assumptions: readonly string[] }[];
  readonly gaps: readonly { readonly id: string; readonly closedBy: string | null }[];
}

async function rowsOf(...words: readonly string[]): Promise<Rows> {
  const { exit, out } = await place.run('guarantees', ...words, '--json');
  expect(exit).toBe(0);
  return JSON.parse(out) as Rows;
}
const ids = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id);

describe('harrow guarantees', () => {
  it('says of durable that acks=all and idempotence hold, and what one power loss does all the same', async () => {
    const { guarantees, gaps } = await rowsOf('durable');
    expect(ids(guarantees)).toEqual(
      expect.arrayContaining(['acks-all', 'clean-elections', 'idempotence-no-duplicates', 'idempotence-order']),
    );
    expect(ids(guarantees)).not.toContain('acks-1');
    expect(ids(guarantees)).not.toContain('one-copy-an-attempt');
    expect(ids(gaps)).toEqual(['last-replica-standing', 'bit-rot', 'idempotence-ends-with-the-session']);
  });

  it('says of acks-1 what acks=1 leaves open, with the setting that closes it', async () => {
    const { guarantees, gaps } = await rowsOf('acks-1');
    expect(ids(guarantees)).toEqual(expect.arrayContaining(['acks-1', 'in-flight-order', 'one-copy-an-attempt']));
    expect(ids(guarantees)).not.toContain('acks-all');
    expect(ids(guarantees)).not.toContain('min-insync-replicas');
    expect(gaps.find(({ id }) => id === 'acks-1')?.closedBy).toBe('acks=all');
    expect(ids(gaps)).toEqual(
      expect.arrayContaining(['retries-without-idempotence', 'in-flight-without-idempotence', 'late-request']),
    );
  });

  it('takes options of a spec: what a setting closes is not left open', async () => {
    const closed = await rowsOf('durable', '--set', 'flush.messages=1');
    expect(ids(closed.gaps)).not.toContain('last-replica-standing');
    const alone = await rowsOf('durable', '--set', 'min.insync.replicas=1');
    expect(ids(alone.gaps)).toContain('min-insync-replicas-1');
    const single = await rowsOf('acks-1', '--set', 'max.in.flight.requests.per.connection=1');
    expect(ids(single.gaps)).not.toContain('in-flight-without-idempotence');
    expect(ids(single.guarantees)).toContain('one-in-flight-order');
    expect(ids((await rowsOf('unclean')).gaps)).toContain('unclean-election');
    expect(ids((await rowsOf('min-isr-equals-rf')).gaps)).toContain('min-insync-replicas-equals-replication-factor');
    expect(ids((await rowsOf('acks-0')).gaps)).toContain('acks-0');
  });

  it('says what an alteration leaves open from then on', async () => {
    interface Altered {
      readonly topic: string;
      readonly settings: object;
      readonly gaps: Rows['gaps'];
      readonly lost: readonly string[];
    }
    const { altered } = (await rowsOf('min-isr-lowered')) as Rows & { readonly altered: readonly Altered[] };
    expect(altered.map(({ topic, settings, gaps }) => [topic, settings, ids(gaps)])).toEqual([
      ['orders', { 'min.insync.replicas': 1 }, ['eligible-replicas-cleared', 'min-insync-replicas-1']],
    ]);
    expect(await rowsOf('last-replica-elr')).not.toHaveProperty('altered');
    const { out } = await place.run('guarantees', 'min-isr-lowered');
    expect(out).toContain('\nOnce orders is altered to min.insync.replicas=1\n  ! Altering min.insync.replicas');
  });

  it('says it in sentences, under the spec and its notes', async () => {
    const { exit, out } = await place.run('guarantees', 'acks-1');
    expect(exit).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^acks-1 {3}Kafka 3\.9 KRaft · 3 brokers/);
    expect(lines[1]).toMatch(/acks=1 switches idempotence off/);
    expect(out).toContain(
      '  ✓ A record acknowledged under acks=1 stays as long as the leader that acknowledged it leads.\n    if         Leadership',
    );
    expect(out).toMatch(/Not guaranteed\n {2}! Under acks=1 an acknowledged record is lost when leadership changes/);
    expect(out).toContain('    closed by  acks=all\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('names the topic that leaves something open where others do not', async () => {
    const spec = [
      'kafka: "3.9"',
      'cluster: { brokers: 3, settings: { offsets.topic.replication.factor: 1 } }',
      'topic: { replication.factor: 3, min.insync.replicas: 2 }',
      'consumer: { group.id: readers }',
    ].join('\n');
    writeFileSync(join(place.folder, 'offsets.yaml'), spec);
    const { out } = await place.run('guarantees', '@offsets.yaml');
    expect(out).toMatch(/! With replication\.factor=1 there is no other copy[^!]*here {7}__consumer_offsets\n/);
    expect(out).toMatch(/! The last member of an ISR stays in it[^!]*\n {4}closed by/);
    expect(out.match(/here {7}/g)).toHaveLength(1);
  });

  it('tells what clients see before what only replicas know', async () => {
    const { out } = await place.run('guarantees', 'durable');
    const places = ['A record acknowledged under acks=all', 'Guaranteed within the cluster', 'In one leader epoch'];
    expect(places.map((text) => out.indexOf(text))).toEqual(
      places.map((text) => out.indexOf(text)).toSorted((a, b) => a - b),
    );
    expect(out.indexOf('Guaranteed within the cluster')).toBeGreaterThan(0);
  });

  it('without a spec lists all that there are', async () => {
    const { guarantees, gaps } = await rowsOf();
    expect(ids(guarantees)).toEqual(expect.arrayContaining(['acks-all', 'acks-1', 'impairment', 'writable-again']));
    expect(ids(gaps)).toEqual(expect.arrayContaining(['acks-0', 'one-replica', 'too-many-impaired']));
  });

  it('refuses what is no spec', async () => {
    const { exit, err } = await place.run('guarantees', 'durabel');
    expect(exit).toBe(64);
    expect(err).toContain('did you mean durable?');
  });
});
