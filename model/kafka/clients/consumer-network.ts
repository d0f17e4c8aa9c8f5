import type { MachineId } from '../../kernel/process.js';
import type { Metadata } from './metadata.js';
import type { NetworkClient } from './network-client.js';

/** What the parts of a consumer share. */
export interface ConsumerNetwork {
  readonly client: NetworkClient;
  readonly metadata: Metadata;
  /** NetworkClient.ready, with metadata first. */
  nodeReady(node: MachineId, now: number): boolean;
}
