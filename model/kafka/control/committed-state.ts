/**
 * What the control plane has decided, as an observer outside the simulated world knows it: no process reads it. Under KRaft
 * it is the committed metadata log (`committed-metadata.ts`), under ZooKeeper the committed znodes
 * (`zookeeper/committed-znodes.ts`).
 */
import type { TopicConfiguration } from '../topic-configuration.js';
import type { PartitionRegistration } from './metadata-image.js';

export interface CommittedState {
  readonly image: CommittedImage;
  /** All that was committed, in order: metadata records, or transactions of the ensemble. */
  readonly records: readonly object[];
  /** Where the replicas were placed when the partition was created; empty: it is not created. */
  placement(partition: number): readonly number[];
  /** What was altered of a topic's settings; undefined: nothing. */
  configuration(topic: number): TopicConfiguration | undefined;
}

export interface CommittedImage {
  /** undefined: not created. */
  partition(partition: number): PartitionRegistration | undefined;
  /** Registered, and may lead. */
  isActive(broker: number): boolean;
  /** Registered, and without a session. */
  isFenced(broker: number): boolean;
}
