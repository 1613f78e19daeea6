import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulate } from '../../src/simulate.ts';
import { parseScenario } from '../../src/workloads/scenario.ts';
import { EVENTFUL } from '../cluster/eventful.ts';
import { Workspace } from '../support/orrery.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

describe.skipIf(executablePath === undefined)('report.html in a browser without a network', { timeout: 60_000 }, () => {
  const workspace = new Workspace();
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const out = workspace.path('out');
    await simulate(parseScenario(EVENTFUL, 'eventful.yaml'), { out });
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
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
    for (const id of ['pods', 'use', 'nodes', 'queue', 'api', 'latency']) {
      expect([id, await painted(`#${id} canvas`)]).toEqual([id, expect.toSatisfy((count: number) => count > 1000)]);
    }
    expect(await painted('#heat')).toBeGreaterThan(100);
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
