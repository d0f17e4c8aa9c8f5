/** Situations of mixed releases and of upgrades. */
import type { Situation } from '../system.js';
import { Probe } from './probes.js';
import { situation, type Recogniser } from './situation.js';

export const releaseSituations: readonly Situation[] = [
  situation('releases-mixed', 'Machines of one cluster ran different releases at once.', [Probe.releaseStarted], () =>
    differs((release) => release),
  ),
  situation(
    'protocol-raised',
    'A cluster that had been upgraded agreed on more: metadata.version was raised, or a broker started with a higher inter.broker.protocol.version.',
    [Probe.releaseStarted, Probe.featureLevelRaised],
    protocolRaised,
  ),
];

/** Of what machines started with last, two differ. */
function differs(of: (release: number, agreed: number) => number): Recogniser {
  const last = new Map<number, number>();
  return (_kind, machine, _key, release, agreed) => {
    last.set(machine, of(release, agreed));
    return new Set(last.values()).size > 1;
  };
}

function protocolRaised(): Recogniser {
  const protocols = differs((_release, agreed) => agreed);
  return (kind, machine, key, release, agreed, ...rest) =>
    kind === Probe.featureLevelRaised || protocols(kind, machine, key, release, agreed, ...rest);
}
