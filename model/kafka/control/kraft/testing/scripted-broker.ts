/** A machine that asks the controller whatever a test tells it to, one connection for each question, and keeps the answers. */
import type { Connection } from '../../../../kernel/network.js';
import { Process, type Host, type MachineId, type Message } from '../../../../kernel/process.js';
import type { World } from '../../../../kernel/world.js';
import { resolveRules } from '../../../protocol/versions/resolve.js';
import { brokerDefaults } from '../../../testing/cluster-spec.js';
import type { BrokerSettings, TopicSpec } from '../../../cluster-spec.js';
import {
  Api,
  Purpose,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationResponse,
  type Request,
  type Response,
} from '../../../protocol/messages.js';
import { RaftApi, type QuorumFetchRequest, type QuorumFetchResponse } from '../../../protocol/raft-messages.js';
import { CommittedMetadata } from '../../committed-metadata.js';
import { Controller } from '../controller.js';
import { topicSettings } from './images.js';

export const brokerSettings = brokerDefaults;

const FIRST_CONTROLLER = 4;

/** One question and, once it came, its answer. */
export interface Question<R extends Response> {
  readonly request: Request;
  answer: R | null;
}

export class ScriptedBroker extends Process {
  override start(): void {}
  override onConnection(): void {}
  override onBroken(): void {}
  override onTimer(): void {}

  override onConnected(connection: Connection): void {
    connection.send((connection.state as Question<Response>).request);
  }

  override onMessage(connection: Connection, message: Message): void {
    (connection.state as Question<Response>).answer = message as Response;
  }

  ask<R extends Response>(controller: MachineId, request: Omit<Request, 'correlationId' | 'bytes'>): Question<R> {
    const question: Question<R> = { request: { ...request, correlationId: 1, bytes: 60 } as Request, answer: null };
    const connection = this.host.net.connect(controller, Purpose.heartbeat, 10_000_000);
    connection.state = question;
    return question;
  }
}

/** Three scripted brokers, machines 1..3, and controllers, machines 4 and following; one unless told otherwise. */
export class ScriptedCluster {
  readonly world: World;
  readonly committed = new CommittedMetadata([]);
  readonly controllers: readonly MachineId[];
  readonly brokerEpochs: number[] = [];

  constructor(
    world: World,
    topics: readonly TopicSpec[] = [ordersTopic()],
    settings: Partial<BrokerSettings> = {},
    controllers = 1,
  ) {
    this.world = world;
    for (const name of ['b1', 'b2', 'b3']) {
      world.start(world.addMachine({ name, program: (host: Host) => new ScriptedBroker(host) }));
    }
    this.controllers = Array.from({ length: controllers }, (_, index) => FIRST_CONTROLLER + index);
    const config = {
      settings: { ...brokerSettings, ...settings },
      rules: resolveRules('3.9'),
      topics,
      brokers: 3,
      voters: this.controllers,
    };
    for (const machine of this.controllers) {
      const program = (host: Host): Controller => new Controller(host, config, this.committed);
      world.addMachine({ name: controllers === 1 ? 'controller' : `controller${machine - 3}`, program });
    }
    for (const machine of this.controllers) world.start(machine);
    this.run(controllers === 1 ? 0.2 : 5);
  }

  /** The active one, or the first while none is. */
  get controllerMachine(): MachineId {
    const active = this.controllers.find((machine) => this.controllerOn(machine)?.isActive === true);
    return active ?? FIRST_CONTROLLER;
  }

  get controller(): Controller {
    return this.controllerOn(this.controllerMachine)!;
  }

  controllerOn(machine: MachineId): Controller | undefined {
    return this.world.process(machine) as Controller | undefined;
  }

  run(seconds: number): void {
    this.world.runUntil(this.world.now + Math.floor(seconds * 1_000_000));
  }

  ask<R extends Response>(broker: MachineId, request: Omit<Request, 'correlationId' | 'bytes'>): Question<R> {
    return (this.world.process(broker) as ScriptedBroker).ask(this.controllerMachine, request);
  }

  /** Asks and runs until the answer is there. */
  answer<R extends Response>(broker: MachineId, request: Omit<Request, 'correlationId' | 'bytes'>): R {
    const question = this.ask<R>(broker, request);
    for (let i = 0; i < 1000 && question.answer === null; i++) this.run(0.001);
    if (question.answer === null) throw new Error('the controller did not answer within a second');
    return question.answer;
  }

  register(broker: MachineId, incarnationId = broker): BrokerRegistrationResponse {
    const response = this.answer<BrokerRegistrationResponse>(broker, registration(broker, incarnationId));
    if (response.error === 0) this.brokerEpochs[broker] = response.brokerEpoch;
    return response;
  }

  heartbeat(broker: MachineId, wants: Partial<BrokerHeartbeatRequest> = {}): BrokerHeartbeatResponse {
    return this.answer(broker, {
      kind: Api.brokerHeartbeat,
      brokerId: broker,
      brokerEpoch: this.brokerEpochs[broker],
      currentMetadataOffset: this.committed.image.nextOffset - 1,
      wantFence: false,
      wantShutDown: false,
      offlineLogDirs: [],
      ...wants,
    } as BrokerHeartbeatRequest);
  }

  /** All three registered, unfenced, and the topics created. */
  up(): this {
    for (const broker of [1, 2, 3]) {
      this.register(broker);
      this.heartbeat(broker);
    }
    this.run(0.2);
    return this;
  }

  /** As an observer that has read up to `fetchOffset` from the present leader. */
  fetch(broker: MachineId, fetchOffset: number, maxWaitMs = 500): Question<QuorumFetchResponse> {
    const { epoch: currentLeaderEpoch, log } = this.controller.raft;
    const lastFetchedEpoch = log.epochBefore(fetchOffset);
    const fields = {
      replicaId: broker,
      currentLeaderEpoch,
      fetchOffset,
      lastFetchedEpoch,
      maxWaitMs,
      highWatermark: -1,
    };
    return this.ask(broker, { kind: RaftApi.fetch, ...fields } as QuorumFetchRequest);
  }
}

export function registration(brokerId: number, incarnationId: number): Omit<Request, 'correlationId' | 'bytes'> {
  return {
    kind: Api.brokerRegistration,
    brokerId,
    incarnationId,
    rack: null,
    previousBrokerEpoch: -1,
    logDirs: [],
  } as unknown as Request;
}

export function ordersTopic(): TopicSpec {
  return { name: 'orders', partitions: 1, replicationFactor: 3, settings: topicSettings };
}
