/** What a controller is built with. */
import type { BrokerSettings, TopicSpec } from '../../cluster-spec.js';
import type { Rules } from '../../protocol/versions/rules.js';

export interface ControllerConfig {
  readonly settings: BrokerSettings;
  readonly rules: Rules;
  /** The highest metadata.version that its release supports. Left out: whatever the cluster may agree on. */
  readonly metadataVersion?: number;
  /** controller.quorum.voters: machines. */
  readonly voters: readonly number[];
  /** To be created once all brokers serve. */
  readonly topics: readonly TopicSpec[];
  /** Their ids are 1..brokers. */
  readonly brokers: number;
}
