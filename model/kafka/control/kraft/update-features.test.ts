import { describe, expect, it } from 'vitest';
import { errorName } from '../../protocol/errors.js';
import { Api, type UpdateFeaturesRequest } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { inForce, metadataVersionOf } from '../../protocol/versions/features.js';
import { resolveMixedRules } from '../../protocol/versions/resolve.js';
import { MetadataImage } from '../metadata-image.js';
import { append } from './testing/images.js';
import { updateFeatures } from './update-features.js';

/** Brokers 1, 2, ... that run these releases. */
function clusterOf(...releases: readonly string[]): MetadataImage {
  const image = new MetadataImage();
  releases.forEach((release, index) =>
    append(image, {
      kind: 'register-broker',
      brokerId: index + 1,
      incarnationId: index,
      brokerEpoch: index,
      fenced: false,
      inControlledShutdown: false,
      rack: null,
      metadataVersion: metadataVersionOf(release),
    }),
  );
  return image;
}

type Features = UpdateFeaturesRequest['features'];
const to = (release: string): Features => [{ name: 'metadata.version', level: metadataVersionOf(release) }];
const withElr = (release: string): Features => [...to(release), { name: 'eligible.leader.replicas.version', level: 1 }];

function ask(image: MetadataImage, features: Features, controller = '4.1'): string {
  const records: MetadataRecord[] = [];
  const request = { kind: Api.updateFeatures, bytes: 10, correlationId: 1, features };
  const { error } = updateFeatures(image, metadataVersionOf(controller), request, records);
  append(image, ...records);
  return errorName(error);
}

describe('UpdateFeatures', () => {
  it('raises metadata.version once every broker supports it, and not before', () => {
    expect(ask(clusterOf('3.9', '3.9', '3.7'), to('3.9'))).toBe('INVALID_UPDATE_VERSION');
    const upgraded = clusterOf('3.9', '3.9', '3.9');
    expect(ask(upgraded, to('3.9'))).toBe('NONE');
    expect(upgraded.metadataVersion).toBe(21);
  });

  it('asks the controller, too, what it supports', () => {
    expect(ask(clusterOf('4.1'), to('4.1'), '4.0')).toBe('INVALID_UPDATE_VERSION');
  });

  it('never lowers it', () => {
    const image = clusterOf('4.1');
    expect([ask(image, to('4.0')), ask(image, to('3.9'))]).toEqual(['NONE', 'INVALID_UPDATE_VERSION']);
  });

  it('turns eligible leader replicas on from metadata.version 4.0 on, and all or nothing', () => {
    const old = clusterOf('3.9');
    expect(ask(old, withElr('3.9'))).toBe('INVALID_UPDATE_VERSION');
    expect(old.metadataVersion).toBe(-1);
    const image = clusterOf('4.0');
    expect(ask(image, withElr('4.0'))).toBe('NONE');
    expect(image.finalized?.eligibleLeaderReplicas).toBe(true);
  });
});

describe('a rule that feature levels decide', () => {
  const rules = resolveMixedRules({ release: '4.1', agreed: '3.3' });

  it('is as the cluster was formatted until they are raised', () => {
    const image = clusterOf('4.1');
    expect(inForce('brokerEpochInIsr', image, rules)).toBe(false);
    expect(inForce('leaderEpochOnShrink', image, rules)).toBe(true);
  });

  it('changes with the record, without another process', () => {
    const image = clusterOf('4.1');
    ask(image, to('3.5'));
    expect(inForce('brokerEpochInIsr', image, rules)).toBe(true);
    expect(inForce('leaderEpochOnShrink', image, rules)).toBe(true);
    ask(image, to('4.1'));
    expect(inForce('leaderEpochOnShrink', image, rules)).toBe(false);
    expect(inForce('eligibleLeaderReplicas', image, rules)).toBe(false);
  });

  it('stands in snapshots', () => {
    const image = clusterOf('4.1');
    ask(image, withElr('4.1'));
    expect(image.copy()).toMatchObject({ metadataVersion: 27, finalized: { eligibleLeaderReplicas: true } });
  });
});
