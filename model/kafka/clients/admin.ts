/**
 * An admin client (KafkaAdminClient) as far as elections, reassignments, added partitions, altered settings and voters need one:
 * calls go out one after the other; a call that could not be answered goes to the next destination after retry.backoff.ms, until
 * default.api.timeout.ms has passed.
 */
import type { Connection } from '../../kernel/network.js';
import { Process, type BrokenReason, type Host, type MachineId, type Message } from '../../kernel/process.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import {
  Api,
  Purpose,
  type AlterPartitionReassignmentsRequest,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  type Request,
  type Response,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from '../protocol/messages.js';
import type { VoterChangeRequest, VoterChangeResponse } from '../protocol/raft-messages.js';
import type { AdminConfig, AdminSurface } from './api.js';
import { isRetriable } from './error-classes.js';
import { NetworkClient, type NetworkListener, type NetworkSettings } from './network-client.js';

const DEFAULT_API_TIMEOUT_MS = 60_000;
const TIMER = 1;
const REQUEST_BYTES = 48;
/** A partition, or a topic. */
const SUBJECT_BYTES = 8;
/** What an answer says of all that was asked. */
const ALL = -1;

interface Call {
  readonly question: Question;
  readonly deadline: number;
}

/** What is asked, without what makes it a request. */
type Question =
  | Pick<ElectLeadersRequest, 'kind' | 'electionType' | 'target' | 'partitions'>
  | Pick<AlterPartitionReassignmentsRequest, 'kind' | 'partitions'>
  | Pick<CreatePartitionsRequest, 'kind' | 'topics'>
  | Pick<IncrementalAlterConfigsRequest, 'kind' | 'resources'>
  | Pick<UpdateFeaturesRequest, 'kind' | 'features'>
  | Pick<VoterChangeRequest, 'kind' | 'voterId' | 'voterDirectoryId'>;

/** Partition by partition, topic by topic, or of all at once. */
type Answer =
  | Pick<ElectLeadersResponse, 'error' | 'partitions'>
  | Pick<CreatePartitionsResponse | IncrementalAlterConfigsResponse, 'error' | 'topics'>
  | Pick<UpdateFeaturesResponse | VoterChangeResponse, 'error'>;

export class AdminClient extends Process implements AdminSurface, NetworkListener {
  private readonly config: AdminConfig;
  private readonly network: NetworkClient;
  private readonly apiTimeoutMicros: number;
  private readonly calls: Call[] = [];
  private asked = false;
  private destination = 0;
  private retryAt = -Infinity;
  private timer = 0;

  constructor(host: Host, config: AdminConfig) {
    super(host);
    this.config = config;
    this.apiTimeoutMicros = (config.apiTimeoutMs ?? DEFAULT_API_TIMEOUT_MS) * 1000;
    this.network = new NetworkClient(host, Purpose.admin, networkSettings(config.requestTimeoutMs), 1, this);
  }

  get pending(): number {
    return this.calls.length;
  }

  electLeaders(electionType: 0 | 1 | 2, target: number, partitions: readonly number[]): void {
    this.call({ kind: Api.electLeaders, electionType, target, partitions });
  }

  alterPartitionReassignments(partitions: AlterPartitionReassignmentsRequest['partitions']): void {
    this.call({ kind: Api.alterPartitionReassignments, partitions });
  }

  createPartitions(topics: CreatePartitionsRequest['topics']): void {
    this.call({ kind: Api.createPartitions, topics });
  }

  incrementalAlterConfigs(resources: IncrementalAlterConfigsRequest['resources']): void {
    this.call({ kind: Api.incrementalAlterConfigs, resources });
  }

  updateFeatures(features: UpdateFeaturesRequest['features']): void {
    this.call({ kind: Api.updateFeatures, features });
  }

  changeVoter(kind: VoterChangeRequest['kind'], voterId: number, voterDirectoryId: number): void {
    this.call({ kind, voterId, voterDirectoryId });
  }

  override start(): void {}

  override onConnection(connection: Connection): void {
    connection.reset();
  }

  override onConnected(connection: Connection): void {
    this.network.onConnected(connection, this.host.wallMicros());
    this.loop();
  }

  override onMessage(connection: Connection, message: Message): void {
    this.network.onMessage(connection, message as Response, this.host.wallMicros());
    this.loop();
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    this.network.onBroken(connection, why, this.host.wallMicros());
    this.loop();
  }

  override onTimer(): void {
    this.timer = 0;
    this.loop();
  }

  onResponse(_node: MachineId, _request: Request, response: Response | null): void {
    this.asked = false;
    const answer = response as Response & Answer;
    const { error } = answer;
    if (isAskedAgain(this.calls[0]!.question, error)) {
      this.tryNextDestination();
      return;
    }
    const { question } = this.calls.shift()!;
    this.report(question, (subject) => (error === KafkaError.NONE ? (errorOf(answer, subject) ?? error) : error));
  }

  onRequestLost(): void {
    this.asked = false;
  }

  onDisconnected(): void {
    this.tryNextDestination();
  }

  private call(question: Question): void {
    this.calls.push({ question, deadline: this.host.wallMicros() + this.apiTimeoutMicros });
    this.loop();
  }

  private loop(): void {
    const now = this.host.wallMicros();
    this.network.expire(now);
    this.giveUpExpired(now);
    let next = Infinity;
    const call = this.calls[0];
    if (call !== undefined) next = Math.min(call.deadline, this.asked ? Infinity : this.ask(call, now));
    next = Math.min(next, this.network.nextDeadline());
    if (this.timer !== 0) this.host.cancel(this.timer);
    this.timer = next === Infinity ? 0 : this.host.timer(TIMER, Math.max(next - now, 1000), 0);
  }

  /** Returns when to try again, if the request could not go out. */
  private ask(call: Call, now: number): number {
    if (now < this.retryAt) return this.retryAt;
    const node = this.config.destinations[this.destination]!;
    if (!this.network.ready(node, now)) return this.network.connectableAt(node);
    const request: Request & Question = {
      // First, then the spread: V8 gives each object that begins with a spread, and goes on, a new shape.
      bytes: REQUEST_BYTES + SUBJECT_BYTES * subjectsOf(call.question).length,
      ...call.question,
      correlationId: this.network.nextCorrelationId(),
    };
    this.asked = true;
    this.network.send(node, request, null, true, now);
    return Infinity;
  }

  private giveUpExpired(now: number): void {
    // What is under way is waited for: its answer belongs to this call.
    while (!this.asked && this.calls.length > 0 && this.calls[0]!.deadline <= now) {
      this.report(this.calls.shift()!.question, () => KafkaError.REQUEST_TIMED_OUT);
    }
  }

  /** @param errorOf of a partition, or of a topic */
  private report(question: Question, errorOf: (subject: number) => ErrorCode): void {
    const { listener } = this.config;
    if ('electionType' in question) {
      for (const partition of question.partitions) {
        listener?.onElected?.(partition, question.electionType, errorOf(partition));
      }
    } else if ('topics' in question) {
      for (const { topic } of question.topics) listener?.onPartitionsCreated?.(topic, errorOf(topic));
    } else if ('resources' in question) {
      for (const { topic } of question.resources) listener?.onConfigsAltered?.(topic, errorOf(topic));
    } else if ('features' in question) {
      listener?.onFeaturesUpdated?.(errorOf(ALL));
    } else if ('voterId' in question) {
      listener?.onVoterChanged?.(errorOf(ALL));
    } else {
      for (const { partition } of question.partitions) listener?.onReassigned?.(partition, errorOf(partition));
    }
  }

  private tryNextDestination(): void {
    this.destination = (this.destination + 1) % this.config.destinations.length;
    this.retryAt = this.host.wallMicros() + this.config.retryBackoffMs * 1000;
  }
}

/**
 * What an answer refuses of a change of the voters its caller is told, whether or not it is retriable
 * (KafkaAdminClient.addRaftVoter, removeRaftVoter): only another than the active controller is not asked on purpose.
 */
function isAskedAgain(question: Question, error: ErrorCode): boolean {
  if ('voterId' in question) return error === KafkaError.NOT_LEADER_OR_FOLLOWER;
  // The broker's session has ended meanwhile: whoever runs the tool runs it again.
  if ('resources' in question && error === KafkaError.UNKNOWN_SERVER_ERROR) return true;
  return error !== KafkaError.NONE && isRetriable(error);
}

function subjectsOf(question: Question): readonly unknown[] {
  if ('features' in question) return question.features;
  if ('voterId' in question) return [question.voterId];
  if ('resources' in question) return question.resources;
  return 'topics' in question ? question.topics : question.partitions;
}

/** undefined: the answer says nothing of it. */
function errorOf(answer: Answer, subject: number): ErrorCode | undefined {
  if ('topics' in answer) return answer.topics.find(({ topic }) => topic === subject)?.error;
  if (!('partitions' in answer)) return undefined;
  return answer.partitions.find(({ partition }) => partition === subject)?.error;
}

/** AdminClientConfig's defaults for connections. */
function networkSettings(requestTimeoutMs: number): NetworkSettings {
  return {
    'request.timeout.ms': requestTimeoutMs,
    'reconnect.backoff.ms': 50,
    'reconnect.backoff.max.ms': 1000,
    'socket.connection.setup.timeout.ms': 10_000,
    'socket.connection.setup.timeout.max.ms': 30_000,
    'connections.max.idle.ms': 300_000,
  };
}
