/** What the heads of committed scenarios say was found. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RunFolder } from '../../src/experiments/results/read-run.ts';
import { simulate } from '../../src/simulate.ts';
import { loadScenario } from '../../src/workloads/scenario.ts';
import { ROOT } from '../support/orrery.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-scenarios-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A pod as pods.csv has it. */
type PodRow = Readonly<Record<string, string>>;

async function podsOf(name: string, set: readonly string[]): Promise<readonly PodRow[]> {
  const out = join(folder, 'run');
  await simulate(loadScenario(join(ROOT, 'scenarios', name), { set }), { out });
  const { columns, rows } = new RunFolder(out).table('pods.csv');
  return rows.map(({ cells }) => Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ''])));
}

describe('volumes.yaml', () => {
  const DRIVER = 'components.storage.drivers["disk.example.com"]';
  const again = async (...set: string[]): Promise<PodRow | undefined> => {
    const pods = await podsOf('volumes.yaml', set);
    expect(pods).toHaveLength(4);
    return pods.find(({ created_seconds: created }) => Number(created) > 960);
  };

  it.each([1, 2, 3])('has the member ready again after 13 minutes, with seed %s', async (seed) => {
    const member = await again(`seed=${seed}`);
    expect(Number(member?.['running_seconds']) - Number(member?.['created_seconds'])).toBeCloseTo(374, -1);
    expect(Number(member?.['ready_seconds']) - 600).toBeCloseTo(800, -1);
  });

  it('adds two minutes with disks that take 30 s to attach, and loses the member with disks of the nodes', async () => {
    const slow = await again(`${DRIVER}.attachLatency.medianMilliseconds=30000`);
    expect(Number(slow?.['ready_seconds']) - 600).toBeCloseTo(922, -1);
    expect(await again(`${DRIVER}.topologyKeys=[kubernetes.io/hostname]`)).toMatchObject({ phase: 'Pending' });
  });
});

describe('controllers/scale-down.yaml', () => {
  it.each([
    ['default', 20],
    ['empty-nodes', 28],
  ])('has, with %s, %s pods of the batch run at once', async (policy, count) => {
    const pods = await podsOf('controllers/scale-down.yaml', [`policies.reconcile.scaleDown=${policy}`, 'duration=9h']);
    const began = pods.filter(
      ({ owner, scheduled_seconds: at }) => owner === 'night' && at !== '' && Number(at) < 28_860,
    );
    expect(began).toHaveLength(count);
  });
});
