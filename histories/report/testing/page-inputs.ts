/** Complete inputs for pages, built from scripted trials. */
import type { CampaignPageInput } from '../campaign-page.js';
import type { GuaranteeRow, SettingRow } from '../page-data.js';
import { causeOf, storyOf } from '../story.js';
import type { TrialPageInput } from '../trial-page.js';
import type { Scenario } from './scenarios.js';

const settings: readonly SettingRow[] = [
  row('acks', 'producer', '1', 'orders.yaml:14', 'all', 'modelled', true),
  row('enable.idempotence', 'producer', 'false', 'gives way to acks=1', 'true', 'modelled', true),
  row('min.insync.replicas', 'topic orders', '2', 'orders.yaml:9', '1', 'modelled', true),
  row('broker.session.timeout.ms', 'broker', '9000', "Kafka's default", '9000', 'modelled', false),
  row('replica.lag.time.max.ms', 'broker', '30000', "Kafka's default", '30000', 'modelled', false),
  row('log.retention.hours', 'broker', '24', 'server.properties:31', '168', 'could matter, not modelled', true),
  row('compression.type', 'producer', 'none', "Kafka's default", 'none', 'no bearing on safety', false),
];

function row(
  name: string,
  scope: string,
  value: string,
  origin: string,
  kafkaDefault: string,
  bearing: SettingRow['bearing'],
  differs: boolean,
): SettingRow {
  return { name, scope, value, origin, kafkaDefault, bearing, differs };
}

const guarantees: readonly GuaranteeRow[] = [
  {
    sentence: 'A record that was acknowledged stays in the log while one in-sync replica lives.',
    source: 'Kafka documentation, 4.7 Replication; KIP-966',
    assumptions: 'acks=all; clean elections; no replica lost unsynced data',
    given: false,
    leftBy: { words: 'acks=1 and a change of leader', event: -1 },
  },
  {
    sentence: 'Records of one producer keep their order within a partition.',
    source: 'KIP-98; ProducerConfig',
    assumptions: 'idempotence, or one request in flight',
    given: true,
    leftBy: null,
  },
];

export function trialInput(scenario: Scenario, shrunk?: Scenario): TrialPageInput {
  const { history, trace, judged } = scenario;
  return {
    history,
    trace,
    verdict: { verdict: judged.judgement === 'bug' ? 'bug' : 'unsafe', reasons: [], anomalies: [judged] },
    cluster: 'Kafka 3.9 KRaft · 3 brokers · RF 3 · min.insync.replicas 2 · acks 1 · Java client',
    replay: 'npx harrow replay .harrow/campaign-0k4a/failures/17',
    digest: '7be1c9f04a52d3e8b6a7f1509c2e4d86a1b3c5d7e9f00112233445566778840c2',
    size: sizeOf(scenario),
    fix: 'acks=all → clean, 1 send waited 15.5 s',
    settings,
    guarantees,
    notes: ['acks=1 switches idempotence off (you did not set enable.idempotence; its default gives way silently)'],
    ...(shrunk === undefined
      ? {}
      : {
          shrunk: {
            history: shrunk.history,
            trace: shrunk.trace,
            verdict: { verdict: 'unsafe', reasons: [], anomalies: [shrunk.judged] },
            size: sizeOf(shrunk),
          },
        }),
  };
}

function sizeOf({ history }: Scenario): TrialPageInput['size'] {
  return { faults: 1, sends: history.operations.filter(({ f }) => f === 'send' || f === 'txn').length };
}

export function campaignInput(first: Scenario, second: Scenario): CampaignPageInput {
  const counts = { acknowledged: 1_937_204, refused: 12_310, unknown: 50_486 };
  return {
    name: 'orders',
    id: 'campaign-0k4a',
    verdict: 'unsafe',
    headline: '283 of 1000 trials lost acknowledged writes.',
    cluster: 'Kafka 3.9 KRaft · 3 brokers · RF 3 · min.insync.replicas 2 · Java client',
    command: 'npx harrow compare orders.yaml --vary acks=1,all --seeds 1000',
    digest: '7be1c9f04a52d3e8b6a7f1509c2e4d86a1b3c5d7e9f00112233445566778840c2',
    requirements: [
      { name: 'no-lost-writes', sentence: 'No acknowledged record is lost.' },
      { name: 'key-order', sentence: 'Records of a key keep their order.' },
      { name: 'writable-again', sentence: 'After the heal every partition takes writes again.' },
    ],
    variants: [
      {
        name: 'acks=1',
        trials: 1000,
        ...counts,
        longestOutageMicros: 13_100_000,
        longestOutageSeed: '512',
        cells: [
          {
            requirement: 'no-lost-writes',
            failed: 283,
            of: 1000,
            verdict: 'unsafe',
            href: 'failures/17/report.html',
            seed: '17',
          },
          { requirement: 'key-order', failed: 0, of: 1000, verdict: 'clean', href: null, seed: null },
          { requirement: 'writable-again', failed: 0, of: 1000, verdict: 'clean', href: null, seed: null },
        ],
      },
      {
        name: 'acks=all',
        trials: 1000,
        ...counts,
        longestOutageMicros: 15_500_000,
        longestOutageSeed: '17',
        cells: [
          { requirement: 'no-lost-writes', failed: 0, of: 1000, verdict: 'clean', href: null, seed: null },
          { requirement: 'key-order', failed: 0, of: 1000, verdict: 'clean', href: null, seed: null },
          { requirement: 'writable-again', failed: 1, of: 1000, verdict: 'bug', href: null, seed: '98' },
        ],
      },
    ],
    causes: [first, second].map((scenario, i) => {
      const story = storyOf(scenario.history, scenario.trace, scenario.judged);
      return {
        requirement: 'no-lost-writes',
        variant: 'acks=1',
        sentence: causeOf(scenario.judged, scenario.history, scenario.trace).sentence,
        trials: i === 0 ? 171 : 112,
        seed: String(17 + i),
        href: `failures/${17 + i}/report.html`,
        story,
      };
    }),
    situations: [
      { name: 'isr-shrank', sentence: 'An ISR lost a member.', trials: 920 },
      { name: 'leader-moved', sentence: 'Another broker came to lead a partition.', trials: 877 },
      { name: 'two-leaders-at-once', sentence: 'Two brokers led a partition, each in its own epoch.', trials: 214 },
      { name: 'writes-refused', sentence: 'A broker answered NOT_ENOUGH_REPLICAS.', trials: 0 },
    ],
    faults: [
      { name: 'leader-cut-off', effective: 2960, withoutEffect: 40 },
      { name: 'broker-killed', effective: 2733, withoutEffect: 271 },
    ],
    notTried: ['power loss', 'disk corruption', 'clock jumps'],
    simulatedSeconds: 60_120,
    notes: [],
  };
}
