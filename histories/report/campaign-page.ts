/** The page of a campaign: variants × requirements, the ways in which they failed, and what was reached. */
import { embed } from './embed.js';
import type { CampaignPageData } from './page-data.js';

export type CampaignPageInput = Omit<CampaignPageData, 'kind'>;

/** @param template the built page; by default the one that the build left beside this module */
export function renderCampaignPage(input: CampaignPageInput, template?: string): string {
  const data: CampaignPageData = { kind: 'campaign', ...input };
  const title = `${input.name}: ${input.verdict}`;
  return embed(data, title, [`${input.verdict.toUpperCase()} ${input.headline}`, input.command], template);
}
