/**
 * Clusters in which releases differ: which machines run which, what the cluster has agreed on, and to which release it is
 * upgraded (the fault rolling-upgrade). What Kafka would refuse is refused here, with its reason.
 */
import type { ClusterReleases, KafkaClusterSpec } from '../../model/kafka/cluster-spec.js';
import { deciders, isAgreedOn } from '../../model/kafka/protocol/versions/deciders.js';
import type { DefectId } from '../../model/kafka/protocol/versions/defects.js';
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import { resolveMixedRules, resolveRules } from '../../model/kafka/protocol/versions/resolve.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import { ruleBySpecName, type Rules, type RuleValues } from '../../model/kafka/protocol/versions/rules.js';
import { upgradeRefusal } from '../../model/kafka/upgrades.js';
import { rollingUpgrade } from '../../nemesis/faults/rolling-upgrade.js';
import type { Draft, DraftFault, Located } from './draft.js';
import { didYouMean } from './nearest.js';
import type { Problems } from './problems.js';
import { hasCombinedRoles } from './process-roles.js';
import type { Spec, SpecReleases } from './spec.js';
import { controlModes, versionRow } from './versions.js';

export const PROTOCOL_VERSION = 'inter.broker.protocol.version';
export const METADATA_VERSION = 'metadata.version';
const CONTROLLERS = 'controllers';

/** null: every machine runs the release of the spec, goes by all of it, and is not upgraded. */
export function finishReleases(draft: Draft, mode: ControlPlane, problems: Problems): SpecReleases | null {
  const release = versionRow(draft.kafka.value);
  // finishProtocol has said so.
  if (release === null || release === undefined) return null;
  const upgrades = (draft.faults ?? []).filter(({ name }) => name.value === rollingUpgrade.name);
  const agreedOn = agreementOf(draft, mode, problems);
  if (draft.releases.size === 0 && agreedOn === null && upgrades.length === 0) return null;
  const installed = installedIn(draft, mode, release, problems);
  const oldest = oldestOf([...installed.brokers, installed.controllers]);
  const agreed = agreedOn === null ? oldest : (agreedRelease(agreedOn, mode, oldest, problems) ?? oldest);
  const releases = { ...installed, agreed };
  const upgradesTo = upgrades.flatMap((fault) => upgradeOf(fault, releases, mode, problems) ?? []);
  if (upgrades.length > 0) refuseAgreedRules(draft, problems);
  return { ...releases, upgradesTo };
}

/** What the spec says of what the cluster has agreed on. */
function agreementOf(draft: Draft, mode: ControlPlane, problems: Problems): Located<string> | null {
  const raw = draft.broker.get(PROTOCOL_VERSION);
  const protocol = raw === undefined ? null : { value: raw.text, origin: raw.origin };
  const { metadataVersion } = draft;
  if (mode === 'kraft') {
    if (protocol !== null) {
      problems.warn(
        protocol.origin,
        `${PROTOCOL_VERSION} says nothing under KRaft (KIP-778): cluster: { ${METADATA_VERSION}: ... } does`,
      );
    }
    return metadataVersion;
  }
  if (metadataVersion !== null) {
    const why = `is of KRaft, and the spec runs ZooKeeper: there ${PROTOCOL_VERSION} says it (cluster.settings)`;
    problems.error(metadataVersion.origin, `${METADATA_VERSION} ${why}`);
  }
  return protocol;
}

type Installed = Pick<SpecReleases, 'brokers' | 'controllers'>;

function installedIn(draft: Draft, mode: ControlPlane, release: string, problems: Problems): Installed {
  const brokers = Array.from({ length: draft.brokers.value }, () => release);
  let controllers = release;
  const apart = mode === 'kraft' && !hasCombinedRoles(mode, draft.broker.get('process.roles')?.text);
  const names = [...brokers.map((_, index) => `b${index + 1}`), ...(apart ? [CONTROLLERS] : [])];
  for (const [name, given] of draft.releases) {
    if (!names.includes(name)) {
      const all = `they are b1 to b${brokers.length}${apart ? `, and ${CONTROLLERS}` : ''}`;
      problems.error(given.origin, `releases: there is no ${name}${didYouMean(name, names)}: ${all}`);
      continue;
    }
    const row = runnableRow(given, mode, problems);
    if (row === null) continue;
    if (name === CONTROLLERS) controllers = row;
    else brokers[names.indexOf(name)] = row;
  }
  return { brokers, controllers };
}

/** The row of a release that runs under this control plane; null after saying why there is none. */
function runnableRow({ value, origin }: Located<string>, mode: ControlPlane, problems: Problems): string | null {
  const row = versionRow(value);
  if (row === undefined) problems.error(origin, `${JSON.stringify(value)} is no version like "3.9"`);
  else if (row === null) problems.error(origin, `Kafka ${value} is older than every release that Harrow knows`);
  else if (!controlModes(row).includes(mode)) {
    problems.error(origin, `Kafka ${value} never ran with ${mode === 'kraft' ? 'KRaft' : 'ZooKeeper'}`);
  } else return row;
  return null;
}

function agreedRelease(
  { value, origin }: Located<string>,
  mode: ControlPlane,
  oldest: string,
  problems: Problems,
): string | null {
  const row = runnableRow({ value: value.replace(/-IV\d+$/, ''), origin }, mode, problems);
  if (row === null || compareReleases(row, oldest) <= 0) return row;
  problems.error(
    origin,
    mode === 'kraft'
      ? `${METADATA_VERSION} ${value} is above ${oldest}, which is the oldest release of the cluster; Kafka would not let it register`
      : `${PROTOCOL_VERSION} ${value} is above ${oldest}, which is the oldest release of the cluster; its broker would refuse to start`,
  );
  return null;
}

/** The row that it leads to; null after saying why it cannot. */
function upgradeOf(
  { name, parameters }: DraftFault,
  releases: Omit<SpecReleases, 'upgradesTo'>,
  mode: ControlPlane,
  problems: Problems,
): string | null {
  const to = parameters.get('kafka');
  if (to === undefined) {
    problems.error(name.origin, `${name.value} needs kafka: the release that is installed`);
    return null;
  }
  const row = runnableRow({ value: String(to.value), origin: to.origin }, mode, problems);
  if (row === null) return null;
  const cluster = { control: mode, rules: resolveRules(releases.agreed) };
  for (const from of [releases.controllers, ...releases.brokers]) {
    const refusal = upgradeRefusal(cluster, from, row);
    if (refusal === null) continue;
    problems.error(to.origin, refusal);
    return null;
  }
  return row;
}

/** What an upgrade changes cannot be set otherwise for the whole trial. */
function refuseAgreedRules({ rules }: Draft, problems: Problems): void {
  for (const [name, { origin }] of rules) {
    const rule = ruleBySpecName(name);
    if (rule === undefined || !isAgreedOn(rule)) continue;
    problems.error(origin, `rule ${name}: ${rollingUpgrade.name} changes it, with ${deciders[rule].by}`);
  }
}

export function oldestOf(releases: readonly string[]): string {
  return releases.toSorted(compareReleases)[0]!;
}

/** The oldest release that any machine of the cluster runs. */
export function oldestRelease({ brokers, controllers }: SpecReleases): string {
  return oldestOf([...brokers, controllers]);
}

type Own = Partial<RuleValues>;

/** What all machines can be relied on to have from the beginning to the end: guarantees are judged by it. */
export function weakestRules(releases: SpecReleases, own: Own, defects: readonly DefectId[]): Rules {
  return resolveMixedRules({ release: oldestRelease(releases), agreed: releases.agreed }, own, defects);
}

/** For the model. */
export function clusterReleases(
  { version, releases }: Pick<Spec, 'version' | 'releases'>,
  own: Own,
  defects: readonly DefectId[],
): Pick<KafkaClusterSpec, 'releases'> {
  if (releases === null) return {};
  const { brokers, controllers, agreed } = releases;
  const clients = resolveMixedRules({ release: version, agreed, oldestPeer: oldestRelease(releases) }, own, defects);
  const all: ClusterReleases = { brokers, controllers, agreed, clients, own, defects };
  return { releases: all };
}

/** "b2 3.7", "metadata.version 3.7", "upgraded to 4.1": what differs from the release of the spec. */
export function releaseWords({ version, releases, control }: Spec): readonly string[] {
  if (releases === null) return [];
  const { brokers, controllers, agreed, upgradesTo } = releases;
  const others = [
    ...brokers.map((release, index) => [`b${index + 1}`, release] as const),
    ...(control.mode === 'kraft' ? [[CONTROLLERS, controllers] as const] : []),
  ].filter(([, release]) => release !== version);
  return [
    ...others.map(([name, release]) => `${name} ${release}`),
    ...(agreed === version ? [] : [`${control.mode === 'kraft' ? METADATA_VERSION : PROTOCOL_VERSION} ${agreed}`]),
    ...(upgradesTo.length === 0 ? [] : [`upgraded to ${[...new Set(upgradesTo)].join(', ')}`]),
  ];
}

/** What has to be said of such a cluster before anything runs. */
export function releaseNotes(version: string, mode: ControlPlane, releases: SpecReleases | null): readonly string[] {
  if (releases === null) return [];
  const oldest = oldestRelease(releases);
  const agreement = `${mode === 'kraft' ? METADATA_VERSION : PROTOCOL_VERSION} ${releases.agreed}`;
  return [
    `what Kafka guarantees is judged by the rules of ${oldest}, the oldest release, and of ${agreement}`,
    ...(releases.upgradesTo.length === 0
      ? []
      : [`settings that nobody sets keep the defaults of ${version} through the upgrade, and clients stay at it`]),
  ];
}
