import fc from 'fast-check';
import type { Fault, FaultSurface, Parameters } from '../fault.js';
import { beginRound, proceedRound, type Round } from '../round-of-restarts.js';

export interface UpgradeParameters extends Parameters {
  /** The release that is installed. */
  readonly kafka: string;
  readonly agree: 'nothing' | 'protocol' | 'everything';
  /** How long each machine stays down, milliseconds. */
  readonly 'down-ms': number;
}

interface Progress {
  /** installing: the first round. agreeing: what all understand now is agreed on. */
  phase: 'installing' | 'agreeing';
  round: Round;
}

/** How long an operator looks at the upgraded cluster before anything is agreed on that cannot be taken back. */
const OBSERVED_MICROS = 1_000_000;

/** What an operator does for a newer release: machine by machine by controlled shutdown, then what all agree on. */
export const rollingUpgrade: Fault<UpgradeParameters> = {
  name: 'rolling-upgrade',
  sentence:
    'Every controller and broker is stopped in order and started with a newer Kafka, one by one, each after every ISR is whole again; then inter.broker.protocol.version or metadata.version is raised.',
  family: 'process',
  role: 'broker',
  harm: 'nothing',
  drawnIfListed: true,
  delaysRequests: false,
  label: 'upgrade',
  hue: 26,
  parameters: [
    { name: 'kafka', sentence: 'The release that is installed: "3.9". A spec has to say it.' },
    {
      name: 'agree',
      sentence:
        'protocol: inter.broker.protocol.version (ZooKeeper, by a second round of restarts) or metadata.version (KRaft) is raised at the end. everything: and what a new cluster of that release begins with, eligible leader replicas. nothing: neither.',
      oneOf: ['nothing', 'protocol', 'everything'],
    },
    { name: 'down-ms', sentence: 'How long each machine stays down, in milliseconds.', range: [1, 60_000] },
  ],
  // The spec says to which.
  arbitrary: () =>
    fc.record({
      kafka: fc.constant('the next'),
      agree: fc.constantFrom('protocol', 'everything', 'nothing'),
      'down-ms': fc.integer({ min: 50, max: 4_000 }),
    }),
  available(view, _targets, { kafka }) {
    if (view.upgrades === null) return 'nothing but one release is there to run';
    const possible = view.upgrades.possible(kafka);
    return possible === true ? view.whole() : possible;
  },
  touches: (view) => view.upgrades?.order ?? [],
  begin(surface) {
    const progress: Progress = { phase: 'installing', round: beginRound(surface, surface.upgrades!.order) };
    surface.state = progress;
  },
  proceed(surface, parameters) {
    const progress = surface.state as Progress;
    return progress.phase === 'installing'
      ? install(surface, progress, parameters)
      : agreeByRestart(surface, progress, parameters);
  },
  say: ({ kafka }) => `and every other machine of the cluster is upgraded to Kafka ${kafka}, one by one`,
};

function install(surface: FaultSurface, progress: Progress, { kafka, agree, ...rest }: UpgradeParameters): number {
  const upgrades = surface.upgrades!;
  const { round } = progress;
  if (round.next < round.order.length) {
    const again = proceedRound(surface, round, 'graceful', rest['down-ms'] * 1_000, (machine) =>
      upgrades.install(machine, kafka),
    );
    return again > 0 ? again : OBSERVED_MICROS;
  }
  if (agree === 'nothing') return 0;
  if (!upgrades.agreesByRestart) {
    upgrades.agree(kafka, agree === 'everything');
    return 0;
  }
  progress.phase = 'agreeing';
  progress.round = beginRound(surface, upgrades.order);
  return 1;
}

function agreeByRestart(surface: FaultSurface, { round }: Progress, parameters: UpgradeParameters): number {
  return proceedRound(surface, round, 'graceful', parameters['down-ms'] * 1_000, (machine) =>
    surface.upgrades!.agreeAtRestart(machine, parameters.kafka),
  );
}
