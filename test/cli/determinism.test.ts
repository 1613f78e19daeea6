import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { orrery, ROOT, Workspace } from '../support/orrery.ts';

/** Until something has gone wrong, in small clusters; until there is enough to compare, in large ones. */
const UNTIL: Readonly<Record<string, string>> = {
  'quickstart.yaml': '10h',
  'failures.yaml': '3h',
  'large.yaml': '4s',
  'idle.yaml': '2s',
  'openb-1000.yaml': '20s',
  'zone-outage-traffic.yaml': '10m5s',
};

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
    it.skipIf(needsData && !existsSync(data))(`gives the same bytes in two runs: ${file}`, () => {
      const workspace = new Workspace();
      const args = ['run', path, '--until', UNTIL[file] ?? '10m', '--check-determinism', '--check', '--out'];
      const { exitCode, stdout, stderr } = orrery([...args, workspace.path('out')]);
      workspace.remove();
      expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('differ')]);
      expect(stdout).toMatch(/^deterministic: \d+ files, [\d,]+ bytes, the same in two runs$/m);
    });
  }
});
