/** What the report pages are told besides history and trace: settings with their origins, guarantees, the command. */
import { guarantees, isWorthSaying } from '../../checkers/kafka/api.js';
import type { TrialVerdict } from '../../histories/anomaly.js';
import type { HistoryHeader } from '../../histories/operation.js';
import type { GuaranteeRow, SettingRow } from '../../histories/report/page-data.js';
import type { TrialPageInput } from '../../histories/report/trial-page.js';
import { sendsOf } from '../../model/system.js';
import type { Trial } from '../engine.js';
import { clusterWords } from '../reporters/header.js';
import { effective, effectiveForTopic } from '../settings/effective.js';
import { settingText } from '../settings/parse.js';
import { type Scope, type Setting, settingsFor } from '../settings/table.js';
import { originLabel } from '../spec/problems.js';
import type { GivenSettings, Origin, SettingValue, Spec } from '../spec/spec.js';

export interface TrialPageWords {
  readonly replay: string;
  /** A change that was run again on this trial and came out clean. */
  readonly fix: string | null;
  readonly shrunk: Trial | null;
}

export function trialPageInput(trial: Trial, { replay, fix, shrunk }: TrialPageWords): TrialPageInput {
  const { spec, history, trace, verdict, row } = trial;
  return {
    history,
    trace,
    verdict,
    cluster: clusterWords(spec),
    replay,
    digest: row.digest,
    fix,
    size: sizeOf(trial),
    settings: settingRows(spec),
    guarantees: guaranteeRows(history.header, verdict),
    notes: spec.notes,
    ...(shrunk === null
      ? {}
      : { shrunk: { history: shrunk.history, trace: shrunk.trace, verdict: shrunk.verdict, size: sizeOf(shrunk) } }),
  };
}

/** What the plan has: liveness sends more, to see whether writes get through. */
function sizeOf({ plan }: Trial): TrialPageInput['size'] {
  return { faults: plan.strikes.length, sends: sendsOf(plan.workload) };
}

/** Every setting that the model acts on, and those that were given, could matter and are not modelled: without values. */
function settingRows(spec: Spec): SettingRow[] {
  const rows = [
    ...scopeRows(spec, 'broker', 'broker', spec.brokerSettings),
    ...spec.topics.flatMap((topic) => scopeRows(spec, 'topic', `topic ${topic.name}`, topic.settings)),
    ...spec.producers.flatMap((one) => scopeRows(spec, 'producer', `producer ${one.name}`, one.settings)),
    ...spec.consumers.flatMap((one) => scopeRows(spec, 'consumer', `consumer ${one.name}`, one.settings)),
  ];
  const unmodelled = spec.notModelled.map((name): SettingRow => ({
    name,
    scope: '',
    value: 'given; not kept',
    origin: '',
    kafkaDefault: '',
    bearing: 'could matter, not modelled',
    differs: true,
  }));
  return [...rows, ...unmodelled];
}

function scopeRows(spec: Spec, scope: Scope, words: string, given: GivenSettings): SettingRow[] {
  const table = settingsFor(spec.version);
  const acted = [...table[scope].values()].filter((setting) => setting.bearing.bearing === 'modelled');
  return acted.flatMap((setting) => {
    // Some, as process.roles, shape the cluster and have no default to act on.
    if (given[setting.name] === undefined && (setting.default ?? null) === null) return [];
    const { value, origin }: SettingValue =
      scope === 'topic'
        ? effectiveForTopic(table, setting.name, given, spec.brokerSettings)
        : effective(table, scope, setting.name, given);
    return [settingRow(setting, words, settingText(value), origin)];
  });
}

function settingRow(setting: Setting, scope: string, value: string, origin: Origin): SettingRow {
  const kafkaDefault = setting.default ?? 'none';
  return {
    name: setting.name,
    scope,
    value,
    origin: originWords(origin),
    kafkaDefault,
    bearing: setting.bearing.bearing,
    differs: value !== kafkaDefault && Number(value) !== Number(kafkaDefault),
  };
}

function originWords(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return "Kafka's default";
    case 'assumed':
      return `Harrow: ${origin.why}`;
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'option':
      return originLabel(origin);
  }
}

function guaranteeRows(header: HistoryHeader, verdict: TrialVerdict): GuaranteeRow[] {
  const said = guarantees.filter((guarantee) => isWorthSaying(guarantee, header));
  return said.map((guarantee) => {
    const { sentence, source, assumptions } = guarantee;
    const excluded = guarantee.covers(header);
    const licensed = verdict.anomalies.find(
      ({ anomaly, licence }) => licence !== null && excluded.includes(anomaly.type),
    )?.licence;
    return {
      sentence,
      source,
      assumptions: assumptions.join(' '),
      given: excluded.length > 0,
      leftBy: licensed === null || licensed === undefined ? null : { words: licensed.words, event: licensed.event },
    };
  });
}
