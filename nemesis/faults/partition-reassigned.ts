import fc from 'fast-check';
import type { MachineId } from '../../model/kernel/process.js';
import type { Stream } from '../../model/kernel/random.js';
import type { Fault, FaultView, Parameters } from '../fault.js';

interface ReassignmentParameters extends Parameters {
  /** How many replicas move. */
  readonly moved: number;
  readonly 'taken-back': 'no' | 'yes';
  /** Names of brokers, or ANY. */
  readonly replicas: string;
}

/** Whichever brokers `moved` comes to. */
const ANY = 'any';

/** What an operator does to make room or to empty a broker: kafka-reassign-partitions, while the cluster is in use. */
export const partitionReassigned: Fault<ReassignmentParameters> = {
  name: 'partition-reassigned',
  sentence: 'Replicas of a partition are moved to other brokers, as an administrator asks for it.',
  family: 'process',
  role: 'leader',
  harm: 'nothing',
  drawnIfListed: true,
  befalls: 'key',
  delaysRequests: false,
  label: 'reassigned',
  hue: 32,
  parameters: [
    { name: 'moved', sentence: 'How many of its replicas move to brokers that have none.', range: [1, 30] },
    {
      name: 'taken-back',
      sentence: 'yes or no: whether what is still under way when the strike ends is taken back.',
      oneOf: ['no', 'yes'],
    },
    {
      name: 'replicas',
      sentence:
        'Who is to have the replicas, the preferred leader first: b4,b2,b3; any: whichever brokers `moved` comes to.',
    },
  ],
  arbitrary: () =>
    fc.record({
      moved: fc.integer({ min: 1, max: 3 }),
      'taken-back': fc.constantFrom('no', 'yes'),
      replicas: fc.constant(ANY),
    }),
  available(view, _targets, parameters) {
    if (view.key < 0) return 'a machine is named, not a partition';
    const unknown = named(view, parameters)?.find(({ machine }) => machine === undefined);
    if (unknown !== undefined) return `there is no broker ${unknown.name}`;
    return parameters.replicas !== ANY || spares(view).length > 0
      ? view.reassignable(view.key)
      : 'every broker has a replica';
  },
  begin(surface, _targets, parameters) {
    const given = named(surface, parameters)?.map(({ machine }) => machine!);
    const replicas = given ?? moved(surface, parameters.moved, surface.dice);
    surface.reassign(surface.key, replicas, parameters['taken-back'] === 'yes');
  },
  say: ({ moved, replicas }) =>
    replicas === ANY ? `has replicas moved to other brokers (${moved})` : `is reassigned to ${replicas}`,
};

interface Named {
  readonly name: string;
  readonly machine: MachineId | undefined;
}

/** undefined: nobody is named. */
function named(view: FaultView, { replicas }: ReassignmentParameters): readonly Named[] | undefined {
  if (replicas === ANY) return undefined;
  return replicas.split(',').map((part) => {
    const name = part.trim();
    return { name, machine: view.machines('broker').find((broker) => view.name(broker) === name) };
  });
}

function spares(view: FaultView): readonly MachineId[] {
  const assigned = view.assigned(view.key);
  return view.machines('broker').filter((broker) => !assigned.includes(broker));
}

/** The same number of replicas, some of them on other brokers. */
function moved(view: FaultView, count: number, dice: Stream): readonly MachineId[] {
  const replicas = view.assigned(view.key).slice();
  const targets = dice.shuffle(spares(view)).slice(0, Math.min(count, replicas.length));
  const places = dice.shuffle(replicas.map((_, place) => place));
  targets.forEach((target, index) => (replicas[places[index]] = target));
  return replicas;
}
