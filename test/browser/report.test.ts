import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulate } from '../../src/simulate.ts';
import { parseScenario } from '../../src/workloads/scenario.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { EVENTFUL } from '../cluster/eventful.ts';
import { Workspace } from '../support/orrery.ts';

describe.skipIf(CHROMIUM === undefined)('report.html in a browser without a network', { timeout: 60_000 }, () => {
  const workspace = new Workspace();
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const out = workspace.path('out');
    await simulate(parseScenario(EVENTFUL, 'eventful.yaml'), { out });
    browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(out, 'report.html')).href);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    workspace.remove();
  });

  /** Pixels of a canvas that are not transparent. */
  const painted = async (selector: string): Promise<number> =>
    page.$eval(selector, (element) => {
      const canvas = element as unknown as {
        width: number;
        height: number;
        getContext(kind: '2d'): { getImageData(x: number, y: number, w: number, h: number): { data: Uint8Array } };
      };
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) count++;
      return count;
    });

  it('draws every chart and the heat map, and complains of nothing', async () => {
    for (const id of ['pods', 'use', 'nodes', 'queue', 'api', 'controllers', 'latency']) {
      expect([id, await painted(`#${id} canvas`)]).toEqual([id, expect.toSatisfy((count: number) => count > 1000)]);
    }
    expect(await painted('#heat')).toBeGreaterThan(100);
    expect(await painted('#map')).toBeGreaterThan(1000);
    expect(complaints).toEqual([]);
  });

  it('tells what was broken, and shows the values under the pointer', async () => {
    const text = await page.innerText('main');
    for (const fault of ['node-crash n-1', 'partition zone b', 'node-freeze n-3', 'instance-gone n-6']) {
      expect(text).toContain(fault);
    }
    await page.hover('#pods .u-over', { position: { x: 300, y: 100 } });
    expect(await page.innerText('#pods + .legend')).toMatch(/running \d+/);
  });

  it('hides a line whose name is pressed, and shows it again', async () => {
    const key = page.locator('#pods + .legend .key', { hasText: 'running' });
    const before = await painted('#pods canvas');
    await key.click();
    expect(await key.getAttribute('aria-pressed')).toBe('false');
    expect(await painted('#pods canvas')).not.toBe(before);
    await key.click();
    expect(await key.getAttribute('aria-pressed')).toBe('true');
  });

  it('looks closer with buttons and by dragging, all charts and the lives of pods alike', async () => {
    const all = await page.innerText('#range');
    const axis = await page.innerText('#pod-axis');
    await page.click('#zoom-in');
    expect(await page.innerText('#range')).not.toBe(all);
    expect(await page.innerText('#pod-axis')).not.toBe(axis);
    await page.click('#zoom-all');
    const over = await page.locator('#pods .u-over').boundingBox();
    if (over === null) throw new Error('no chart');
    await page.mouse.move(over.x + 100, over.y + 50);
    await page.mouse.down();
    await page.mouse.move(over.x + 300, over.y + 60, { steps: 4 });
    await page.mouse.up();
    expect(await page.innerText('#range')).not.toBe(all);
    await page.click('#zoom-all');
    expect(await page.innerText('#range')).toBe(all);
  });

  it('goes through time with the slider, and through nodes with the arrow keys', async () => {
    const pixels = async (): Promise<string> =>
      page.$eval('#map', (canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    await page.focus('#map-time');
    await page.keyboard.press('Home');
    const first = await pixels();
    expect(await page.getAttribute('#map', 'aria-label')).toContain('Nodes by zone at 00:');
    await page.keyboard.press('End');
    expect(await pixels()).not.toBe(first);
    await page.focus('#map');
    await page.keyboard.press('ArrowRight');
    const one = await page.innerText('#map-note');
    await page.keyboard.press('ArrowRight');
    expect(await page.innerText('#map-note')).not.toBe(one);
    expect(one).toMatch(/^n-\d, zone [abc], at .*: .*/);
    await page.selectOption('#map-metric', 'pods');
    await page.keyboard.press('ArrowRight');
    expect(await page.innerText('#map-full')).toBe('100 % of the pods it may hold');
  });

  it('finds pods by words', async () => {
    const all = await page.locator('#pod-rows tr').count();
    await page.fill('#pod-search', 'n-1');
    const onNode = await page.locator('#pod-rows tr').allInnerTexts();
    expect(onNode.length).toBeGreaterThan(0);
    expect(onNode.length).toBeLessThan(all);
    for (const text of onNode) expect(text).toContain('n-1');
    await page.fill('#pod-search', 'no such pod');
    expect(await page.innerText('#pod-count')).toBe('0 pods');
    await page.fill('#pod-search', '');
    expect(await page.locator('#pod-rows tr').count()).toBe(all);
  });

  it.each(['light', 'dark'])('has no serious barrier for anybody (axe), %s', async (theme) => {
    if ((await page.getAttribute('html', 'data-theme')) !== theme) await page.click('#theme');
    await page.addScriptTag({ content: axe.source });
    const found = (await page.evaluate('axe.run()')) as AxeResults;
    const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

  for (const width of [1280, 400]) {
    it(`does not scroll sideways at ${width} px, in light and in dark`, async () => {
      await page.setViewportSize({ width, height: 900 });
      for (let theme = 0; theme < 2; theme++) {
        await page.click('#theme');
        await page.waitForTimeout(100);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect(wide).toBeLessThanOrEqual(width);
        const widest = await page.$$eval('.plot canvas', (all) =>
          Math.max(...all.map((canvas) => (canvas as unknown as { clientWidth: number }).clientWidth)),
        );
        expect(widest).toBeLessThanOrEqual(width);
      }
    });
  }
});
