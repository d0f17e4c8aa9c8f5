/** A broker reduced to its membership: lifecycle and metadata, for tests of those against a real controller. */
import type { Host, MachineId } from '../../../kernel/process.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { MetadataSnapshot } from '../../protocol/raft-messages.js';
import { MetadataImage } from '../../control/metadata-image.js';
import { AskingProcess } from '../../testing/asking-process.js';
import { TIMER_RANGE_WIDTH, TimerRange, type BrokerServices } from '../components.js';
import type { BrokerConfig } from '../config.js';
import { BrokerLifecycle } from '../lifecycle.js';
import { MetadataFetcher } from '../metadata-fetcher.js';

/** Time to load logs. */
const LOADING_MICROS = 300_000;
const LOADED = 1;

export class Member extends AskingProcess implements BrokerServices {
  readonly config: BrokerConfig;
  readonly lifecycle: BrokerLifecycle;
  readonly image = new MetadataImage();
  readonly fetcher: MetadataFetcher;
  readonly previousBrokerEpoch = -1;
  unfencings = 0;

  constructor(host: Host, config: BrokerConfig) {
    super(host);
    this.config = config;
    this.lifecycle = new BrokerLifecycle(this);
    this.fetcher = new MetadataFetcher(this);
  }

  override start(): void {
    this.lifecycle.start();
    this.fetcher.start();
  }

  override onTimer(kind: number, arg: number): void {
    if (kind === LOADED) this.lifecycle.ready();
    else if (kind < TimerRange.lifecycle + TIMER_RANGE_WIDTH) this.lifecycle.onTimer(kind, arg);
    else this.fetcher.onTimer(kind);
  }

  logDirectoryIds(): readonly number[] {
    return [];
  }

  shutDown(): void {
    this.host.die('exit');
  }

  controllerMachine(): MachineId {
    return this.fetcher.leaderId;
  }

  brokerEpoch(): number {
    return this.lifecycle.brokerEpoch;
  }

  onMetadata(records: readonly MetadataRecord[], baseOffset: number): void {
    records.forEach((record, index) => this.image.replay(record, baseOffset + index));
  }

  onMetadataSnapshot(snapshot: MetadataSnapshot): void {
    this.image.copyFrom(snapshot.state as MetadataImage);
  }

  currentMetadataOffset(): number {
    return this.image.nextOffset - 1;
  }

  onCaughtUp(): void {
    this.host.timer(LOADED, LOADING_MICROS, 0);
  }

  onUnfenced(): void {
    this.unfencings++;
  }
}
