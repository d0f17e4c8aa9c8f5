/** Registrations and heartbeats of brokers (KIP-631, KIP-841): requests in, records and answers out. (ClusterControlManager) */
import type { MetadataImage } from '../metadata-image.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
} from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { BrokerControlState, Heartbeats } from './heartbeats.js';
import type { ReplicationControl } from './replication-control.js';

export class ClusterControl {
  private readonly image: MetadataImage;
  private readonly replication: ReplicationControl;
  private readonly heartbeats: Heartbeats;
  /** KAFKA-18106: it keeps its place in every ISR, and its leaderships, although it may have lost records. */
  private readonly ignoresUnfencedReturn: boolean;
  /** KAFKA-16952: an incarnation that registers again, since its first request was late, gets another epoch, and is never told. */
  private readonly renewsEpochOfRepeat: boolean;
  /** KAFKA-18635: no stop counts as orderly. */
  private readonly ignoresCleanShutdown: boolean;

  constructor(image: MetadataImage, replication: ReplicationControl, heartbeats: Heartbeats, rules: Rules) {
    this.image = image;
    this.replication = replication;
    this.heartbeats = heartbeats;
    this.ignoresUnfencedReturn = rules.defects['KAFKA-18106'];
    this.renewsEpochOfRepeat = rules.defects['KAFKA-16952'];
    this.ignoresCleanShutdown = rules.defects['KAFKA-18635'];
  }

  /** Every broker that is registered begins a new session now, whatever was known of it before. */
  activate(now: number): void {
    for (const registration of this.image.brokers) {
      if (registration !== undefined) this.heartbeats.grant(registration.brokerId, registration.fenced, now);
    }
  }

  /**
   * @param nextOffset offset of the first record that this decision writes: the broker epoch
   */
  register(
    request: BrokerRegistrationRequest,
    nextOffset: number,
    now: number,
    records: MetadataRecord[],
  ): BrokerRegistrationResponse {
    const broker = request.brokerId;
    const existing = this.image.broker(broker);
    if (isTooOld(request, this.image)) return registrationAnswer(request, KafkaError.UNSUPPORTED_VERSION, -1);
    const isSameIncarnation = existing?.incarnationId === request.incarnationId;
    if (existing !== undefined && !isSameIncarnation && this.heartbeats.hasValidSession(broker, now)) {
      return registrationAnswer(request, KafkaError.DUPLICATE_BROKER_REGISTRATION, -1);
    }
    // The same incarnation asks again: its answer was lost.
    const keeps = isSameIncarnation && !this.renewsEpochOfRepeat ? existing : undefined;
    const brokerEpoch = keeps?.brokerEpoch ?? nextOffset;
    const fenced = keeps?.fenced ?? true;
    records.push({
      kind: 'register-broker',
      brokerId: broker,
      incarnationId: request.incarnationId,
      brokerEpoch,
      fenced,
      inControlledShutdown: keeps?.inControlledShutdown ?? false,
      rack: request.rack,
      ...(request.metadataVersion === undefined ? {} : { metadataVersion: request.metadataVersion }),
      ...(request.logDirs.length > 0 && { logDirs: request.logDirs }),
    });
    if (existing !== undefined && !isSameIncarnation && (existing.fenced || !this.ignoresUnfencedReturn)) {
      // The file that an orderly stop leaves names the epoch of the broker that wrote it (KAFKA-15586).
      const isClean = !this.ignoresCleanShutdown && request.previousBrokerEpoch === existing.brokerEpoch;
      this.replication.handleBrokerShutdown(broker, isClean, records);
    }
    this.heartbeats.register(broker, fenced, isSameIncarnation, now);
    return registrationAnswer(request, KafkaError.NONE, brokerEpoch);
  }

  /**
   * (ReplicationControlManager.processBrokerHeartbeat)
   * @param nextOffset offset of the first record that this decision writes
   */
  heartbeat(
    request: BrokerHeartbeatRequest,
    nextOffset: number,
    now: number,
    records: MetadataRecord[],
  ): BrokerHeartbeatResponse {
    const broker = request.brokerId;
    const error = this.checkBrokerEpoch(broker, request.brokerEpoch);
    if (error !== KafkaError.NONE) return heartbeatAnswer(request, error, false, true, false);

    const registrationOffset = this.image.broker(broker)!.brokerEpoch;
    const hasLeaderships = request.wantShutDown && this.replication.hasLeaderships(broker);
    const before = this.heartbeats.currentState(broker);
    const state = this.heartbeats.nextState(request, registrationOffset, hasLeaderships);
    if (state !== before) this.enter(broker, state, records);
    const fenced = state === 'fenced' || state === 'shutdown-now';
    this.heartbeats.touch(broker, fenced, request.currentMetadataOffset, now);
    if (request.offlineLogDirs.length > 0) {
      this.replication.handleDirectoriesOffline(broker, request.offlineLogDirs, records);
    }
    if (state === 'shutdown-now') this.heartbeats.leave(broker);
    if (state === 'controlled-shutdown') {
      this.heartbeats.beginControlledShutdown(broker, nextOffset + records.length - 1);
    }
    const isCaughtUp = request.currentMetadataOffset >= registrationOffset;
    return heartbeatAnswer(request, KafkaError.NONE, isCaughtUp, fenced, state === 'shutdown-now');
  }

  /** Fences the broker that was silent for longest, if it was too long. One at a time: each sees what the last left. */
  fenceStaleBroker(now: number, records: MetadataRecord[]): void {
    const broker = this.heartbeats.findStaleBroker(now);
    if (broker < 0) return;
    this.replication.handleBrokerFenced(broker, records);
    this.heartbeats.fence(broker);
  }

  /** Requests of an incarnation that is no longer registered are refused. */
  checkBrokerEpoch(broker: number, brokerEpoch: number): ErrorCode {
    const registration = this.image.broker(broker);
    return registration?.brokerEpoch === brokerEpoch ? KafkaError.NONE : KafkaError.STALE_BROKER_EPOCH;
  }

  private enter(broker: number, state: BrokerControlState, records: MetadataRecord[]): void {
    switch (state) {
      case 'unfenced':
        this.replication.handleBrokerUnfenced(broker, records);
        return;
      case 'controlled-shutdown':
        this.replication.handleControlledShutdown(broker, records);
        return;
      case 'fenced':
      case 'shutdown-now':
        this.replication.handleBrokerFenced(broker, records);
        return;
    }
  }
}

/** Its release does not support what the cluster has agreed on meanwhile (ClusterControlManager.processRegistrationFeature). */
function isTooOld({ metadataVersion }: BrokerRegistrationRequest, image: MetadataImage): boolean {
  return metadataVersion !== undefined && metadataVersion < image.metadataVersion;
}

function registrationAnswer(
  request: BrokerRegistrationRequest,
  error: ErrorCode,
  brokerEpoch: number,
): BrokerRegistrationResponse {
  return {
    kind: Api.brokerRegistration + RESPONSE,
    bytes: 30,
    correlationId: request.correlationId,
    error,
    brokerEpoch,
  };
}

function heartbeatAnswer(
  request: BrokerHeartbeatRequest,
  error: ErrorCode,
  isCaughtUp: boolean,
  isFenced: boolean,
  shouldShutDown: boolean,
): BrokerHeartbeatResponse {
  return {
    kind: Api.brokerHeartbeat + RESPONSE,
    bytes: 25,
    correlationId: request.correlationId,
    error,
    isCaughtUp,
    isFenced,
    shouldShutDown,
  };
}
