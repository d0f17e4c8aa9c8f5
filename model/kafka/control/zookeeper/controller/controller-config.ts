/** What a broker's controller is built from. */
import type { BrokerSettings, TopicSpec } from '../../../cluster-spec.js';
import type { Rules, RuleValues } from '../../../protocol/versions/rules.js';

export interface ControllerSettings {
  readonly brokerId: number;
  readonly settings: BrokerSettings;
  readonly rules: Rules;
  /** What its release knows of each rule, agreed on or not. */
  readonly answers: RuleValues;
  /** To be created once all brokers are registered. */
  readonly topics: readonly TopicSpec[];
  /** Their ids are 1..brokers. */
  readonly brokers: number;
}
