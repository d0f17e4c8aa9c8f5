/** Steps that a coordinator answers, of groups or of transactions, as requests of the model; and what the model answers. */
import { errorName, type ErrorCode } from '../../../model/kafka/protocol/errors.js';
import type {
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  OffsetToCommit,
  SyncGroupRequest,
  SyncGroupResponse,
} from '../../../model/kafka/protocol/group-messages.js';
import {
  Api,
  CoordinatorType,
  RESPONSE,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  type Request,
  type Response,
} from '../../../model/kafka/protocol/messages.js';
import type {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  EndTxnRequest,
  EndTxnResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from '../../../model/kafka/protocol/transaction-messages.js';
import type { Answer } from './exchange.js';
import type { Names } from './names.js';

/** The fields of a step that a coordinator answers, whichever it is. */
export interface CoordinatorStep {
  readonly group?: string;
  readonly member?: string;
  readonly members?: readonly { readonly member: string; readonly instance?: string }[];
  readonly instance?: string;
  readonly as?: string;
  readonly generation?: number;
  readonly type?: string;
  readonly protocol?: string;
  readonly protocols?: readonly string[];
  readonly userData?: number;
  readonly sessionTimeoutMs?: number;
  readonly assignments?: Readonly<Record<string, readonly number[]>>;
  readonly offsets?: Readonly<Record<string, number>>;
  readonly leaderEpoch?: number;
  readonly partitions?: readonly number[];
  readonly requireStable?: boolean;
  readonly transactional?: string;
  readonly producer?: string;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly timeoutMs?: number;
  readonly commit?: boolean;
}

/** As a step that says nothing else means it. */
export const DEFAULT_GROUP = 'group';
const LONG_MS = 60_000;

type Body<R extends Request> = Omit<R, 'correlationId' | 'bytes'>;

/** undefined: it is no step of these. */
export function coordinatorRequest(kind: string, step: CoordinatorStep, names: Names): object | undefined {
  const { group: groupId = DEFAULT_GROUP, generation: generationId = -1 } = step;
  const identity = { groupId, memberId: names.memberId(step.member), groupInstanceId: step.instance ?? null };
  switch (kind) {
    case 'find-coordinator': {
      const { transactional } = step;
      const keyType = transactional === undefined ? CoordinatorType.GROUP : CoordinatorType.TRANSACTION;
      return {
        kind: Api.findCoordinator,
        keyType,
        key: transactional ?? groupId,
      } satisfies Body<FindCoordinatorRequest>;
    }
    case 'join-group':
      return joinRequest(step, identity);
    case 'sync-group': {
      const assignments = Object.entries(step.assignments ?? {}).map(([name, assignedPartitions]) => {
        return { memberId: names.memberId(name), assignment: { assignedPartitions, userData: null } };
      });
      const protocol = { protocolType: step.type ?? 'consumer', protocolName: step.protocol ?? 'range' };
      const body = { kind: Api.syncGroup, ...identity, generationId, ...protocol, assignments };
      return body satisfies Body<SyncGroupRequest>;
    }
    case 'heartbeat':
      return { kind: Api.heartbeat, ...identity, generationId } satisfies Body<HeartbeatRequest>;
    case 'leave-group': {
      const members = step.members!.map(({ member, instance }) => {
        return { memberId: names.memberId(member), groupInstanceId: instance ?? null };
      });
      return { kind: Api.leaveGroup, groupId, members } satisfies Body<LeaveGroupRequest>;
    }
    case 'offset-commit': {
      const offsets = offsetsOf(step, names);
      const generationIdOrMemberEpoch = generationId;
      const body = { kind: Api.offsetCommit, ...identity, generationIdOrMemberEpoch, offsets };
      return body satisfies Body<OffsetCommitRequest>;
    }
    case 'offset-fetch': {
      const partitions = step.partitions?.map((index) => names.partition(index)) ?? null;
      const asked = { groupId, memberId: '', memberEpoch: -1, partitions };
      const requireStable = step.requireStable ?? false;
      return { kind: Api.offsetFetch, ...asked, requireStable } satisfies Body<OffsetFetchRequest>;
    }
    default:
      return transactionRequest(kind, step, identity, names);
  }
}

interface Identity {
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

function joinRequest(step: CoordinatorStep, identity: Identity): Body<JoinGroupRequest> {
  const userData = [step.userData ?? 0];
  const metadata = { topics: [0], userData, ownedPartitions: [], generationId: -1, rackId: null };
  return {
    kind: Api.joinGroup,
    ...identity,
    clientId: 'exchange',
    sessionTimeoutMs: step.sessionTimeoutMs ?? LONG_MS,
    rebalanceTimeoutMs: LONG_MS,
    protocolType: step.type ?? 'consumer',
    protocols: (step.protocols ?? ['range']).map((name) => ({ name, metadata })),
  };
}

function offsetsOf({ offsets = {}, leaderEpoch = -1 }: CoordinatorStep, names: Names): readonly OffsetToCommit[] {
  return Object.entries(offsets).map(([index, committedOffset]) => {
    return { partition: names.partition(Number(index)), committedOffset, committedLeaderEpoch: leaderEpoch };
  });
}

// ---------------------------------------------------------------------- transactions

function transactionRequest(kind: string, step: CoordinatorStep, member: Identity, names: Names): object | undefined {
  const known = step.producer === undefined ? undefined : names.producers.get(step.producer)!;
  const transactionalId = step.transactional ?? known?.transactional ?? '';
  const producerId = step.producerId ?? known?.producerId ?? -1;
  const producerEpoch = step.producerEpoch ?? known?.producerEpoch ?? -1;
  const producer = { transactionalId, producerId, producerEpoch };
  switch (kind) {
    case 'init-producer-id': {
      if (step.transactional === undefined) return { kind: Api.initProducerId };
      const transactionTimeoutMs = step.timeoutMs ?? LONG_MS;
      return { kind: Api.initProducerId, ...producer, transactionTimeoutMs } satisfies Body<InitProducerIdRequest>;
    }
    case 'add-partitions': {
      const partitions = step.partitions!.map((index) => names.partition(index));
      const body = { kind: Api.addPartitionsToTxn, ...producer, verifyOnly: false, partitions };
      return body satisfies Body<AddPartitionsToTxnRequest>;
    }
    case 'add-offsets': {
      const { groupId } = member;
      return { kind: Api.addOffsetsToTxn, ...producer, groupId } satisfies Body<AddOffsetsToTxnRequest>;
    }
    case 'txn-offset-commit': {
      const generationId = step.generation ?? -1;
      const offsets = offsetsOf(step, names);
      const body = { kind: Api.txnOffsetCommit, ...producer, ...member, generationId, offsets };
      return body satisfies Body<TxnOffsetCommitRequest>;
    }
    case 'end-txn':
      return { kind: Api.endTxn, ...producer, committed: step.commit! } satisfies Body<EndTxnRequest>;
    default:
      return undefined;
  }
}

// ---------------------------------------------------------------------- answers

/** undefined: it is the answer to no step of these. What the step names is remembered. */
export function coordinatorAnswer(step: CoordinatorStep, response: Response, names: Names): Answer | undefined {
  switch (response.kind - RESPONSE) {
    case Api.findCoordinator: {
      const { error, nodeId } = response as FindCoordinatorResponse;
      return { error: errorName(error), node: names.broker(nodeId) };
    }
    case Api.joinGroup:
      return joinAnswer(step, response as JoinGroupResponse, names);
    case Api.syncGroup: {
      const { error, protocolType: type, protocolName: protocol, assignment } = response as SyncGroupResponse;
      return { error: errorName(error), type, protocol, partitions: assignment.assignedPartitions };
    }
    case Api.leaveGroup: {
      const { error, members } = response as LeaveGroupResponse;
      const left = members.map(({ memberId, groupInstanceId: instance, error: one }) => {
        return { memberId: names.memberName(memberId), instance, error: errorName(one) };
      });
      return { error: errorName(error), members: left };
    }
    case Api.offsetFetch: {
      const { error, partitions } = response as OffsetFetchResponse;
      const fetched = partitions.map(({ partition, error: one, committedOffset: offset, committedLeaderEpoch }) => [
        names.index(partition),
        { error: errorName(one), offset, leaderEpoch: committedLeaderEpoch },
      ]);
      return { error: errorName(error), ...Object.fromEntries(fetched) };
    }
    case Api.heartbeat:
    case Api.addOffsetsToTxn:
    case Api.endTxn: {
      const { error } = response as HeartbeatResponse | AddOffsetsToTxnResponse | EndTxnResponse;
      return { error: errorName(error) };
    }
    case Api.offsetCommit:
    case Api.addPartitionsToTxn:
    case Api.txnOffsetCommit:
      return errorsByPartition(
        response as OffsetCommitResponse | AddPartitionsToTxnResponse | TxnOffsetCommitResponse,
        names,
      );
    case Api.initProducerId:
      return initAnswer(step, response as InitProducerIdResponse, names);
    default:
      return undefined;
  }
}

function joinAnswer(step: CoordinatorStep, response: JoinGroupResponse, names: Names): Answer {
  const { error, generationId: generation, protocolType: type, protocolName: protocol, skipAssignment } = response;
  if (step.as !== undefined && response.memberId !== '') names.members.set(step.as, response.memberId);
  const members = response.members.map(({ memberId, groupInstanceId: instance, metadata }) => {
    return { memberId: names.memberName(memberId), instance, userData: metadata.userData![0] };
  });
  // A broker says them in no particular order.
  members.sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const leader = names.memberName(response.leader);
  const memberId = names.memberName(response.memberId);
  return { error: errorName(error), generation, type, protocol, leader, skipAssignment, memberId, members };
}

function initAnswer(step: CoordinatorStep, response: InitProducerIdResponse, names: Names): Answer {
  const { error, producerId, producerEpoch } = response;
  const { transactional } = step;
  if (errorName(error) === 'NONE') names.producers.set(step.as!, { producerId, producerEpoch, transactional });
  const answer = { error: errorName(error), producerEpoch };
  return transactional === undefined ? answer : { ...answer, producerId: names.producerName(producerId) };
}

function errorsByPartition(
  { partitions }: { readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[] },
  names: Names,
): Answer {
  return Object.fromEntries(partitions.map(({ partition, error }) => [names.index(partition), errorName(error)]));
}
