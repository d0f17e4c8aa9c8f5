import fc from 'fast-check';
import { campaign } from './campaign.js';

// Each of these is a test: that it is registered, runs and passes is what it says.
campaign('an order that was acknowledged is never lost', {
  spec: {
    kafka: '3.9',
    brokers: 3,
    topic: { name: 'orders', partitions: 2, 'replication.factor': 3, 'min.insync.replicas': 2 },
    producer: { acks: 'all' },
    faults: ['leader-cut-off', 'broker-killed'],
    require: ['no-lost-writes'],
  },
  seeds: 4,
  calls: 40,
  async workload({ producer, order }) {
    await producer.send({ topic: 'orders', key: order.id, value: order.json });
  },
});

campaign('a preset is a spec, and fields are drawn by arbitraries', {
  spec: 'durable',
  seeds: 2,
  calls: 40,
  draw: { payment: fc.record({ account: fc.integer({ min: 1, max: 5 }), amount: fc.nat() }) },
  async workload({ producer, payment }) {
    await producer.send({ topic: 'orders', key: String(payment.account), value: payment });
  },
});
