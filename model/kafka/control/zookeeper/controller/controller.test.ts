import { describe, expect, it } from 'vitest';
import {
  ControlApi,
  type ControlledShutdownRequest,
  type ControlledShutdownResponse,
  type StopReplicaRequest,
  type UpdateMetadataRequest,
} from '../../../protocol/control-messages.js';
import { KafkaError } from '../../../protocol/errors.js';
import {
  Api,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  type Request,
} from '../../../protocol/messages.js';
import { brokerPath, type LeaderAndIsr } from '../znodes.js';
import { ControllerLab, SECOND, type LabOptions } from './testing/controller-lab.js';

function lab(options: LabOptions = {}): ControllerLab {
  const cluster = new ControllerLab(options);
  cluster.ready();
  return cluster;
}

function others(cluster: ControllerLab, ...out: number[]): number[] {
  return cluster.brokers.filter((broker) => !out.includes(broker));
}

/** Asks the active controller, and waits for its answer. */
function ask<Answer>(cluster: ControllerLab, request: object): Answer {
  const broker = cluster.broker(cluster.controllerId);
  const answer = broker.ask({ bytes: 50, correlationId: 1, ...request } as Request);
  cluster.until('an answer', () => answer.response !== null);
  return answer.response as Answer;
}

function electionOf(target: number, partition = 0): Partial<ElectLeadersRequest> {
  return { kind: Api.electLeaders, electionType: 2, target, partitions: [partition] };
}

function isrChange(cluster: ControllerLab, isr: readonly number[], from: Partial<LeaderAndIsr> = {}): object {
  const state = { ...cluster.state()!, ...from };
  const request: Partial<AlterPartitionRequest> = {
    kind: Api.alterPartition,
    brokerId: state.leader,
    brokerEpoch: cluster.broker(state.leader).brokerEpoch,
    partitions: [
      {
        partition: 0,
        leaderEpoch: state.leaderEpoch,
        partitionEpoch: state.zkVersion,
        newIsr: isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
        leaderRecoveryState: 0,
      },
    ],
  };
  return request;
}

describe('a cluster that starts', () => {
  it.each(['0.10.2', '2.0', '2.1', '3.9'])('with %s has one controller, of epoch 1', (kafka) => {
    const cluster = lab({ kafka });
    expect(cluster.brokers.filter((broker) => cluster.broker(broker).controller.isActive)).toEqual([
      cluster.controllerId,
    ]);
    expect(cluster.controllerEpoch).toBe(1);
  });

  it('creates the topics once all brokers are there, each led by the first of its assignment', () => {
    const cluster = lab({ partitions: 3 });
    for (let partition = 0; partition < 3; partition++) {
      const state = cluster.state(partition)!;
      expect(state).toMatchObject({ leaderEpoch: 0, zkVersion: 0, controllerEpoch: 1 });
      expect(state.isr.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
      expect(state.leader).toBe(state.isr[0]);
    }
  });

  it('tells each replica by LeaderAndIsr, and everybody by UpdateMetadata', () => {
    const cluster = lab();
    for (const broker of cluster.brokers) {
      expect(cluster.toldOf(broker)).toMatchObject({ leader: cluster.state()!.leader, leaderEpoch: 0, isNew: true });
      const kinds = cluster.broker(broker).told.map(({ kind }) => kind);
      expect(kinds.indexOf(ControlApi.updateMetadata)).toBeLessThan(kinds.indexOf(ControlApi.leaderAndIsr));
    }
  });
});

describe('a broker that dies', () => {
  it('is replaced by the first of the ISR that lives, and leaves the ISR, once its session is over', () => {
    const cluster = lab();
    const before = cluster.state()!;
    cluster.world.kill(before.leader);
    cluster.pass(4 * SECOND);
    expect(cluster.state()).toEqual(before);
    cluster.until('another leads', () => ![before.leader, -1].includes(cluster.state()!.leader));
    cluster.pass(2 * SECOND);
    const after = cluster.state()!;
    const [next] = before.isr.filter((member) => member !== before.leader);
    expect(after.leader).toBe(next);
    expect(after.isr).toEqual(before.isr.filter((member) => member !== before.leader));
    expect(after.leaderEpoch).toBeGreaterThan(before.leaderEpoch);
    for (const broker of others(cluster, before.leader)) {
      expect(cluster.toldOf(broker)).toMatchObject({ leader: next, leaderEpoch: after.leaderEpoch });
    }
  });

  it('and was alone leads again in the same epoch: nobody was there to notice', () => {
    const cluster = lab({ brokers: 1 });
    cluster.world.kill(1);
    cluster.pass(15 * SECOND);
    cluster.world.start(1);
    cluster.until('it is told', () => cluster.toldOf(1) !== undefined);
    expect(cluster.toldOf(1)).toMatchObject({ leader: 1, leaderEpoch: 0, isNew: false });
  });

  it('leaves the partition without a leader where nobody of the ISR lives, unless unclean elections are allowed', () => {
    for (const unclean of [false, true]) {
      const cluster = lab({ topic: { 'unclean.leader.election.enable': unclean } });
      const { leader } = cluster.state()!;
      ask(cluster, isrChange(cluster, [leader]));
      cluster.world.kill(leader);
      cluster.pass(15 * SECOND);
      const state = cluster.state()!;
      expect(state.leader === -1).toBe(!unclean);
      expect(state.isr.includes(leader)).toBe(!unclean);
    }
  });

  it('is told what it hosts when it comes back', () => {
    const cluster = lab();
    const [gone] = others(cluster, cluster.controllerId, cluster.state()!.leader);
    cluster.world.kill(gone);
    cluster.pass(15 * SECOND);
    expect(cluster.state()!.isr).not.toContain(gone);
    cluster.world.start(gone);
    cluster.until('it is told', () => cluster.toldOf(gone) !== undefined);
    expect(cluster.toldOf(gone)).toMatchObject({ leader: cluster.state()!.leader, isNew: false });
  });

  it.each([
    ['2.1', false],
    ['2.5', true],
  ])('and is back before anybody looked is noticed since KIP-380 (%s: %s)', (kafka, noticed) => {
    const cluster = lab({ kafka });
    const { leader } = cluster.state()!;
    const [bounced] = others(cluster, cluster.controllerId, leader);
    const controller = cluster.controllerId;
    // The controller does not see the znode go and come.
    cluster.broker(bounced).session.client.close();
    cluster.world.pause(controller);
    cluster.world.kill(bounced);
    cluster.until('the znode is gone', () => cluster.tree.node(brokerPath(bounced)) === undefined);
    cluster.world.start(bounced);
    cluster.until('the znode is back', () => cluster.tree.node(brokerPath(bounced)) !== undefined);
    // Until its server knows, too.
    cluster.pass(SECOND / 10);
    cluster.world.resume(controller);
    cluster.pass(5 * SECOND);
    expect(cluster.controllerId).toBe(controller);
    expect(cluster.toldOf(bounced) !== undefined).toBe(noticed);
  });
});

describe('the controller', () => {
  it.each(['0.10.2', '2.0', '2.7'])(
    'of %s that dies is followed by another, with the next epoch, who reads everything',
    (kafka) => {
      const cluster = lab({ kafka });
      const first = cluster.controllerId;
      const before = cluster.state()!;
      cluster.world.kill(first);
      cluster.until('another', () => ![first, -1].includes(cluster.controllerId));
      cluster.pass(5 * SECOND);
      expect(cluster.controllerEpoch).toBe(2);
      expect(cluster.state()!.isr).toEqual(before.isr.filter((member) => member !== first));
      for (const broker of others(cluster, first)) {
        const last = cluster.broker(broker).told.at(-1)!;
        expect(last).toMatchObject({ controllerId: cluster.controllerId, controllerEpoch: 2 });
        const metadata = cluster.broker(broker).told.filter(({ kind }) => kind === ControlApi.updateMetadata);
        const live = (metadata.at(-1) as UpdateMetadataRequest).liveBrokers.map(({ id }) => id);
        expect(live).toEqual(others(cluster, first));
      }
    },
  );

  it('that was cut off from ZooKeeper is followed by another, and resigns when it hears that its session is over', () => {
    const cluster = lab();
    const first = cluster.controllerId;
    cluster.cutFromZooKeeper(first, true);
    cluster.until('another', () => ![first, -1].includes(cluster.controllerId));
    expect(cluster.broker(first).controller.isActive).toBe(true);
    cluster.cutFromZooKeeper(first, false);
    cluster.until('it resigns', () => !cluster.broker(first).controller.isActive);
    cluster.until('it is back', () => cluster.tree.node(brokerPath(first)) !== undefined);
    cluster.pass(5 * SECOND);
    expect(cluster.controllerId).not.toBe(first);
    expect(cluster.toldOf(first)).toMatchObject({ leader: cluster.state()!.leader });
  });

  it('dies half-way through a failover, and the next one ends it', () => {
    const cluster = lab({ brokers: 4 });
    const first = cluster.controllerId;
    const { leader } = cluster.state()!;
    for (const broker of new Set([first, leader])) cluster.world.kill(broker);
    cluster.until('another', () => ![first, -1].includes(cluster.controllerId));
    // It has been elected, and has not read the state yet.
    cluster.world.kill(cluster.controllerId);
    const alive = cluster.brokers.filter((broker) => cluster.world.isRunning(broker));
    cluster.until('a third', () => alive.includes(cluster.controllerId) && cluster.controllerEpoch === 3);
    cluster.pass(5 * SECOND);
    const state = cluster.state()!;
    const electable = state.isr.some((member) => alive.includes(member));
    expect(alive.includes(state.leader)).toBe(electable);
  });

  it('sends again what was not delivered, in order', () => {
    const cluster = lab();
    const { leader, leaderEpoch } = cluster.state()!;
    const controller = cluster.controllerId;
    const [follower] = others(cluster, controller, leader);
    cluster.world.net.cut(controller, follower, true);
    for (const target of [...others(cluster, leader), leader]) ask(cluster, electionOf(target));
    cluster.world.net.cut(controller, follower, false);
    cluster.pass(60 * SECOND);
    const epochs = cluster
      .broker(follower)
      .told.filter(({ kind }) => kind === ControlApi.leaderAndIsr)
      .map((request) => (request as { partitions?: { leaderEpoch: number }[] }).partitions![0].leaderEpoch);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(epochs.at(-1)).toBe(leaderEpoch + 3);
  });
});

describe('an ISR change', () => {
  it('is written against the version that the leader names, and told to all', () => {
    const cluster = lab();
    const { leader, zkVersion } = cluster.state()!;
    const response = ask<AlterPartitionResponse>(cluster, isrChange(cluster, [leader]));
    expect(response.partitions[0]).toMatchObject({ error: 0, isr: [leader], partitionEpoch: zkVersion + 1 });
    expect(cluster.state()).toMatchObject({ isr: [leader], zkVersion: zkVersion + 1, leaderEpoch: 0 });
  });

  it.each([
    ['of a deposed leader', { leaderEpoch: -1 }, KafkaError.FENCED_LEADER_EPOCH],
    ['from an old version', { zkVersion: -2 }, KafkaError.INVALID_UPDATE_VERSION],
    ['from a later version than the controller knows', { zkVersion: 9 }, KafkaError.NOT_CONTROLLER],
  ])('%s is refused', (_, from, error) => {
    const cluster = lab({ kafka: '3.3' });
    const { leader } = cluster.state()!;
    const response = ask<AlterPartitionResponse>(cluster, isrChange(cluster, [leader], from));
    expect(response.partitions[0].error).toBe(error);
    expect(cluster.state()!.zkVersion).toBe(0);
  });

  it('from a later version is answered by one who knows less as if it knew more, with KAFKA-14154', () => {
    const cluster = lab({ kafka: '3.2', defects: ['KAFKA-14154'] });
    const { leader } = cluster.state()!;
    const response = ask<AlterPartitionResponse>(cluster, isrChange(cluster, [leader], { zkVersion: 9 }));
    expect(response.partitions[0].error).toBe(KafkaError.INVALID_UPDATE_VERSION);
  });

  it('of an earlier incarnation is refused', () => {
    const cluster = lab();
    const { leader } = cluster.state()!;
    const response = ask<AlterPartitionResponse>(cluster, { ...isrChange(cluster, [leader]), brokerEpoch: 7 });
    expect(response.error).toBe(KafkaError.STALE_BROKER_EPOCH);
  });

  it('that takes in a dead broker is refused since 3.3 (KAFKA-14140), and not before', () => {
    for (const kafka of ['2.7', '3.3']) {
      const cluster = lab({ kafka });
      const { leader } = cluster.state()!;
      const [dead] = others(cluster, leader, cluster.controllerId);
      cluster.world.kill(dead);
      cluster.until('it is out', () => !cluster.state()!.isr.includes(dead));
      cluster.pass(2 * SECOND);
      const response = ask<AlterPartitionResponse>(cluster, isrChange(cluster, [1, 2, 3]));
      const refused = kafka === '3.3' ? KafkaError.INELIGIBLE_REPLICA : KafkaError.NONE;
      expect(response.partitions[0].error).toBe(refused);
    }
  });
});

describe('an ISR change that is there already', () => {
  type Answer = AlterPartitionResponse['partitions'][number];

  /** The connection ends before ZooKeeper's answer is heard: the controller sends the write again on the next. */
  function writtenTwice(options: LabOptions): { cluster: ControllerLab; answer: Answer } {
    const cluster = lab(options);
    const { leader } = cluster.state()!;
    const controller = cluster.controllerId;
    cluster.deafToZooKeeper(controller, true);
    const request = { bytes: 50, correlationId: 1, ...isrChange(cluster, [leader]) } as Request;
    const asked = cluster.broker(controller).ask(request);
    cluster.until('it is written', () => cluster.state()!.zkVersion === 1);
    cluster.until('the connection is lost', () => cluster.broker(controller).session.state !== 'connected');
    cluster.deafToZooKeeper(controller, false);
    cluster.until('an answer', () => asked.response !== null);
    expect(cluster.controllerId, 'its session went on').toBe(controller);
    expect(cluster.state(), 'written once').toMatchObject({ isr: [leader], zkVersion: 1, leaderEpoch: 0 });
    return { cluster, answer: (asked.response as AlterPartitionResponse).partitions[0] };
  }

  it.each(['2.7', '3.9'])('since the controller wrote it and lost the answer is told as done, with %s', (kafka) => {
    const { cluster, answer } = writtenTwice({ kafka });
    const { isr } = cluster.state()!;
    expect(answer).toMatchObject({ error: KafkaError.NONE, isr, partitionEpoch: 1 });
    const next = ask<AlterPartitionResponse>(cluster, isrChange(cluster, cluster.brokers));
    expect(next.partitions[0]).toMatchObject({ error: KafkaError.NONE, partitionEpoch: 2 });
  });

  it.each(['2.7', '3.9'])('since the controller wrote it and lost the answer is refused, with %s and B87', (kafka) => {
    expect(writtenTwice({ kafka, defects: ['B87'] }).answer.error).toBe(KafkaError.INVALID_UPDATE_VERSION);
  });

  it.each([
    ['3.2', KafkaError.INVALID_UPDATE_VERSION],
    ['3.3', KafkaError.NONE],
  ])('since the leader asked for it before is answered %s: %s (KAFKA-14144)', (kafka, error) => {
    const cluster = lab({ kafka });
    const request = isrChange(cluster, [cluster.state()!.leader]);
    expect(ask<AlterPartitionResponse>(cluster, request).partitions[0].error).toBe(KafkaError.NONE);
    expect(ask<AlterPartitionResponse>(cluster, request).partitions[0].error).toBe(error);
  });

  it.each([
    ['another ISR', { isr: [] }],
    ['another leader epoch', { leaderEpoch: 1 }],
    ['another leader', { leader: -1 }],
    ['a later controller', { controllerEpoch: 9 }],
  ])('but with %s is refused', (_, other) => {
    const cluster = lab({ kafka: '3.9' });
    const { zkVersion, ...state } = cluster.state()!;
    const request = isrChange(cluster, [state.leader]);
    const data = { ...state, isr: [state.leader], ...other };
    cluster.setData(cluster.paths.states[0], data);
    cluster.until('it is there', () => cluster.state()!.zkVersion === zkVersion + 1);
    const answer = ask<AlterPartitionResponse>(cluster, request);
    expect(answer.partitions[0].error).toBe(KafkaError.INVALID_UPDATE_VERSION);
    expect(cluster.state()).toMatchObject({ ...data, zkVersion: zkVersion + 1 });
  });
});

describe('a controlled shutdown', () => {
  it('moves leaderships away, takes the broker out of the ISRs and stops its replicas', () => {
    const cluster = lab({ partitions: 6 });
    const leaving = others(cluster, cluster.controllerId)[0];
    const request: Partial<ControlledShutdownRequest> = {
      kind: ControlApi.controlledShutdown,
      brokerId: leaving,
      brokerEpoch: cluster.broker(leaving).brokerEpoch,
    };
    const response = ask<ControlledShutdownResponse>(cluster, request);
    expect(response).toMatchObject({ error: 0, remainingPartitions: [] });
    for (let partition = 0; partition < 6; partition++) {
      expect(cluster.state(partition)!.leader).not.toBe(leaving);
      expect(cluster.state(partition)!.isr).not.toContain(leaving);
    }
    cluster.pass(SECOND);
    const stopped = cluster.broker(leaving).told.filter(({ kind }) => kind === ControlApi.stopReplica);
    expect(stopped.flatMap((told) => (told as StopReplicaRequest).partitions).every((p) => !p.deletePartition)).toBe(
      true,
    );
    expect(stopped.length).toBeGreaterThan(0);
  });

  it('of an earlier incarnation is refused (KIP-380)', () => {
    const cluster = lab();
    const response = ask<ControlledShutdownResponse>(cluster, {
      kind: ControlApi.controlledShutdown,
      brokerId: 1,
      brokerEpoch: 7,
    });
    expect(response.error).toBe(KafkaError.STALE_BROKER_EPOCH);
  });
});

describe('an administrator', () => {
  it('moves the leadership to a member of the ISR', () => {
    const cluster = lab();
    const { leader, isr } = cluster.state()!;
    const target = isr.find((member) => member !== leader)!;
    const response = ask<ElectLeadersResponse>(cluster, electionOf(target));
    expect(response.partitions).toEqual([{ partition: 0, error: 0 }]);
    expect(cluster.state()).toMatchObject({ leader: target, leaderEpoch: 1, isr });
  });

  it('is refused by a broker that is not the controller', () => {
    const cluster = lab();
    const [other] = others(cluster, cluster.controllerId);
    const request = { bytes: 50, correlationId: 1, ...electionOf(1) } as Request;
    const answer = cluster.broker(other).ask(request);
    cluster.pass(SECOND);
    expect((answer.response as ElectLeadersResponse).error).toBe(KafkaError.NOT_CONTROLLER);
  });
});

describe('leadership that has left its preferred replica', () => {
  it('returns 5 s after a failover', () => {
    const cluster = lab();
    const { leader, isr } = cluster.state()!;
    const target = isr.find((member) => member !== leader)!;
    ask(cluster, electionOf(target));
    const [bystander] = [cluster.controllerId];
    cluster.cutFromZooKeeper(bystander, true);
    cluster.until('another controller', () => ![bystander, -1].includes(cluster.controllerId));
    cluster.cutFromZooKeeper(bystander, false);
    const preferred = isr[0];
    if (preferred === bystander) return;
    cluster.pass(10 * SECOND);
    expect(cluster.state()!.leader).toBe(preferred);
  });
});

describe('a former controller', () => {
  /** Cut off from ZooKeeper while a decision waits; another is elected; then it is heard again. @returns whether it was written */
  function overwrites(kafka: string, rules: LabOptions['rules'] = {}): boolean {
    const cluster = lab({ kafka, rules, brokers: 4, partitions: 4 });
    const former = cluster.controllerId;
    // A partition that it does not host: of the others its successor takes it out, and so writes their state.
    const partition = [0, 1, 2, 3].find((each) => !cluster.state(each)!.isr.includes(former))!;
    const { isr, leader } = cluster.state(partition)!;
    const target = isr.find((member) => member !== leader)!;
    cluster.cutFromZooKeeper(former, true);
    cluster.pass(SECOND);
    cluster.broker(former).ask({ bytes: 50, correlationId: 1, ...electionOf(target, partition) } as Request);
    cluster.until('another', () => ![former, -1].includes(cluster.controllerId));
    cluster.pass(2 * SECOND);
    const before = cluster.state(partition)!;
    cluster.cutFromZooKeeper(former, false);
    cluster.pass(15 * SECOND);
    const after = cluster.state(partition)!;
    return after.controllerEpoch === 1 && after.leaderEpoch > before.leaderEpoch;
  }

  it('whose session has expired overwrites the state before 1.1: its thread goes on in the next session', () => {
    expect(overwrites('0.11')).toBe(true);
  });

  it('that has expired stops at that since 1.1 (KAFKA-5642)', () => expect(overwrites('1.1')).toBe(false));

  it('is stopped by its controller epoch since 2.1, be its thread alive or not (KAFKA-6082)', () => {
    expect(overwrites('2.1', { controllerStopsWithSession: false })).toBe(false);
    expect(overwrites('2.1', { controllerStopsWithSession: false, controllerEpochInWrites: false })).toBe(true);
  });
});
