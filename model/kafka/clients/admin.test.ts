import { describe, expect, it } from 'vitest';
import { Process, type Host, type Message } from '../../kernel/process.js';
import type { Connection } from '../../kernel/network.js';
import { createWorld, type World } from '../../kernel/world.js';
import { errorName, KafkaError, type ErrorCode } from '../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
} from '../protocol/messages.js';
import { RaftApi } from '../protocol/raft-messages.js';
import { AdminClient } from './admin.js';

const SECOND = 1_000_000;

/** Answers elections with these errors, one each, then with NONE; null: not at all. */
class ScriptedController extends Process {
  readonly requests: ElectLeadersRequest[] = [];
  private readonly errors: (ErrorCode | null)[];
  private readonly partitionError: ErrorCode;

  constructor(host: Host, errors: (ErrorCode | null)[], partitionError: ErrorCode) {
    super(host);
    this.errors = errors;
    this.partitionError = partitionError;
  }

  override start(): void {}
  override onConnection(): void {}
  override onConnected(): void {}
  override onBroken(): void {}
  override onTimer(): void {}

  override onMessage(connection: Connection, message: Message): void {
    const request = message as ElectLeadersRequest & Partial<CreatePartitionsRequest>;
    this.requests.push(request);
    const error = this.errors.length > 0 ? this.errors.shift()! : KafkaError.NONE;
    if (error === null) return;
    const topics = request.topics?.map(({ topic }) => ({ topic, error: this.partitionError }));
    const partitions = (request.partitions ?? []).map((asked) => {
      const partition = typeof asked === 'number' ? asked : (asked as { partition: number }).partition;
      return { partition, error: this.partitionError };
    });
    const response: ElectLeadersResponse | CreatePartitionsResponse = {
      kind: request.kind + RESPONSE,
      bytes: 50,
      correlationId: request.correlationId,
      error,
      ...(topics === undefined ? { partitions } : { topics }),
    };
    connection.send(response);
  }
}

function cluster(
  scripts: (ErrorCode | null)[][],
  partitionError: ErrorCode = KafkaError.NONE,
): {
  world: World;
  admin: AdminClient;
  elected: string[];
  controller: (id: number) => ScriptedController;
} {
  const world = createWorld({ seed: 'elections' });
  const elected: string[] = [];
  scripts.forEach((errors, i) => {
    world.start(
      world.addMachine({ name: `c${i}`, program: (host) => new ScriptedController(host, errors, partitionError) }),
    );
  });
  const destinations = scripts.map((_, i) => i + 1);
  const listener = {
    onElected: (partition: number, type: number, error: ErrorCode) =>
      elected.push(`${partition} type ${type}: ${errorName(error)}`),
    onReassigned: (partition: number, error: ErrorCode) => elected.push(`${partition} reassigned: ${errorName(error)}`),
    onPartitionsCreated: (topic: number, error: ErrorCode) => elected.push(`topic ${topic}: ${errorName(error)}`),
    onVoterChanged: (error: ErrorCode) => elected.push(`voter: ${errorName(error)}`),
  };
  const id = world.addMachine({
    name: 'admin',
    program: (host) =>
      new AdminClient(host, {
        destinations,
        requestTimeoutMs: 2000,
        retryBackoffMs: 100,
        apiTimeoutMs: 10_000,
        listener,
      }),
  });
  world.start(id);
  return {
    world,
    admin: world.process(id) as AdminClient,
    elected,
    controller: (machine) => world.process(machine) as ScriptedController,
  };
}

describe('an admin client', () => {
  it('looks for the leader of the quorum, and does not repeat a change of voters that it refused', () => {
    const { world, admin, elected, controller } = cluster([
      [KafkaError.NOT_LEADER_OR_FOLLOWER],
      [KafkaError.REQUEST_TIMED_OUT],
    ]);
    admin.changeVoter(RaftApi.removeVoter, 3, 1);
    world.runUntil(5 * SECOND);
    expect(elected).toEqual(['voter: REQUEST_TIMED_OUT']);
    expect(controller(2).requests).toMatchObject([{ voterId: 3, voterDirectoryId: 1 }]);
  });

  it('asks for elections, one call after the other, and reports each partition', () => {
    const { world, admin, elected, controller } = cluster([[]]);
    admin.electLeaders(0, -1, [3, 4]);
    admin.electLeaders(2, 7, [5]);
    expect(admin.pending).toBe(2);
    world.runUntil(1 * SECOND);
    expect(elected).toEqual(['3 type 0: NONE', '4 type 0: NONE', '5 type 2: NONE']);
    expect(controller(1).requests).toMatchObject([
      { electionType: 0, target: -1, partitions: [3, 4] },
      { electionType: 2, target: 7, partitions: [5] },
    ]);
    expect(admin.pending).toBe(0);
  });

  it('asks for reassignments, and reports each partition', () => {
    const { world, admin, elected, controller } = cluster([[KafkaError.NOT_CONTROLLER], []]);
    const partitions = [
      { partition: 3, replicas: [1, 2] },
      { partition: 4, replicas: null },
    ];
    admin.alterPartitionReassignments(partitions);
    world.runUntil(1 * SECOND);
    expect(elected).toEqual(['3 reassigned: NONE', '4 reassigned: NONE']);
    expect(controller(2).requests).toMatchObject([{ kind: Api.alterPartitionReassignments, partitions }]);
  });

  it('asks for more partitions, and reports each topic', () => {
    const { world, admin, elected, controller } = cluster([[KafkaError.NOT_CONTROLLER], []]);
    const topics = [
      { topic: 0, count: 6 },
      { topic: 2, count: 3 },
    ];
    admin.createPartitions(topics);
    world.runUntil(1 * SECOND);
    expect(elected).toEqual(['topic 0: NONE', 'topic 2: NONE']);
    expect(controller(2).requests).toMatchObject([{ kind: Api.createPartitions, topics }]);
  });

  it('hands on what is said of a partition', () => {
    const { world, admin, elected } = cluster([[]], KafkaError.ELECTION_NOT_NEEDED);
    admin.electLeaders(0, -1, [3]);
    world.runUntil(1 * SECOND);
    expect(elected).toEqual(['3 type 0: ELECTION_NOT_NEEDED']);
  });

  it('goes to the next destination after NOT_CONTROLLER', () => {
    const { world, admin, elected, controller } = cluster([[KafkaError.NOT_CONTROLLER], []]);
    admin.electLeaders(0, -1, [0]);
    world.runUntil(1 * SECOND);
    expect(elected).toEqual(['0 type 0: NONE']);
    expect(controller(2).requests).toHaveLength(1);
  });

  it('goes to the next destination when one does not answer within request.timeout.ms, or is down', () => {
    const { world, admin, elected } = cluster([[null], [], []]);
    world.kill(2);
    admin.electLeaders(0, -1, [0]);
    world.runUntil(5 * SECOND);
    expect(elected).toEqual(['0 type 0: NONE']);
  });

  it('gives a call up when nobody answers, and goes on with the next', () => {
    const { world, admin, elected } = cluster([[]]);
    world.kill(1);
    admin.electLeaders(0, -1, [0]);
    world.runUntil(11 * SECOND);
    expect(elected).toEqual(['0 type 0: REQUEST_TIMED_OUT']);
    world.start(1);
    admin.electLeaders(1, -1, [1]);
    world.runUntil(15 * SECOND);
    expect(elected).toEqual(['0 type 0: REQUEST_TIMED_OUT', '1 type 1: NONE']);
  });
});
