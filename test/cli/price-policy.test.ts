import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orrery, Workspace } from '../support/orrery.ts';

const SCENARIO = 'scenarios/custom-policies/price.yaml';

let workspace: Workspace;
beforeAll(() => {
  workspace = new Workspace();
});
afterAll(() => workspace.remove());

/** Pods of the shop on machines of each group. */
function groups(...more: readonly string[]): Readonly<Record<string, number>> {
  const out = workspace.path(`run-${more.length}`);
  expect(orrery(['run', SCENARIO, '--out', out, '--quiet', ...more])).toMatchObject({ exitCode: 0, stderr: '' });
  const counts: Record<string, number> = {};
  for (const [group] of readFileSync(`${out}/pods.csv`, 'utf8').matchAll(/\b(?:spot|on-demand)(?=-\d+\b)/g)) {
    counts[group] = (counts[group] ?? 0) + 1;
  }
  return counts;
}

describe('the scorer of the README that looks at prices', () => {
  it('fills the cheap machines before it turns to the dear ones', () => {
    expect(groups()).toEqual({ spot: 24, 'on-demand': 6 });
  });

  it('is what makes the difference', () => {
    expect(groups('--set', 'policies.scoring={use: default}')).toEqual({ spot: 15, 'on-demand': 15 });
  });
});
