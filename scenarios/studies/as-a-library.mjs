/**
 * How large must a cluster be? The library, step by step: a scenario made in code, runs of it, and a comparison.
 *
 *   node scenarios/studies/as-a-library.mjs
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, parseScenario, simulate } from 'kube-orrery';

// 1. A scenario is text; its size is a number of ours.
const scenario = (nodes) => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: tasks }
duration: 2h
cluster: { nodeGroups: [{ name: n, count: ${nodes}, capacity: { cpu: 8, memory: 32Gi } }] }
workloads:
  - name: tasks
    generator:
      arrivals: { poisson: { perHour: 240 } }
      resources: { cpu: 1, memory: 1Gi }
      lifetime: { exponential: { mean: 10m } }
`;

// 2. One run, in memory: its summary and its time series.
const { summary, samples } = await simulate(parseScenario(scenario(5), 'tasks.yaml', { seed: 1 }), {});
console.log(`5 nodes: ${summary.metrics.pods_pending_peak} pods waited at worst`);
console.log(
  `  pending, every half an hour: ${samples
    .filter((_, i) => i % 30 === 0)
    .map((s) => s.pods_pending)
    .join(', ')}`,
);

// 3. The least size with which nobody waits for a node longer than a second, 99 % of the time.
for (let nodes = 5; ; nodes++) {
  const run = await simulate(parseScenario(scenario(nodes), 'tasks.yaml', { seed: 1 }), {});
  const wait = run.summary.metrics.create_to_scheduled_p99_seconds;
  if (wait === null || wait > 1) continue;
  console.log(`${nodes} nodes: 99 % of the pods wait ${wait} s or less`);
  break;
}

// 4. One seed is an anecdote: is one node more worth it, on ten of them?
const folder = mkdtempSync(join(tmpdir(), 'orrery-library-'));
const file = join(folder, 'tasks.yaml');
writeFileSync(file, scenario(5));
const { compared } = await compare({ file, vary: ['cluster.nodeGroups.n.count=5,6'], seeds: 10, out: folder });
for (const { metric, baselineMean, variantMean, verdict } of compared[0]?.metrics ?? []) {
  if (verdict === 'better' || verdict === 'worse')
    console.log(`${metric}: ${baselineMean} → ${variantMean}, ${verdict}`);
}
rmSync(folder, { recursive: true });
