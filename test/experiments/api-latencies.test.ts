import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

/** Percentiles in milliseconds: kubernetes/kubernetes#25827 (kubemark, 2016). The first row is what the model is given. */
const PUBLISHED = [
  { row: 'PUT pods', verb: 'update', kind: 'Pod', p50: 10.6, p99: 234 },
  { row: 'POST pods', verb: 'create', kind: 'Pod', p50: 18.5, p99: 110 },
  { row: 'DELETE pods', verb: 'delete', kind: 'Pod', p50: 13.5, p99: 199 },
  { row: 'POST bindings', verb: 'bind', kind: 'Pod', p50: 28.9, p99: 108 },
] as const;

/** How far kubemark itself was from real clusters, by verb: kubernetes/kubernetes#44701. */
const [LEAST, MOST] = [0.65, 3.36];

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] as number;
}

describe('published API latencies', () => {
  it('are met in the 99th percentile, when the model is given one row of them', async () => {
    const text = readFileSync(new URL('../../scenarios/api-latencies.yaml', import.meta.url), 'utf8');
    const cluster = (await clusterMaker(text))();
    const took = new Map<string, number[]>();
    cluster.server.observeRequests(({ verb, kind }, _result, micros) => {
      // The machines' first reports are written as the run begins, in no time.
      if (micros === 0) return;
      const key = `${verb} ${kind}`;
      const values = took.get(key);
      if (values === undefined) took.set(key, [micros / 1000]);
      else values.push(micros / 1000);
    });
    cluster.start();
    cluster.run({ until: seconds(480) });
    const lines = PUBLISHED.map(({ row, verb, kind, p50, p99 }) => {
      const values = took.get(`${verb} ${kind}`) ?? [];
      expect(values.length, row).toBeGreaterThan(1000);
      const [median, high] = [quantile(values, 0.5), quantile(values, 0.99)];
      expect(high / p99, row).toBeGreaterThan(LEAST);
      expect(high / p99, row).toBeLessThan(MOST);
      const ratio = (value: number, published: number): string => `${(value / published).toFixed(2)} x ${published}`;
      return `${row.padEnd(14)} p50 ${ratio(median, p50).padEnd(12)} p99 ${ratio(high, p99)}`;
    });
    console.info(`simulated against published, ms\n${lines.join('\n')}`);
  });
});
