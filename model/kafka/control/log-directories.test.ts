import { describe, expect, it } from 'vitest';
import { Probe } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import type { Controller } from './kraft/controller.js';
import { directoryOf } from './metadata-image.js';
import { isOnline, DirectoryId } from '../protocol/directory-ids.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import { smallCluster } from '../testing/cluster-spec.js';
import { Run } from '../testing/run.js';
import { soonGivenUp } from './testing/control-plane-cases.js';
import { describeLogDirectories, fail, someLeader } from './testing/log-dir-cases.js';

const broker = soonGivenUp;

describeLogDirectories({ name: 'KRaft', cluster: { control: 'kraft', broker } });

describeLogDirectories({
  name: 'KRaft, one of the brokers the controller, too',
  cluster: { control: 'kraft', controllers: 1, combined: true, broker },
});

describeLogDirectories({
  name: 'KRaft with eligible leader replicas (4.1)',
  cluster: { control: 'kraft', broker, rules: resolveRules('4.1') },
});

describeLogDirectories({ name: 'ZooKeeper', cluster: { control: 'zookeeper', controllers: 3, broker } });

describeLogDirectories({
  name: 'ZooKeeper, the ISR written by leaders (1.1)',
  cluster: { control: 'zookeeper', controllers: 3, broker, rules: resolveRules('1.1') },
});

describe('the loss of a log directory', () => {
  const up = (kafka: string, control: 'kraft' | 'zookeeper', settings = {}): Run => {
    const rules = resolveRules(kafka);
    const cluster = {
      control,
      controllers: 3,
      rules,
      partitions: 6,
      broker: { ...broker, 'log.dirs': '/a,/b,/c', ...settings },
    };
    return new Run(smallCluster(cluster), 'loss').up();
  };

  it.each(['0.8.2', '0.10.2', '0.11'])(
    'halts a broker of Kafka %s, whichever it is: KIP-112 came with 1.0',
    (kafka) => {
      const run = up(kafka, 'zookeeper');
      run.send(30);
      fail(run, 2, 1);
      run.send(20, 0.5);
      expect(run.world.isRunning(2)).toBe(false);
    },
  );

  it('halts a broker under KRaft if it is the first, in which the metadata log lies', () => {
    const run = up('3.9', 'kraft');
    run.send(30);
    fail(run, 2, 0);
    run.send(20, 0.5);
    expect(run.world.isRunning(2)).toBe(false);
    run.world.start(2);
    expect(run.world.isRunning(2)).toBe(false);
  });

  it('does not halt one under ZooKeeper, which keeps no metadata log', () => {
    const run = up('2.7', 'zookeeper');
    run.send(30);
    fail(run, 2, 0);
    run.send(20, 0.5);
    expect(run.world.isRunning(2)).toBe(true);
  });

  it('stops a broker that cannot tell the controller within log.dir.failure.timeout.ms', () => {
    const run = up('3.9', 'kraft', {
      'log.dir.failure.timeout.ms': 4000,
      'controlled.shutdown.enable': false,
    });
    run.send(30);
    const { broker: leader, disk } = someLeader(run);
    for (const { id, roles } of run.kafka.machines()) {
      if (!roles.includes('controller')) continue;
      run.world.net.cut(leader, id, true);
      run.world.net.cut(id, leader, true);
    }
    fail(run, leader, disk);
    run.send(20, 0.1);
    expect(run.world.isRunning(leader)).toBe(true);
    run.send(20, 0.5);
    expect(run.world.isRunning(leader)).toBe(false);
  });

  it('is refused where a client writes to what lay there: KAFKA_STORAGE_ERROR', () => {
    const run = up('3.9', 'kraft');
    run.send(30);
    const { broker: leader, disk } = someLeader(run);
    const errors: number[] = [];
    run.world.probes.listen([Probe.refused], { onProbe: (_kind, _machine, _key, error) => errors.push(error) });
    fail(run, leader, disk);
    run.send(60, 0.02);
    expect(errors).toContain(KafkaError.KAFKA_STORAGE_ERROR);
    run.until(60, () => run.acknowledged().length === 90 || 'not all acknowledged');
  });
});

describe('directories in the metadata of KRaft', () => {
  it('are those that the brokers say, soon after a partition was created', () => {
    const cluster = {
      control: 'kraft',
      controllers: 1,
      partitions: 6,
      broker: { ...broker, 'log.dirs': '/a,/b' },
    } as const;
    const run = new Run(smallCluster(cluster), 'directories').up();
    run.run(2);
    const [controller] = run.kafka.role('controller', 0, run.world.dice('test'));
    const { image } = run.world.process(controller) as unknown as Controller;
    for (let key = 0; key < 6; key++) {
      const partition = image.partition(key)!;
      for (const replica of partition.replicas) {
        const directory = directoryOf(partition, replica);
        expect(directory).toBeGreaterThanOrEqual(DirectoryId.firstOfDirectories);
        expect(image.broker(replica)!.logDirs).toContain(directory);
      }
    }
  });

  it('count as online where nothing is known of them, and where the broker registered with them', () => {
    expect(isOnline(DirectoryId.unassigned, [100])).toBe(true);
    expect(isOnline(DirectoryId.migrating, [100])).toBe(true);
    expect(isOnline(DirectoryId.lost, [])).toBe(false);
    expect(isOnline(101, [100])).toBe(false);
    expect(isOnline(100, [100])).toBe(true);
    expect(isOnline(101, [])).toBe(true);
  });
});
