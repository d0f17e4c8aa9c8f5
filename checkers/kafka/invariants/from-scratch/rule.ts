/** A rule as its sentence says it, asked anew of all that stands there when an event is over. */
import type { KafkaView } from '../../../../model/kafka/views.js';
import type { ProbeKinds } from '../../probe-kinds.js';
import type { PartitionNow } from './look.js';
import type { Announcement, ClusterMemory, PartitionMemory } from './memory.js';

/** Rules of the version and of the control plane that the invariants go by. */
export interface RulesInForce {
  readonly highWatermarkGate: boolean;
  readonly fetchEpochFencing: boolean;
  readonly underZooKeeper: boolean;
}

export interface EventSeen {
  readonly view: KafkaView;
  readonly kinds: ProbeKinds;
  readonly rules: RulesInForce;
  readonly cluster: ClusterMemory;
}

/** A partition when an event is over, and what was announced of it. */
export interface PartitionSeen extends EventSeen {
  readonly now: PartitionNow;
  /** When the event before was over; undefined: this is the first. */
  readonly before: PartitionNow | undefined;
  readonly announced: readonly Announcement[];
  readonly memory: PartitionMemory;
}

export interface PartitionRule {
  /** The invariant's. */
  readonly id: string;
  /** `found` is told of what is broken now, in words that stay the same while it is. */
  readonly check: (seen: PartitionSeen, found: (what: string) => void) => void;
}
