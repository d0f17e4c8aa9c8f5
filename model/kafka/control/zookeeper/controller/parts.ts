/** The parts of a controller, as they see each other. */
import type { Host } from '../../../../kernel/process.js';
import type { TopicPaths } from '../znodes.js';
import type { ChannelManager } from './channel-manager.js';
import type { ControllerContext } from './context.js';
import type { ControllerSettings } from './controller-config.js';
import type { PartitionStateMachine } from './partition-state-machine.js';
import type { ReplicaStateMachine } from './replica-state-machine.js';
import type { RequestBatch } from './request-batch.js';

export interface ControllerParts {
  readonly host: Host;
  readonly settings: ControllerSettings;
  readonly paths: TopicPaths;
  readonly context: ControllerContext;
  readonly channels: ChannelManager;
  readonly batch: RequestBatch;
  readonly partitions: PartitionStateMachine;
  readonly replicas: ReplicaStateMachine;
}
