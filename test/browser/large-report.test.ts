/** A week of 5,000 nodes and 100,000 pods: the page stays small and quick. Takes half a minute: part of `npm run verify`. */
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { NodeFrames } from '../../src/reporting/node-frames.ts';
import { reportHtml } from '../../src/reporting/report/report-html.ts';
import { summaryOf } from '../../src/reporting/summary.ts';
import { COLUMNS } from '../../src/reporting/time-series.ts';
import type { Sample } from '../../src/reporting/time-series.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { HandMadeRun, node, pod } from '../support/hand-made-run.ts';
import { Workspace } from '../support/orrery.ts';

const NODES = 5_000;
const MINUTES = 7 * 24 * 60;
const PODS = 100_000;
const LIMIT = 3 * 2 ** 20;

describe.runIf(process.env['VERIFY'] === '1')('the report of a week of 5,000 nodes', { timeout: 300_000 }, () => {
  const run = new HandMadeRun();
  for (let i = 0; i < NODES; i++) {
    const labels = { 'topology.kubernetes.io/zone': `zone-${i % 3}` };
    run.write(0, node(`node-${i}`, { cpu: '32', memory: '128Gi', pods: '110' }, { labels }));
  }
  const frames = new NodeFrames();
  const lives = [...run.nodes.nodes.values()];
  const samples: Sample[] = [];
  for (let minute = 0; minute < MINUTES; minute++) {
    // Every node's load wanders, and one after the other fails for an hour.
    for (const [i, life] of lives.entries()) {
      if ((minute + i) % 37 === 0) life.requested.cpu = 16_000 + 15_000 * Math.sin(minute / 300 + i);
      life.ready = Math.floor(minute / 60) !== i % 200;
    }
    frames.take(minute * 60, run.nodes);
    const values = COLUMNS.map((name, i) => [name, name === 'time_seconds' ? minute * 60 : (minute * (i + 7)) % 1013]);
    samples.push(Object.fromEntries(values) as unknown as Sample);
  }
  for (let i = 0; i < PODS; i++) {
    const name = `service-${i % 300}-${(i * 7919).toString(36)}`;
    run.write(i * 6, pod(name));
    run.write(i * 6 + 1, pod(name, { node: `node-${i % NODES}` }));
    run.write(i * 6 + 3, pod(name, { node: `node-${i % NODES}`, phase: 'Running', ready: true }));
  }
  const recording = run.recording(MINUTES * 60, { frames: frames.frames, samples });

  it('is smaller than 3 MB, and begins to work within five seconds', async () => {
    const html = reportHtml(recording, summaryOf(recording));
    expect(Buffer.byteLength(html)).toBeLessThan(LIMIT);
    if (CHROMIUM === undefined) return;
    const workspace = new Workspace();
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    try {
      workspace.write('report.html', html);
      const page = await browser.newPage();
      const begun = performance.now();
      await page.goto(pathToFileURL(workspace.path('report.html')).href);
      await page.fill('#pod-search', 'service-7- node-3');
      expect(performance.now() - begun).toBeLessThan(5000);
      expect(await page.locator('#pod-rows tr').count()).toBeGreaterThan(0);
    } finally {
      await browser.close();
      workspace.remove();
    }
  });
});
