/** What the active controller answers to requests; and what any other does: that it is not the controller. */
import { ControlApi, type ControlledShutdownRequest } from '../../../protocol/control-messages.js';
import { KafkaError } from '../../../protocol/errors.js';
import {
  Api,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionRequest,
  type CreatePartitionsRequest,
  type ElectLeadersRequest,
  type Request,
  type Response,
} from '../../../protocol/messages.js';
import { alterReassignmentsResponse, createPartitionsResponse } from '../../admin-answers.js';
import type { ZkSteps } from '../zk-steps.js';
import { createPartitions } from './create-partitions.js';
import { alterIsrRefusal, processAlterIsr } from './isr-changes.js';
import type { ControllerParts } from './parts.js';
import { alterPartitionReassignments } from './reassignments.js';
import { controlledShutdown, electLeaders, electLeadersResponse, shutdownResponse } from './requested-elections.js';

export function* answer(request: Request, parts: ControllerParts): ZkSteps<Response> {
  switch (request.kind) {
    case Api.alterPartition:
      return yield* processAlterIsr(request as AlterPartitionRequest, parts);
    case Api.alterPartitionReassignments:
      return yield* alterPartitionReassignments(request as AlterPartitionReassignmentsRequest, parts);
    case Api.createPartitions:
      return yield* createPartitions(request as CreatePartitionsRequest, parts);
    case ControlApi.controlledShutdown:
      return yield* controlledShutdown(request as ControlledShutdownRequest, parts);
    default:
      return yield* electLeaders(request as ElectLeadersRequest, parts);
  }
}

/** NOT_CONTROLLER */
export function refusal(request: Request): Response {
  const error = KafkaError.NOT_CONTROLLER;
  switch (request.kind) {
    case Api.alterPartition:
      return alterIsrRefusal(request as AlterPartitionRequest, error);
    case Api.alterPartitionReassignments:
      return alterReassignmentsResponse(request as AlterPartitionReassignmentsRequest, error, []);
    case Api.createPartitions:
      return createPartitionsResponse(request as CreatePartitionsRequest, error, []);
    case ControlApi.controlledShutdown:
      return shutdownResponse(request as ControlledShutdownRequest, error, []);
    default:
      return electLeadersResponse(request as ElectLeadersRequest, error, []);
  }
}
