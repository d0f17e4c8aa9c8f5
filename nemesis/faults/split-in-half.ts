import fc from 'fast-check';
import type { Fault, FaultView, Parameters } from '../fault.js';
import type { MachineId } from '../../model/kernel/process.js';

interface SplitParameters extends Parameters {
  /** Whether the controllers are on the target's side. */
  readonly controllers: 'with' | 'against';
  /** Where clients are: they reach both sides, or the target's alone, or the other alone. */
  readonly clients: 'both' | 'with' | 'against';
}

/** Two halves that hear nothing of each other: the target's, which is the smaller when brokers are odd in number, and the rest. */
export const splitInHalf: Fault<SplitParameters> = {
  name: 'split-in-half',
  sentence: 'The brokers are split into two halves that do not reach each other; the controllers are on one side.',
  family: 'network',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: true,
  label: 'split',
  hue: 244,
  parameters: [
    {
      name: 'controllers',
      sentence: "with or against: on the side of the strike's target, or on the other.",
      oneOf: ['with', 'against'],
    },
    {
      name: 'clients',
      sentence: 'both, with or against: which side clients reach.',
      oneOf: ['both', 'with', 'against'],
    },
  ],
  arbitrary: () =>
    fc.record({
      controllers: fc.constantFrom('against', 'with'),
      clients: fc.constantFrom('both', 'with', 'against'),
    }),
  available: (view) => (view.machines('broker').length > 1 ? true : 'one broker cannot be split'),
  touches: (view, targets) => near(view, targets),
  begin(surface, targets, parameters) {
    const brokers = surface.machines('broker');
    const here = [...near(surface, targets)];
    const there = brokers.filter((broker) => !here.includes(broker));
    (parameters.controllers === 'with' ? here : there).push(...controllersOnly(surface));
    if (parameters.clients === 'with') here.push(...surface.machines('client'));
    if (parameters.clients === 'against') there.push(...surface.machines('client'));
    for (const one of here) for (const other of there) surface.cutBothWays(one, other);
  },
  say: (parameters) =>
    `and its half are split from the other brokers; controllers ${sideOf(parameters.controllers)}, clients ${sideOf(parameters.clients)}`,
};

/** The target and the brokers after it, in a ring: half of them, rounded down. */
function near(view: FaultView, targets: readonly MachineId[]): readonly MachineId[] {
  const brokers = view.machines('broker');
  const first = Math.max(0, brokers.indexOf(targets[0]));
  const half = Math.max(1, Math.floor(brokers.length / 2));
  return Array.from({ length: half }, (_, i) => brokers[(first + i) % brokers.length]);
}

function controllersOnly(view: FaultView): readonly MachineId[] {
  const brokers = view.machines('broker');
  return view.machines('controller').filter((machine) => !brokers.includes(machine));
}

function sideOf(side: 'both' | 'with' | 'against'): string {
  if (side === 'both') return 'reach both';
  return side === 'with' ? 'on its side' : 'on the other side';
}
