/** Images for tests of the controller's decisions: brokers 1..n, one partition of them all. */
import { topicDefaults } from '../../../testing/cluster-spec.js';
import type { MetadataRecord } from '../../../protocol/metadata-records.js';
import { MetadataImage, type PartitionRegistration } from '../../metadata-image.js';

export const topicSettings = topicDefaults;

/** Brokers 1..n, unfenced, registered at broker epochs 0..n-1. */
export function clusterOf(brokers: number): MetadataImage {
  const image = new MetadataImage();
  for (let brokerId = 1; brokerId <= brokers; brokerId++) {
    append(image, {
      kind: 'register-broker',
      brokerId,
      incarnationId: brokerId,
      brokerEpoch: image.nextOffset,
      fenced: false,
      inControlledShutdown: false,
      rack: null,
    });
  }
  return image;
}

/** The same with partition 0: all brokers are replicas, in order, and in the ISR; broker 1 leads in epoch 0. */
export function partitionOf(brokers: number): MetadataImage {
  const image = clusterOf(brokers);
  const replicas = Array.from({ length: brokers }, (_, index) => index + 1);
  append(image, {
    kind: 'partition',
    partition: 0,
    topic: 0,
    replicas,
    isr: replicas,
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 0,
  });
  return image;
}

export function append(image: MetadataImage, ...records: readonly MetadataRecord[]): void {
  for (const record of records) image.replay(record, image.nextOffset);
}

export function brokerState(image: MetadataImage, brokerId: number, state: 'fenced' | 'unfenced' | 'stopping'): void {
  append(image, {
    kind: 'broker-registration-change',
    brokerId,
    brokerEpoch: image.broker(brokerId)!.brokerEpoch,
    fenced: state === 'fenced' ? 1 : state === 'unfenced' ? -1 : 0,
    inControlledShutdown: state === 'stopping' ? 1 : 0,
  });
}

/** Another incarnation of the broker registers; it is unfenced at once. */
export function reborn(image: MetadataImage, brokerId: number): void {
  append(image, {
    kind: 'register-broker',
    brokerId,
    incarnationId: 1000 + image.nextOffset,
    brokerEpoch: image.nextOffset,
    fenced: false,
    inControlledShutdown: false,
    rack: null,
  });
}

export function partition(image: MetadataImage): PartitionRegistration {
  return image.partition(0)!;
}
