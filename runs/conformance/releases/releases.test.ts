/** What releases support, and since when, is what the classes of Apache Kafka's own releases say. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deciders } from '../../../model/kafka/protocol/versions/deciders.js';
import { allowsEligibleLeaderReplicas, metadataVersionOf } from '../../../model/kafka/protocol/versions/features.js';
import { rowFor } from '../../../model/kafka/protocol/versions/resolve.js';
import { versionRows, type VersionRow } from '../../../model/kafka/protocol/versions/rows.js';
import { ruleNames } from '../../../model/kafka/protocol/versions/rules.js';

interface Release {
  /** '3.9.1' */
  readonly release: string;
  /** The highest stable version of each request. */
  readonly apis: { readonly [name: string]: number };
  /** Those of production. */
  readonly metadataVersions: readonly { readonly name: string; readonly level: number }[];
  readonly features: {
    readonly [name: string]: {
      /** The level that a new cluster begins with. */
      readonly begins: number;
      /** By level: the metadata.version that it needs; 0: any. */
      readonly needs: readonly number[];
    };
  };
}

const releases = JSON.parse(readFileSync(new URL('./releases.json', import.meta.url), 'utf8')) as readonly Release[];

function rowOf({ release }: Release): VersionRow {
  return rowFor(release)!;
}

it('every row of the table of versions since 0.11 was asked', () => {
  const asked = releases.map((release) => rowOf(release).version);
  expect(asked).toEqual(
    versionRows.map(({ version }) => version).filter((version) => !['0.8.2', '0.10.2'].includes(version)),
  );
});

describe.each(releases)('$release', (release) => {
  const { rules, control } = rowOf(release);

  it('has the highest metadata.version that the model says', () => {
    const highest = release.metadataVersions.at(-1)?.level ?? -1;
    expect(metadataVersionOf(release.release)).toBe(control.includes('kraft') ? highest : -1);
  });

  it('begins a new cluster with the features that the model says', () => {
    const begins = (feature: string): number => release.features[feature]?.begins ?? 0;
    expect({
      eligibleLeaderReplicas: rules.eligibleLeaderReplicas,
      transactionVersion: rules.transactionVersion,
      consumerGroupProtocol: rules.consumerGroupProtocol,
    }).toEqual({
      eligibleLeaderReplicas: begins('eligible.leader.replicas.version') >= 1,
      transactionVersion: begins('transaction.version'),
      consumerGroupProtocol: begins('group.version') >= 1,
    });
  });

  it('lets eligible leader replicas be switched on under the metadata versions that the model says', () => {
    const feature = release.features['eligible.leader.replicas.version'];
    for (const { level } of release.metadataVersions) {
      if (feature !== undefined)
        expect(allowsEligibleLeaderReplicas(level), `level ${level}`).toBe(level >= feature.needs[1]);
    }
  });
});

/** 'Fetch version 11; ...': the first request that is named. */
const requestVersion = /(\w+) version (\d+)/;

describe('a rule that two sides negotiate', () => {
  const negotiated = ruleNames.filter((name) => deciders[name].by === 'negotiation');

  it.each(negotiated)('%s comes with a release that knows the version of the request, or later', (name) => {
    const [, api, version] = requestVersion.exec(deciders[name].source)!;
    const oldest = versionRows[0].rules[name];
    const knows = releases.filter(({ apis }) => (apis[api] ?? -1) >= Number(version));
    expect(knows.length, 'some release knows it').toBeGreaterThan(0);
    const newer = releases.filter((release) => rowOf(release).rules[name] !== oldest);
    expect(newer.filter((release) => !knows.includes(release)).map(({ release }) => release)).toEqual([]);
  });
});
