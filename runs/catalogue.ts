/** Everything that has a name in specs and on the command line, with one sentence each. */
import { requirements } from '../checkers/kafka/api.js';
import { versionRules } from '../model/kafka/protocol/versions.js';
import { kafkaSituations } from '../model/kafka/situations.js';
import { anomalies } from './anomaly-words.js';

export { faults } from '../nemesis/registry.js';

export interface Entry {
  readonly name: string;
  readonly sentence: string;
}

export const situations: readonly Entry[] = kafkaSituations;

export { requirements };

/** Requirements that this build cannot judge, and why. */
export const refusedRequirements: Readonly<Record<string, string>> = {
  'exactly-once': 'it needs transactions, which are not in this build',
  'processed-at-least-once': 'it needs consumer groups, which are not in this build',
  'processed-at-most-once': 'it needs consumer groups, which are not in this build',
};

export const rules: readonly Entry[] = [
  [
    'truncation',
    'Where and how a follower cuts its log back when it follows a new leader (KIP-101, KIP-279, KIP-595).',
  ],
  ['high-watermark-gate', 'The high watermark stands still while the ISR is below min.insync.replicas (KAFKA-15583).'],
  ['eligible-leader-replicas', 'Replicas dropped from a short ISR stay eligible to lead (KIP-966).'],
  ['maximal-isr', 'The high watermark counts replicas whose place in the ISR is pending (KIP-497).'],
  ['broker-epoch-in-isr', 'Broker epochs travel in fetches and ISR changes and are checked (KIP-903).'],
  ['fenced-not-in-isr', 'Fenced brokers, and those shutting down, are not taken into the ISR (KIP-841).'],
  ['leader-epoch-start-offset', "A follower enters the ISR only above the leader epoch's start offset (KAFKA-7128)."],
  ['fetch-epoch-fencing', 'Fetches carry the leader epoch that the client knows, and are fenced by it (KIP-320).'],
  ['transaction-version', 'How transactions are fenced (KIP-890).'],
].map(([name, sentence]) => ({ name: name!, sentence: sentence! }));

/** Releases whose rules differ, oldest first. */
export const versionRows: readonly string[] = [
  '0.8.2', '0.10.2', '0.11', '1.1', '2.0', '2.1', '2.5', '2.7', '3.3', '3.5', '3.7', '3.9', '4.0', '4.1',
]; // prettier-ignore

export const runnableVersions: readonly string[] = [...versionRules.keys()];

/** Names that `expect` may list: anomalies, and the verdict `bug`. */
export const expectable: readonly string[] = [...anomalies.map(({ name }) => name), 'bug'];
