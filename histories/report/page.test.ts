/** The pages as a reader has them: opened from a file in a headless Chromium. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderCampaignPage } from './campaign-page.js';
import { chromiumPath, launchChromium } from './testing/chromium.js';
import { campaignInput, trialInput } from './testing/page-inputs.js';
import { slowMember } from './testing/group-scenarios.js';
import { cutOffLeader, killedLeader, lastReplicaStanding } from './testing/scenarios.js';
import { renderTrialPage } from './trial-page.js';

const executable = chromiumPath();
const about = executable === null ? ' (skipped: no Chromium here; name one in CHROME)' : '';

describe.skipIf(executable === null)(`the report pages${about}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'harrow-page-'));
  const files = {
    trial: join(folder, 'trial.html'),
    last: join(folder, 'last.html'),
    group: join(folder, 'group.html'),
    campaign: join(folder, 'campaign.html'),
  };
  let browser: Browser;

  beforeAll(async () => {
    const configFile = fileURLToPath(new URL('./page/vite.config.ts', import.meta.url));
    await build({ configFile, mode: 'production', build: { outDir: folder } });
    const template = readFileSync(join(folder, 'template.html'), 'utf8');
    writeFileSync(files.trial, await renderTrialPage(trialInput(cutOffLeader(600), cutOffLeader()), template));
    writeFileSync(files.last, await renderTrialPage(trialInput(lastReplicaStanding()), template));
    writeFileSync(files.group, await renderTrialPage(trialInput(slowMember()), template));
    writeFileSync(files.campaign, renderCampaignPage(campaignInput(cutOffLeader(), killedLeader()), template));
    browser = await launchChromium(executable!);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Opened {
    readonly page: Page;
    /** Errors on the console, and requests that are not for a file. */
    readonly faults: readonly string[];
  }

  async function open(file: string, hash = '', width = 1440, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' });
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) faults.push(request.url());
    });
    await page.goto(pathToFileURL(file).href + hash);
    return { page, faults };
  }

  /** Right edge of the page's content: more than the window's width would mean scrolling sideways. */
  async function contentWidth(page: Page): Promise<number> {
    return page.locator('html').evaluate((element) => element.scrollWidth);
  }

  it('say the verdict, the strip, lanes, story and logs on the first screen, asking nobody for anything', async () => {
    const { page, faults } = await open(files.trial);
    await page.locator('.story li').first().waitFor();
    expect(await page.locator('h1').textContent()).toContain('orders-0@0 (key acct-8, value 5000) is on no replica.');
    for (const part of ['.verdict', '.strip', '.lanes svg', '.story', '.logs', '.aside']) {
      const box = (await page.locator(part).first().boundingBox())!;
      expect(box.y + box.height, part).toBeLessThanOrEqual(900);
      expect(box.x + box.width, part).toBeLessThanOrEqual(1440);
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  it("show the lanes of a group's members, who owned the partition, and each step of what they did", async () => {
    const { page, faults } = await open(files.group);
    const steps = page.locator('.story li');
    await steps.first().waitFor();
    const owned = await page.locator('.lanes .owns title').allTextContents();
    expect(owned).toEqual([
      'owns the partition in generation 1: 2.000–9.000 s',
      expect.stringMatching(/^owns the partition in generation 2: 9\.100–/),
    ]);
    const count = await steps.count();
    for (let step = 0; step < count; step++) {
      await steps.nth(step).locator('button').click();
      expect(await page.locator('.story li .line[aria-current]').textContent()).toContain(
        (await steps.nth(step).locator('.text').textContent())!,
      );
    }
    expect(count).toBe(8);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('move the lanes, the logs and the hash with each step, by key and by click', async () => {
    const { page, faults } = await open(files.trial, '#step=1');
    const current = page.locator('.line[aria-current="step"] .text');
    const cell = page.locator('.grid tbody tr').first().locator('td').first();
    await current.waitFor();
    expect(await current.textContent()).toContain('b1 leads orders-0 in epoch 1');
    expect(await cell.textContent()).toBe('');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('n');
    await expect.poll(() => current.textContent()).toContain('p0 → b1  offset 0');
    await expect.poll(() => cell.textContent()).toContain('5000');
    await expect.poll(() => hashOf(page)).toBe('#step=3');
    expect(await page.locator('.step.current text').textContent()).toBe('3');
    await page.locator('.line').nth(6).click();
    await expect.poll(() => hashOf(page)).toBe('#step=7');
    expect(await cell.getAttribute('class')).toContain('gone');
    expect(await page.locator('.lane-state').first().textContent()).toBe('follows b2');
    expect(await page.locator('.source').textContent()).toContain('UnifiedLog.truncateTo');
    await page.keyboard.press('p');
    await expect.poll(() => hashOf(page)).toBe('#step=6');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('open where the hash says, and switch between the shrunk and the original trial', async () => {
    const { page, faults } = await open(files.trial, '#trial=original&step=3&t=4.0-5.0&scale=linear');
    await page.locator('.story li').first().waitFor();
    expect(await page.locator('h1').textContent()).toContain('orders-0@60');
    expect(await page.locator('.lanes h2').textContent()).toContain('4.000–5.000 s');
    await page.getByRole('button', { name: 'shrunk' }).click();
    await page.locator('h1', { hasText: 'orders-0@0' }).waitFor();
    await expect.poll(() => hashOf(page)).toBe('#step=7&scale=linear');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('zoom by dragging over the strip, and go back to the story', async () => {
    const { page } = await open(files.trial, '#trial=original');
    const strip = page.locator('.strip svg');
    await strip.waitFor();
    const box = (await strip.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => hashOf(page)).toMatch(/&t=30\.\d+-45\.\d+$/);
    await page.keyboard.press('+');
    await expect.poll(() => hashOf(page)).toMatch(/&t=3[34]\.\d+-4[12]\.\d+$/);
    await page.keyboard.press('0');
    await expect.poll(() => hashOf(page)).not.toContain('t=');
    await page.close();
  });

  it('step to any event of the trace, and filter operations', async () => {
    const { page, faults } = await open(files.trial, '#trial=original');
    await page.locator('summary', { hasText: 'All events' }).click();
    await page.getByLabel('Search events').fill('truncates');
    await page.locator('.row', { hasText: 'b1 truncates orders-0 61 → 60' }).click();
    await expect.poll(() => hashOf(page)).toMatch(/event=\d+/);
    expect(await page.locator('.grid').textContent()).toContain('5000');
    await page.getByLabel('only those of the anomaly').uncheck();
    await page.getByLabel('Search operations').fill('5000');
    expect(await page.locator('section[aria-label="What the clients saw"] tbody tr').count()).toBe(1);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('show the causal graph, the guarantees and every setting', async () => {
    const { page } = await open(files.last);
    const boxes = page.locator('section[aria-label="Why"] .box');
    await boxes.first().waitFor();
    expect(await boxes.count()).toBeGreaterThan(8);
    await boxes.filter({ hasText: 'frozen' }).first().click();
    expect(await page.locator('.line[aria-current="step"]').textContent()).toContain('ISR {2} frozen');
    expect(await page.locator('section[aria-label="Guarantees"]').textContent()).toContain(
      'acks=1 and a change of leader',
    );
    await page.locator('summary', { hasText: 'Every setting' }).click();
    expect(await page.locator('details').first().textContent()).toContain('orders.yaml:14');
    await page.close();
  });

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 1000],
    ['dark', 1000],
  ] as const)(
    'are readable in %s at %i pixels: nothing sticks out, and text stands out from its ground',
    async (scheme, width) => {
      for (const file of Object.values(files)) {
        const { page, faults } = await open(file, '', width, scheme);
        await page.locator('h1').waitFor();
        expect(await contentWidth(page)).toBeLessThanOrEqual(width);
        const [ink, paper] = await page.locator('body').evaluate((body) => {
          const style = (
            globalThis as unknown as { getComputedStyle(of: unknown): Record<string, string> }
          ).getComputedStyle(body);
          return [style['color']!, style['backgroundColor']!];
        });
        expect(contrast(ink, paper)).toBeGreaterThan(10);
        expect(faults).toEqual([]);
        await page.close();
      }
    },
  );

  it('turn dark by the button', async () => {
    const { page } = await open(files.campaign);
    const ground = (): Promise<string> =>
      page.locator('body').evaluate((body) => {
        const style = (
          globalThis as unknown as { getComputedStyle(of: unknown): Record<string, string> }
        ).getComputedStyle(body);
        return style['backgroundColor']!;
      });
    const before = await ground();
    await page.getByRole('button', { name: 'Switch between light and dark' }).click();
    expect(await ground()).not.toBe(before);
    await page.close();
  });

  it('lead from a cell of the campaign to its trial', async () => {
    const { page, faults } = await open(files.campaign);
    const cell = page.locator('.matrix .unsafe').first();
    expect(await cell.textContent()).toContain('283/1000');
    expect(await cell.locator('a').getAttribute('href')).toBe('failures/17/report.html');
    expect(await page.locator('.matrix .clean').first().textContent()).toContain('0/1000 clean under 0.30 %');
    expect(await page.locator('body').textContent()).toContain('writes-refused');
    expect(faults).toEqual([]);
    await page.close();
  });
});

/** The hash as the page itself has it. */
async function hashOf(page: Page): Promise<string> {
  return page.evaluate('location.hash');
}

/** WCAG 2 contrast ratio of two rgb() colours. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(colour: string): number {
  const channels = (colour.match(/\d+(?:\.\d+)?/g) ?? []).slice(0, 3).map((channel) => Number(channel) / 255);
  const [r, g, b] = channels.map((channel) =>
    channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
