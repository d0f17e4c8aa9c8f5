import { describe, expect, it } from 'vitest';
import type { Strike } from '../../nemesis/plan.js';
import type { PolledRecord, SentMetadata } from './clients.js';
import { KafkaError, OutsideWorldError, WorkloadError } from './errors.js';
import { ownSpec, runOnce, runOwn } from './testing/own-trials.js';

const strike = (fault: string, machine: string, at: number, seconds: number): Strike => ({
  fault,
  target: { kind: 'machine', machine },
  when: { at, for: seconds * 1_000_000 },
  with: {},
});

describe('a producer', () => {
  it('answers a send with where the record stands, and its partition is that of the key', async () => {
    const sent: SentMetadata[] = [];
    const { trial } = await runOnce(ownSpec(), async ({ producer }) => {
      for (const key of ['a', 'b', 'a', 'b']) sent.push(await producer.send({ topic: 'orders', key, value: { key } }));
    });
    expect(sent.map(({ topic, offset }) => [topic, offset])).toEqual([
      ['orders', 0],
      ['orders', sent[1]!.partition === sent[0]!.partition ? 1 : 0],
      ['orders', sent[1]!.partition === sent[0]!.partition ? 2 : 1],
      ['orders', sent[1]!.partition === sent[0]!.partition ? 3 : 1],
    ]);
    expect(sent[0]!.partition).toBe(sent[2]!.partition);
    // Milliseconds of the producer's clock, at which the record was made.
    expect(sent[0]!.timestamp).toBeGreaterThan(1_000);
    expect(trial.row.verdict).toBe('clean');
  });

  it('goes to the partition that is named', async () => {
    const sent: SentMetadata[] = [];
    await runOnce(ownSpec(), async ({ producer }) => {
      for (const partition of [1, 0, 1]) sent.push(await producer.send({ topic: 'orders', value: 'x', partition }));
    });
    expect(sent.map(({ partition, offset }) => `${partition}@${offset}`)).toEqual(['1@0', '0@0', '1@1']);
  });

  it('throws an error of the name that Kafka gives it', async () => {
    const errors: unknown[] = [];
    const spec = ownSpec({
      topic: { name: 'orders', partitions: 1, 'replication.factor': 3, 'min.insync.replicas': 3 },
      producer: { acks: 'all', retries: 0, 'enable.idempotence': false },
    });
    const { told } = await runOwn(
      spec,
      '1',
      async ({ producer }) => {
        try {
          await producer.send({ topic: 'orders', value: 'x' });
        } catch (error) {
          errors.push(error);
          throw error;
        }
      },
      { strikes: [strike('broker-killed', 'b2', 0, 50)] },
    );
    const names = errors.map((error) => (error as Error).name);
    expect(errors.every((error) => error instanceof KafkaError)).toBe(true);
    expect(names).toContain('NOT_ENOUGH_REPLICAS');
    // What the code does not catch of Kafka's errors is no failure of the code.
    expect(told.thrown).toBeNull();
    expect(told.kafkaErrors['NOT_ENOUGH_REPLICAS']).toBe(names.filter((name) => name === 'NOT_ENOUGH_REPLICAS').length);
  });

  it('knows the topics of the spec and no others', async () => {
    const { told } = await runOnce(ownSpec(), ({ producer }) => producer.send({ topic: 'order', value: 1 }));
    expect(told.thrown!.error).toBeInstanceOf(WorkloadError);
    expect(String(told.thrown!.error)).toContain('it has orders');
  });
});

describe('a consumer', () => {
  it('returns what was sent, from the offset that it sought', async () => {
    let polled: readonly PolledRecord[] = [];
    let position = -1;
    await runOnce(ownSpec(), async ({ producer, consumer }) => {
      for (const value of ['a', { b: 1 }, 'c'])
        await producer.send({ topic: 'orders', key: 'k', value, partition: 0, headers: { trace: '7' } });
      await consumer.assign([{ topic: 'orders', partition: 0 }]);
      await consumer.seek({ topic: 'orders', partition: 0 }, 1);
      while (polled.length < 2) polled = [...polled, ...(await consumer.poll())];
      position = await consumer.position({ topic: 'orders', partition: 0 });
    });
    const common = { topic: 'orders', partition: 0, key: 'k', headers: { trace: '7' } };
    expect(polled).toEqual([
      { ...common, offset: 1, value: '{"b":1}' },
      { ...common, offset: 2, value: 'c' },
    ]);
    expect(position).toBe(3);
  });

  it('returns nothing when the time of a poll is up, and no time has passed but that', async () => {
    let waited = -1;
    let polled: readonly PolledRecord[] | null = null;
    await runOnce(ownSpec(), async ({ consumer, now }) => {
      await consumer.assign('orders');
      const began = now();
      polled = await consumer.poll(2_000);
      waited = now() - began;
    });
    expect(polled).toEqual([]);
    expect(waited).toBeGreaterThanOrEqual(2_000);
    expect(waited).toBeLessThan(2_010);
  });

  it('is told what Kafka would throw: no assignment, two polls at once', async () => {
    const none = await runOnce(ownSpec(), ({ consumer }) => consumer.poll());
    expect((none.told.thrown!.error as Error).name).toBe('IllegalStateException');
    const two = await runOnce(ownSpec(), async ({ consumer }) => {
      await consumer.assign('orders');
      await Promise.all([consumer.poll(), consumer.poll()]);
    });
    expect((two.told.thrown!.error as Error).name).toBe('ConcurrentModificationException');
  });

  it('says that groups are not for workloads of this build', async () => {
    const { told } = await runOnce(ownSpec(), ({ consumer }) => consumer.subscribe('orders'));
    expect(String(told.thrown!.error)).toContain('consumer groups');
  });
});

describe('a transactional producer', () => {
  const spec = ownSpec({
    producer: { 'transactional.id': 'till' },
    consumer: { 'auto.offset.reset': 'earliest', 'isolation.level': 'read_committed' },
  });

  it('shows what was committed to read_committed consumers, and nothing of what was aborted', async () => {
    let values: string[] = [];
    const { trial } = await runOnce(spec, async ({ producer, consumer }) => {
      await producer.initTransactions();
      for (const [value, ends] of [
        ['a', 'commit'],
        ['b', 'abort'],
        ['c', 'commit'],
      ] as const) {
        await producer.beginTransaction();
        await producer.send({ topic: 'orders', value, partition: 0 });
        if (ends === 'commit') await producer.commitTransaction();
        else await producer.abortTransaction();
      }
      await consumer.assign('orders');
      for (let i = 0; i < 10; i++) values = [...values, ...(await consumer.poll(500)).map(({ value }) => value)];
    });
    expect(values).toEqual(['a', 'c']);
    const transactions = trial.history.operations.filter(({ f, client }) => f === 'txn' && client === 'p0');
    expect(transactions.slice(0, 3).map(({ outcome }) => outcome)).toEqual(['ok', 'fail', 'ok']);
    expect(trial.row.verdict).toBe('clean');
  });

  it('sends nothing outside a transaction', async () => {
    const { told } = await runOnce(spec, async ({ producer }) => {
      await producer.initTransactions();
      await producer.send({ topic: 'orders', value: 'x' });
    });
    expect((told.thrown!.error as Error).name).toBe('IllegalStateException');
  });

  it('aborts what its application left open when that is gone: others read on', async () => {
    const { trial } = await runOnce(spec, async ({ producer }) => {
      await producer.initTransactions();
      await producer.beginTransaction();
      await producer.send({ topic: 'orders', value: 'x' });
    });
    expect(trial.row.verdict).toBe('clean');
    expect(trial.history.operations.find(({ f }) => f === 'txn')?.outcome).toBe('fail');
  });

  it('takes one call of the function after the other', async () => {
    let under = 0;
    let most = 0;
    await runOwn(spec, '1', async ({ producer, sleep }) => {
      most = Math.max(most, ++under);
      await producer.initTransactions();
      await producer.beginTransaction();
      await sleep(3_000);
      await producer.commitTransaction();
      under--;
    });
    expect(most).toBe(1);
  });
});

describe('a process', () => {
  const code =
    (went: string[]) =>
    async ({ producer, sleep, number }: Parameters<Parameters<typeof runOwn>[2]>[0]) => {
      try {
        await producer.send({ topic: 'orders', value: String(number) });
        await sleep(20_000);
        went.push('on');
      } catch {
        went.push('threw');
      } finally {
        went.push('finally');
      }
    };

  it('that is killed never goes on: its code is dead', async () => {
    const went: string[] = [];
    await runOnce(ownSpec(), code(went), { strikes: [strike('client-killed', 'p0', 0.1, 10)] });
    expect(went).toEqual([]);
  });

  it('that is paused goes on afterwards', async () => {
    const { trial } = await runOnce(
      ownSpec(),
      async ({ sleep, producer }) => {
        await sleep(8_000);
        await producer.send({ topic: 'orders', value: 'late' });
      },
      { strikes: [strike('client-paused', 'p0', 0.1, 20)] },
    );
    // Called at 1 s, it sleeps until 9 s and is paused from 6 s to 26 s.
    expect(trial.plan.workload.map(({ at }) => Math.floor(at / 1_000_000))).toEqual([26]);
  });
});

describe('code that waits outside the world', () => {
  it.each([
    ['a timer', () => new Promise((resolve) => setTimeout(resolve, 1))],
    ['a turn of the event loop', () => new Promise((resolve) => setImmediate(resolve))],
    ['something', () => new Promise(() => undefined)],
  ])('fails at once: %s', async (what, wait) => {
    const { told } = await runOwn(ownSpec({}, 5), '1', async ({ producer }) => {
      await wait();
      await producer.send({ topic: 'orders', value: 'x' });
    });
    expect(told.thrown!.error).toBeInstanceOf(OutsideWorldError);
    expect((told.thrown!.error as Error).message).toContain(`waits for ${what}`);
    expect((told.thrown!.error as Error).message).toMatch(/own-trial\.test\.ts:\d+:\d+/);
    expect(told.returned).toBe(0);
  });

  it('is none where it waits for another call, as with a lock', async () => {
    let last = Promise.resolve();
    const { told } = await runOwn(ownSpec(), '1', async ({ producer, sleep, number }) => {
      if (number === 0) last = Promise.resolve();
      const before = last;
      let release = (): void => undefined;
      last = new Promise((resolve) => (release = resolve));
      await before;
      await producer.send({ topic: 'orders', value: 'x' });
      await sleep(10);
      release();
    });
    expect(told.thrown).toBeNull();
    expect(told.returned).toBe(20);
  });

  it('is found where it loops without letting time pass', async () => {
    const { told } = await runOnce(ownSpec(), async ({ consumer }) => {
      for (;;) await consumer.poll().catch(() => undefined);
    });
    expect((told.thrown!.error as Error).message).toContain('loops without sleep');
  });
});
