/** Situations of log directories that fail while their brokers go on (KIP-112). */
import { KernelProbe } from '../kernel/probes.js';
import type { Situation } from '../system.js';
import { Probe } from './probes.js';
import { situation, type Recogniser } from './situation.js';

export const logDirSituations: readonly Situation[] = [
  situation(
    'log-dir-offline',
    'A log directory of a broker failed with replicas in it, and the broker went on with its others.',
    [Probe.logDirOffline],
    () => (_kind, _machine, _key, _directory, replicas, goesOn) => goesOn === 1 && replicas > 0,
  ),
  situation(
    'leader-moved-off-failed-dir',
    'A partition whose leader lay in a log directory that failed was taken over by another broker, while the first was up.',
    [Probe.becomeLeader, Probe.replicaOffline, KernelProbe.processKilled],
    leaderMoves,
  ),
];

function leaderMoves(): Recogniser {
  /** By partition: who led last, and the brokers that have lost it since while they led. */
  const leaders: number[] = [];
  const lost: (Set<number> | undefined)[] = [];
  return (kind, machine, key) => {
    switch (kind) {
      case Probe.replicaOffline:
        if (leaders[key] === machine) (lost[key] ??= new Set()).add(machine);
        return false;
      case Probe.becomeLeader: {
        leaders[key] = machine;
        const others = lost[key];
        return others !== undefined && others.size > (others.has(machine) ? 1 : 0);
      }
      default:
        for (const brokers of lost) brokers?.delete(machine);
        return false;
    }
  };
}
