/**
 * `import { assertCampaign } from 'harrow'`: campaigns of a workload of one's own, for any test runner. Vitest has
 * `harrow/vitest`.
 */
export { assertCampaign, CampaignFailure, type CampaignOptions, type CampaignSummary } from './own/assert-campaign.js';
export type * from './own/clients.js';
export type { Order } from './own/draws.js';
export { KafkaError, OutsideWorldError, WorkloadError } from './own/errors.js';
