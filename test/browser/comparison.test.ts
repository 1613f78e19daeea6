import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/experiments/compare/comparison.ts';
import { comparisonHtml } from '../../src/experiments/compare/comparison-html.ts';
import type { ComparedRun } from '../../src/experiments/compare/comparison.ts';
import { parseAxis, variantsOf } from '../../src/experiments/compare/variants.ts';
import { standings } from '../../src/experiments/study/verdict.ts';
import type { Study } from '../../src/experiments/study/study.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { Workspace } from '../support/orrery.ts';

const METRICS = ['pods_never_scheduled', 'cpu_requested_mean_ratio'];

/** Three variants on eight seeds, of which C is worse than A in both metrics. */
function html(): string {
  const variants = variantsOf([parseAxis('policies.scoring=least,most,default')]);
  const runs = Array.from({ length: 8 }, (_, seed) => seed).flatMap((seed) =>
    variants.map(({ letter }, i): ComparedRun => {
      const metrics = {
        pods_never_scheduled: 5 + [0, -3, 4][i]! + (seed % 3),
        cpu_requested_mean_ratio: 0.7 + [0, -0.05, -0.1][i]! + seed / 100,
      };
      const outcome = { scenarioHash: 'a', eventStreamHash: 'b', version: '1', simulatedSeconds: 60, metrics };
      return { variant: letter, seed: String(seed + 1), outcome };
    }),
  );
  const objectives = [
    { metric: 'pods_never_scheduled', goal: 'min' },
    { metric: 'cpu_requested_mean_ratio', goal: 'max' },
  ] as const;
  const asked = { variants, metrics: METRICS, objectives, constraints: [], margin: 0.01, confidence: 0.95 };
  return comparisonHtml({
    ...asked,
    scenario: 'made <by> hand',
    description: 'Which one?',
    seeds: 8,
    runs,
    compared: compareRuns(variants, runs, asked),
    standings: standings(asked as unknown as Study, runs),
    warmUp: undefined,
    command: 'orrery sweep x.yaml',
    out: 'reports/x',
    partial: false,
  });
}

describe.skipIf(CHROMIUM === undefined)('comparison.html in a browser without a network', { timeout: 60_000 }, () => {
  const workspace = new Workspace();
  const complaints: string[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    workspace.write('comparison.html', html());
    browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(pathToFileURL(workspace.path('comparison.html')).href);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    workspace.remove();
  });

  it('shows the front, forests, every run, every seed, and the command to repeat it', async () => {
    const text = await page.innerText('main');
    for (const words of [
      'made <by> hand, compared',
      'on the Pareto front',
      'Every run',
      'Seed by seed',
      'orrery sweep x.yaml',
    ]) {
      expect(text).toContain(words);
    }
    expect(await page.locator('#scatter circle').count()).toBe(3 * 8 + 3);
    expect(await page.locator('svg.forest[aria-label^="Differences"]').count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  it('hides a variant everywhere, and changes and zooms the scatter', async () => {
    await page.click('button.variant[data-letter="C"]');
    expect(await page.locator('#scatter circle').count()).toBe(2 * 8 + 2);
    expect(await page.locator('section[data-variant="C"]').isVisible()).toBe(false);
    await page.click('button.variant[data-letter="C"]');
    const before = await page.locator('#scatter').innerHTML();
    const box = await page.locator('#scatter').boundingBox();
    if (box === null) throw new Error('no scatter');
    await page.mouse.move(box.x + 200, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 260, { steps: 3 });
    await page.mouse.up();
    expect(await page.locator('#scatter').innerHTML()).not.toBe(before);
    await page.click('#scatter-all');
    expect(await page.locator('#scatter').innerHTML()).toBe(before);
  });

  it('has no serious barrier for anybody (axe), in light and dark, and does not scroll sideways', async () => {
    await page.addScriptTag({ content: axe.source });
    for (const width of [1280, 400]) {
      await page.setViewportSize({ width, height: 900 });
      await page.click('#theme');
      const found = (await page.evaluate('axe.run()')) as AxeResults;
      const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html: at }) => at)])).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
  });
});
