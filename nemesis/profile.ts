/**
 * Profiles: which faults may be there at once, and how far they may go.
 *
 * network: nothing but the network breaks. one-at-a-time: the next only when the last is over and every replica is back where
 * it belongs. within-assumptions: any overlap, as far as the guarantee reaches. storm: no limit.
 */
import type { StateView, System } from '../model/system.js';
import type { MachineId } from '../model/kernel/process.js';
import type { Fault } from './fault.js';

export type ProfileName = 'network' | 'one-at-a-time' | 'within-assumptions' | 'storm';

/** How much damage the guarantee bears; by key. A system's settings decide it, so whoever builds the system says it. */
export interface Assumptions {
  /** How many replicas of the key may be impaired at once (Kafka: none, with ELR min.insync.replicas - 1). */
  readonly bearsImpaired: readonly number[];
  /** Losing what was not fsynced impairs a replica of the key (Kafka: unless flush.messages is 1). */
  readonly unsyncedMatters: readonly boolean[];
  /**
   * While a replica of the key is impaired, each that stopped and not in order counts as if it were, too: Kafka cannot
   * tell which of them lost something (with ELR, KIP-966).
   */
  readonly uncleanStopsCount: boolean;
}

/** May this profile use the fault at all? True, or why not. */
export function profileAllows(profile: ProfileName, fault: Fault): true | string {
  if (profile === 'network' && fault.family !== 'network') return `the network profile leaves ${fault.family} alone`;
  return true;
}

/** Does the guarantee bear the harm that the fault may do to these machines now? True, or why not. */
export function withinAssumptions(
  fault: Fault,
  machines: readonly MachineId[],
  system: System,
  state: StateView,
  assumptions: Assumptions,
): true | string {
  const { uncleanStopsCount } = assumptions;
  if (fault.harm === 'nothing' && !(uncleanStopsCount && fault.stopsUncleanly === true)) return true;
  const names = system.keys();
  for (let key = 0; key < names.length; key++) {
    if (fault.harm === 'unsynced' && !assumptions.unsyncedMatters[key]) continue;
    const replicas = system.replicas(key);
    if (!machines.some((machine) => replicas.includes(machine))) continue;
    if (fault.harm === 'nothing' && !replicas.some((machine) => state.impaired(key, machine))) continue;
    const impaired = replicas.filter(
      (machine) =>
        machines.includes(machine) ||
        state.impaired(key, machine) ||
        (uncleanStopsCount && state.stoppedUncleanly(key, machine)),
    ).length;
    const borne = assumptions.bearsImpaired[key];
    if (impaired > borne) return `${names[key]} would have ${impaired} impaired; the guarantee bears ${borne}`;
  }
  return true;
}
