/** What the broker asks of its host: its own kinds of timers and yields. Parts have ranges of their own (components.ts). */
export const BrokerTimer = {
  /** socket read | handler: the request queue. Payload: the channel. */
  handleRequest: 1,
  /** produce append | purgatory check. Payload: the operation. */
  purgatoryCheck: 2,
  /** fetch read | follower-state update. Payload: the operation. */
  followerState: 3,
  /** follower-state update | ISR-expand check. Payload: the operation. */
  expandIsr: 4,
  /** ISR change decided | its submission. Argument: the partition; payload: the pending state. */
  submitIsr: 5,
  /** Metadata fetched | published to the cache. */
  publish: 6,
  /** Published | each partition's transition. Argument: the partition. */
  transition: 7,
  /** Transitions | fetcher start. */
  startFetchers: 8,
  /** Start-up: caught up | load. */
  loadLogs: 9,
  /** Start-up: load | recover each log. Argument: the partition. */
  recoverLog: 10,
  fetchDeadline: 11,
  produceDeadline: 12,
  /** isr-expiration. */
  shrinkIsr: 13,
  /** highwatermark-checkpoint. */
  checkpointHighWatermarks: 14,
  /** PeriodicProducerExpirationCheck. */
  expireProducers: 15,
  /** connections.max.idle.ms. */
  closeIdle: 16,
  deleteRecordsDeadline: 17,
} as const;
