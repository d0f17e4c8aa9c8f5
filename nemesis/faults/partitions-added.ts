import fc from 'fast-check';
import type { Fault, Parameters } from '../fault.js';

export interface AdditionParameters extends Parameters {
  /** How many the topic is to have. */
  readonly partitions: number;
}

/** What an operator does when a topic needs more room: kafka-topics --alter --partitions, while it is in use. */
export const partitionsAdded: Fault<AdditionParameters> = {
  name: 'partitions-added',
  sentence: 'A topic gets more partitions, as an administrator asks for it.',
  family: 'process',
  role: 'leader',
  harm: 'nothing',
  drawnIfListed: true,
  befalls: 'key',
  delaysRequests: false,
  label: 'partitions',
  hue: 40,
  parameters: [
    {
      name: 'partitions',
      sentence: 'How many partitions the topic has from then on: more than it begins with. A spec has to say it.',
      range: [2, 10_000],
    },
  ],
  // The topic is numbered up to what the spec says.
  arbitrary: () => fc.record({ partitions: fc.constant(2) }),
  available: (view, _targets, { partitions }) =>
    view.key < 0 ? 'a machine is named, not a partition' : view.addable(view.key, partitions),
  begin(surface, _targets, { partitions }) {
    surface.addPartitions(surface.key, partitions);
  },
  say: ({ partitions }) => `and the others of its topic become ${partitions}`,
};
