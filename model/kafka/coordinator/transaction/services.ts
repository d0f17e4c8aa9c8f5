/** What the transaction coordinator asks of its broker, and the timers that it asks for. */
import type { Host } from '../../../kernel/process.js';
import type { MetadataImageView } from '../../broker/components.js';
import type { ProducerIds } from '../../broker/control-plane.js';
import type { ReplicaManager } from '../../broker/replica-manager.js';
import type { TransactionSettings } from '../../cluster-spec.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { StateTopic } from '../state-topic.js';

export interface CoordinatorServices {
  readonly host: Host;
  readonly replicas: ReplicaManager;
  readonly image: MetadataImageView;
  readonly producerIds: ProducerIds;
  readonly rules: Rules;
  readonly settings: TransactionSettings;
  /** __transaction_state */
  readonly topic: StateTopic;
}

export const FIRST_TRANSACTION_TIMER = 700;
export const TransactionTimer = {
  /** append | purgatory check */
  checkAppend: FIRST_TRANSACTION_TIMER + 0,
  /** replicated | applied */
  appendDone: FIRST_TRANSACTION_TIMER + 1,
  /** Loading in chunks. Payload: the load. */
  loadChunk: FIRST_TRANSACTION_TIMER + 2,
  /** last marker | complete record. Payload: the completion. */
  complete: FIRST_TRANSACTION_TIMER + 3,
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  abortTimedOut: FIRST_TRANSACTION_TIMER + 4,
  /** Markers that found no leader, or were refused, are sent again. */
  retryMarkers: FIRST_TRANSACTION_TIMER + 5,
  /** A complete record that could not be written is written again. Payload: the completion. */
  retryCompletion: FIRST_TRANSACTION_TIMER + 6,
} as const;

/** Two kinds for each broker. */
export const FIRST_MARKER_TIMER = 800;
export const FIRST_VERIFICATION_TIMER = 1000;

export function nowMs(host: Host): number {
  return Math.trunc(host.wallMicros() / 1000);
}
