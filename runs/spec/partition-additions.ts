/** Partitions that a spec has an administrator add to its topics: the fault partitions-added. */
import { partitionsAdded } from '../../nemesis/faults/partitions-added.js';
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import type { Draft, DraftFault } from './draft.js';
import type { Problems } from './problems.js';
import type { SpecFault, SpecTopic } from './spec.js';

/** How many partitions a topic begins with, and how many it has in the end. */
export interface PartitionCounts {
  readonly initial: number;
  /** At least as many. */
  readonly final: number;
}

/** By topic. @param faults null: drawn from those that no administrator has a part in */
export function partitionCounts(
  topics: readonly SpecTopic[],
  faults: readonly SpecFault[] | null,
): readonly PartitionCounts[] {
  return topics.map(({ name, partitions }, index) => {
    const ofTopic = (faults ?? []).filter(
      ({ fault, topic }) => fault === partitionsAdded.name && (topic === null ? index === 0 : topic === name),
    );
    return {
      initial: partitions,
      final: Math.max(partitions, ...ofTopic.map((one) => Number(one.with['partitions']))),
    };
  });
}

/** It has to say how many the topic is to have: they are numbered from the start. */
export function checkAddition(
  { name, parameters }: DraftFault,
  { kafka: { value: kafka }, workload: { type: workload } }: Draft,
  topics: readonly SpecTopic[],
  problems: Problems,
): void {
  if (name.value !== partitionsAdded.name) return;
  if (workload.value === 'streams' || workload.value === 'own') {
    const why =
      workload.value === 'streams'
        ? 'an application of Kafka Streams ends when its input has other partitions than its changelog'
        : 'an application of your own names the partitions that it knows';
    problems.error(name.origin, `${name.value}: not with workload ${workload.value}: ${why}`);
  }
  if (compareReleases(kafka, '1.0') < 0) {
    problems.error(name.origin, `${name.value}: Kafka ${kafka} has no CreatePartitions (KIP-195, 1.0)`);
  }
  const count = parameters.get('partitions');
  if (count === undefined) {
    problems.error(name.origin, `${name.value} needs partitions: how many the topic has from then on`);
    return;
  }
  const topic = parameters.get('topic')?.value;
  const meant = topic === undefined ? topics[0] : topics.find((one) => one.name === topic);
  if (meant === undefined || typeof count.value !== 'number' || count.value > meant.partitions) return;
  problems.error(count.origin, `partitions: ${meant.name} begins with ${meant.partitions}, and never loses any`);
}
