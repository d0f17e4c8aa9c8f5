import fc from 'fast-check';
import type { Fault, Parameters } from '../fault.js';

interface CorruptionParameters extends Parameters {
  /** Which replica on the machine, and which entry of its log: as fractions of their number, in thousandths. */
  readonly replica: number;
  readonly entry: number;
}

const thousandth = () => fc.integer({ min: 0, max: 999 });

/** Bit rot. Nothing that Kafka promises survives it everywhere: drawn under storm alone, or where a spec names it. */
export const diskCorruption: Fault<CorruptionParameters> = {
  name: 'disk-corruption',
  sentence: 'One entry in the log of a replica is damaged; whoever reads it sees a wrong checksum.',
  family: 'disk',
  role: 'broker',
  harm: 'anything',
  delaysRequests: false,
  label: 'corrupt',
  hue: 72,
  parameters: [
    {
      name: 'replica',
      sentence: 'Which of the replicas on the broker, in thousandths of their number.',
      range: [0, 999],
    },
    { name: 'entry', sentence: 'Which entry of its log, in thousandths of their number.', range: [0, 999] },
  ],
  arbitrary: () => fc.record({ replica: thousandth(), entry: thousandth() }),
  available: () => true,
  begin(surface, targets, parameters) {
    for (const target of targets) surface.corrupt(target, parameters.replica / 1_000, parameters.entry / 1_000, 'any');
  },
  say: () => 'has an entry of a log damaged',
};
