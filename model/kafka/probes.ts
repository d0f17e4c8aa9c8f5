/**
 * The one list of what the simulated Kafka announces. `key` is the partition's number, `machine` who announces.
 * Recorder, invariants, situations, the budget, triggers and the report all listen to these.
 *
 * ISR and other sets of brokers travel as bit masks: bit n is broker n (so at most 30 brokers). A kind keeps its number:
 * it is part of every digest.
 */
import { kernelProbes, type ProbeSpec } from '../kernel/probes.js';
import { ClientProbe, clientsProbes } from './probes/clients.js';
import { ControlProbe, controlProbes } from './probes/control.js';
import { CoordinatorProbe, coordinatorsProbes } from './probes/coordinators.js';
import { LogProbe, logProbes } from './probes/log.js';
import { ReplicationProbe, replicationProbes } from './probes/replication.js';

export { ElectionReason } from './probes/control.js';
export { MemberLeft } from './probes/coordinators.js';
export { LogStartReason, LossReason, Removal, TruncateReason } from './probes/log.js';

export const Probe = {
  ...LogProbe,
  ...ReplicationProbe,
  ...ControlProbe,
  ...ClientProbe,
  ...CoordinatorProbe,
} as const;

/** All that a trial of Kafka announces: the kernel's probes (machines, faults, phases) and Kafka's own. */
export const kafkaProbes: readonly ProbeSpec[] = [
  ...kernelProbes,
  ...logProbes,
  ...replicationProbes,
  ...controlProbes,
  ...clientsProbes,
  ...coordinatorsProbes,
];
