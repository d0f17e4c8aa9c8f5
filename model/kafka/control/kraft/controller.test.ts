import { describe, expect, it } from 'vitest';
import { createWorld } from '../../../kernel/world.js';
import { Probe } from '../../probes.js';
import { errorName } from '../../protocol/errors.js';
import {
  Api,
  type AllocateProducerIdsResponse,
  type AlterPartitionResponse,
  type BrokerRegistrationResponse,
  type Request,
} from '../../protocol/messages.js';
import type { PartitionRegistration } from '../metadata-image.js';
import { ordersTopic, registration, ScriptedCluster } from './testing/scripted-broker.js';

function cluster(): ScriptedCluster {
  return new ScriptedCluster(createWorld({ seed: 'controller' }));
}

function orders(it: ScriptedCluster): PartitionRegistration {
  return it.committed.image.partition(0)!;
}

function shrinkTo(it: ScriptedCluster, isr: readonly number[]): Omit<Request, 'correlationId' | 'bytes'> {
  const { leader, leaderEpoch, partitionEpoch } = orders(it);
  return {
    kind: Api.alterPartition,
    brokerId: leader,
    brokerEpoch: it.brokerEpochs[leader],
    partitions: [
      {
        partition: 0,
        leaderEpoch,
        partitionEpoch,
        newIsr: isr.map((brokerId) => ({ brokerId, brokerEpoch: it.brokerEpochs[brokerId] })),
        leaderRecoveryState: 0,
      },
    ],
  } as unknown as Request;
}

describe('controller', () => {
  it('creates the topics once all brokers serve, with every replica in the first ISR', () => {
    const it = cluster();
    it.register(1);
    it.heartbeat(1);
    it.register(2);
    it.heartbeat(2);
    it.run(1);
    expect(it.committed.image.partition(0)).toBeUndefined();
    it.register(3);
    it.heartbeat(3);
    it.run(0.2);
    expect(orders(it)).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0, leader: orders(it).replicas[0] });
    expect(orders(it).isr.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  it('gives a broker the offset of its registration as its epoch', () => {
    const it = cluster();
    const response = it.register(2);
    expect(it.committed.image.broker(2)).toMatchObject({ brokerEpoch: response.brokerEpoch, fenced: true });
    expect(response.brokerEpoch).toBe(it.committed.image.nextOffset - 1);
  });

  it('answers only after the record is committed: linger and fsync lie between', () => {
    const it = cluster().up();
    const before = it.controller.nextOffset;
    const { leader } = orders(it);
    const shrink = it.ask<AlterPartitionResponse>(leader, shrinkTo(it, [leader]));
    const fetch = it.fetch(leader, it.committed.image.nextOffset, 5000);
    while (it.controller.nextOffset === before) it.run(0.0005);
    expect(orders(it).isr).toHaveLength(3);
    expect(it.controller.image.partition(0)!.isr).toEqual([leader]);
    expect([shrink.answer, fetch.answer]).toEqual([null, null]);
    it.run(0.5);
    expect(orders(it).isr).toEqual([leader]);
    expect(shrink.answer!.partitions[0]).toMatchObject({ error: 0, isr: [leader] });
    expect(fetch.answer!.batches.flatMap(({ records }) => records)).toContainEqual(
      expect.objectContaining({ kind: 'partition-change' }),
    );
  });

  it('a crash between decision and commit leaves no answer and no effect', () => {
    const it = cluster().up();
    const before = it.controller.nextOffset;
    const { leader } = orders(it);
    const shrink = it.ask<AlterPartitionResponse>(leader, shrinkTo(it, [leader]));
    while (it.controller.nextOffset === before) it.run(0.0005);
    it.world.powerLoss(it.controllerMachine);
    it.run(1);
    it.world.start(it.controllerMachine);
    it.run(1);
    expect(shrink.answer).toBeNull();
    expect(orders(it).isr).toHaveLength(3);
    expect(it.controller.image.partition(0)!.isr).toHaveLength(3);
  });

  it('a crash between commit and answer leaves the effect, and the leader unanswered', () => {
    const it = cluster().up();
    const { leader } = orders(it);
    const shrink = it.ask<AlterPartitionResponse>(leader, shrinkTo(it, [leader]));
    while (orders(it).isr.length === 3) it.world.step();
    it.world.kill(it.controllerMachine);
    it.world.start(it.controllerMachine);
    it.run(1);
    expect(shrink.answer).toBeNull();
    expect(it.controller.image.partition(0)!.isr).toEqual([leader]);
  });

  it('a killed controller loses nothing that it had written: its successor commits and announces it', () => {
    const it = cluster().up();
    const { leader } = orders(it);
    const log = it.world.disk(it.controllerMachine).open('__cluster_metadata-0/00000000000000000000.log');
    const written = log.length;
    it.ask<AlterPartitionResponse>(leader, shrinkTo(it, [leader]));
    while (log.length === written) it.world.step();
    expect(orders(it).isr).toHaveLength(3);
    const announced: number[] = [];
    it.world.probes.listen([Probe.partitionChanged], {
      onProbe: (_kind, _machine, _key, _leader, _epoch, isr) => announced.push(isr),
    });
    it.world.kill(it.controllerMachine);
    it.world.start(it.controllerMachine);
    it.run(1);
    expect(announced).toEqual([1 << leader]);
    expect(it.controller.image.partition(0)!.isr).toEqual([leader]);
  });

  it('refuses a restarted broker while the session of its former life is valid, and takes it once that is fenced', () => {
    const it = cluster().up();
    expect(errorName(it.register(1, 77).error)).toBe('DUPLICATE_BROKER_REGISTRATION');
    for (let i = 0; i < 5; i++) {
      it.heartbeat(2);
      it.heartbeat(3);
      it.run(2);
    }
    expect(it.committed.image.isAlive(1)).toBe(false);
    expect(orders(it).isr.toSorted((a, b) => a - b)).toEqual([2, 3]);
    expect(errorName(it.register(1, 77).error)).toBe('NONE');
    expect(errorName(it.heartbeat(1, { brokerEpoch: 1 }).error)).toBe('STALE_BROKER_EPOCH');
  });

  it('gives the same incarnation its epoch again when the answer to its registration was lost', () => {
    const it = cluster();
    const first = it.register(1, 7);
    expect(it.register(1, 7)).toEqual(first);
  });

  it('grants every broker a full session after its own crash', () => {
    const it = cluster().up();
    it.run(8.5);
    it.world.kill(it.controllerMachine);
    it.world.start(it.controllerMachine);
    it.run(8.5);
    expect([1, 2, 3].map((id) => it.committed.image.isAlive(id))).toEqual([true, true, true]);
    it.run(1);
    expect([1, 2, 3].map((id) => it.committed.image.isAlive(id))).toEqual([false, false, false]);
  });

  it('fences one after the other: the last in the ISR stays in it, and nobody leads', () => {
    const it = cluster().up();
    it.run(11);
    expect(orders(it)).toMatchObject({ leader: -1 });
    expect(orders(it).isr).toHaveLength(1);
    const frozen = orders(it).isr[0];
    const other = frozen === 1 ? 2 : 1;
    it.heartbeat(other);
    it.run(0.2);
    expect(orders(it)).toMatchObject({ leader: -1, isr: [frozen] });
    it.heartbeat(frozen);
    it.run(0.2);
    expect(orders(it)).toMatchObject({ leader: frozen, isr: [frozen] });
  });

  it('moves leaderships away before a broker may stop', () => {
    const it = cluster().up();
    const { leader, replicas } = orders(it);
    expect(it.heartbeat(leader, { wantShutDown: true }).shouldShutDown).toBe(false);
    expect(orders(it).leader).toBe(replicas[1]);
    for (const broker of replicas.slice(1)) it.heartbeat(broker);
    expect(it.heartbeat(leader, { wantShutDown: true })).toMatchObject({ shouldShutDown: true, isFenced: true });
    expect(errorName(it.register(leader, 99).error)).toBe('NONE');
  });

  it('moves them away again when a heartbeat from before the shutdown arrives late and unfences the broker', () => {
    const it = cluster().up();
    const { leader } = orders(it);
    const [other, third] = [1, 2, 3].filter((broker) => broker !== leader);
    it.answer(leader, shrinkTo(it, [leader]));
    it.heartbeat(leader, { wantShutDown: true });
    expect(orders(it)).toMatchObject({ leader: -1, isr: [leader] });
    for (let i = 0; i < 6; i++) {
      it.heartbeat(other);
      it.heartbeat(third);
      it.run(2);
    }
    expect(it.heartbeat(leader).isFenced).toBe(false);
    expect(orders(it).leader).toBe(leader);
    expect(it.heartbeat(leader, { wantShutDown: true }).shouldShutDown).toBe(false);
    expect(orders(it).leader).toBe(-1);
    for (const broker of [other, third]) it.heartbeat(broker);
    expect(it.heartbeat(leader, { wantShutDown: true }).shouldShutDown).toBe(true);
  });

  it('gives out producer ids in blocks of 1000, also across a restart', () => {
    const it = cluster().up();
    const block = (): AllocateProducerIdsResponse =>
      it.answer(1, {
        kind: Api.allocateProducerIds,
        brokerId: 1,
        brokerEpoch: it.brokerEpochs[1],
      } as unknown as Request);
    expect(block()).toMatchObject({ producerIdStart: 0, producerIdLen: 1000 });
    expect(block()).toMatchObject({ producerIdStart: 1000 });
    it.world.powerLoss(it.controllerMachine);
    it.world.start(it.controllerMachine);
    it.run(0.5);
    expect(block()).toMatchObject({ producerIdStart: 2000 });
  });

  it('a fetch at the end of the log waits for a record or for its patience', () => {
    const idle = { 'metadata.max.idle.interval.ms': 0 };
    const it = new ScriptedCluster(createWorld({ seed: 'controller' }), [ordersTopic()], idle).up();
    const waits = it.fetch(1, it.committed.image.nextOffset, 500);
    it.run(0.4);
    expect(waits.answer).toBeNull();
    it.run(0.2);
    expect(waits.answer).toMatchObject({ batches: [], highWatermark: it.committed.image.nextOffset });

    const wakes = it.fetch(1, it.committed.image.nextOffset, 60_000);
    it.register(3, 3);
    it.run(0.1);
    expect(wakes.answer!.batches[0].records).toHaveLength(1);
  });

  it('says that it is no controller until its log is committed again', () => {
    const it = cluster().up();
    it.world.kill(it.controllerMachine);
    it.world.start(it.controllerMachine);
    const early = it.ask<BrokerRegistrationResponse>(1, registration(1, 1));
    it.run(0.02);
    expect(errorName(early.answer!.error)).toBe('NOT_CONTROLLER');
  });

  it('goes back to the preferred leader leader.imbalance.check.interval.seconds after it first led elsewhere', () => {
    const it = cluster().up();
    const { replicas } = orders(it);
    const move = {
      kind: Api.electLeaders,
      electionType: 2,
      target: replicas[1],
      partitions: [0],
    } as unknown as Request;
    it.answer(1, move);
    expect(orders(it).leader).toBe(replicas[1]);
    const beat = (seconds: number): void => {
      for (let at = 0; at < seconds; at += 4) {
        for (const broker of [1, 2, 3]) it.heartbeat(broker);
        it.run(4);
      }
    };
    beat(290);
    expect(orders(it).leader).toBe(replicas[1]);
    beat(16);
    expect(orders(it).leader).toBe(replicas[0]);
  });

  it('elects uncleanly as soon as any replica is unfenced, where the topic allows it', () => {
    const topic = ordersTopic();
    const unclean = { ...topic, settings: { ...topic.settings, 'unclean.leader.election.enable': true } };
    const it = new ScriptedCluster(createWorld({ seed: 'sweep' }), [unclean]).up();
    it.run(11);
    expect(orders(it).leader).toBe(-1);
    const frozen = orders(it).isr[0];
    const other = frozen === 1 ? 2 : 1;
    it.heartbeat(other);
    it.run(0.2);
    expect(orders(it)).toMatchObject({ leader: other, isr: [other], leaderRecoveryState: 1 });
  });
});
