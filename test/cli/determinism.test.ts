import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { orrery, ROOT, Workspace } from '../support/orrery.ts';

/** Until something has gone wrong, in small clusters; large ones are made smaller. Under VERIFY all run whole. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'quickstart.yaml': ['--until', '10h'],
  'failures.yaml': ['--until', '3h'],
  'large.yaml': ['--until', '31m', ...fewer('services', 10)],
  'idle.yaml': ['--until', '10m', ...fewer('services', 10)],
  'openb-1000.yaml': ['--until', '10s'],
  'api-overload.yaml': ['--until', '2m30s'],
  'api-latencies.yaml': ['--until', '5m30s'],
  'published/many-jobs.yaml': ['--until', '10m', '--set', 'workloads.jobs.copies=300'],
  'rollout-traffic.yaml': ['--until', '5m10s'],
  'zone-outage-traffic.yaml': ['--until', '11m', ...fewer('services', 6), '--set', 'traffic.load.copies=6'],
};

/** A hundredth of the nodes, and of the Deployments so many. */
function fewer(workload: string, copies: number): string[] {
  return ['--set', 'cluster.nodeGroups.node.count=50', '--set', `workloads.${workload}.copies=${copies}`];
}

const WHOLE = process.env['VERIFY'] === '1';

const data = process.env['ORRERY_DATA'] ?? join(ROOT, '..', 'shared');
const scenarios = readdirSync(join(ROOT, 'scenarios'), { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.yaml') && isScenario(file))
  .sort();

/** Studies lie beside them. */
function isScenario(file: string): boolean {
  return readFileSync(join(ROOT, 'scenarios', file), 'utf8').includes('\nkind: Scenario\n');
}

describe('every committed scenario', () => {
  it('is there to be looked at', () => {
    expect(scenarios).toContain('quickstart.yaml');
  });

  for (const file of scenarios) {
    const path = join('scenarios', file);
    const needsData = readFileSync(join(ROOT, path), 'utf8').includes('ORRERY_DATA');
    it.skipIf(needsData && !existsSync(data))(`gives the same bytes in two runs: ${file}`, { timeout: 900_000 }, () => {
      const workspace = new Workspace();
      const options = WHOLE ? [] : (OPTIONS[file] ?? ['--until', '10m']);
      const args = ['run', path, ...options, '--check-determinism', '--check', '--out'];
      const { exitCode, stdout, stderr } = orrery([...args, workspace.path('out')]);
      workspace.remove();
      expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('differ')]);
      expect(stdout).toMatch(/^deterministic: \d+ files, [\d,]+ bytes, the same in two runs$/m);
    });
  }
});
