/** Prints the digests of trials of a function of one's own: what a second process must print too. `node own-digests.js COUNT` */
import { drawFor } from '../draw/draw.js';
import { withOwnWorkload } from '../own/campaign.js';
import type { OwnContext } from '../own/clients.js';
import { loadSpec } from '../spec/load.js';
import { runOwnTrial } from '../trial.js';

const SPEC = `
kafka: "3.9"
brokers: 3
topic: { name: orders, partitions: 2, replication.factor: 3, min.insync.replicas: 2 }
producers: { fast: { settings: { acks: 1 } }, safe: { count: 2 } }
consumer: { auto.offset.reset: earliest }
profile: storm
`;

const spec = withOwnWorkload(loadSpec({ input: 'own-digests', text: SPEC }).spec, 40);

async function run({ producer, consumer, order, number, random, sleep }: OwnContext): Promise<void> {
  await producer.send({ topic: 'orders', key: order.id, value: order.json });
  await sleep(random() * 1_000);
  const more = [1, 2, 3].map((i) => producer.send({ topic: 'orders', key: `${i}`, value: `${order.json}${i}` }));
  await Promise.race(more);
  if (number % 4 !== 0) return;
  await consumer.assign('orders');
  const polled = await consumer.poll(200);
  for (const { key, value } of polled.slice(0, 2))
    await producer.send({ topic: 'orders', key, value: `again ${value}` });
}

for (let seed = 1; seed <= Number(process.argv[2] ?? 10); seed++) {
  const plan = drawFor(spec, String(seed));
  const workload = { run, draw: {}, concurrency: null };
  const { trial } = await runOwnTrial({ spec, seed: String(seed), plan, variant: 0 }, workload);
  console.log(seed, trial.row.digest, trial.plan.workload.length);
}
