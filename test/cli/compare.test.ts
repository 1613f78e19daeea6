/** `orrery compare` as its users run it. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orrery, SMALL, Workspace } from '../support/orrery.ts';

/** Containers of random length, so that seeds differ. */
const VARIED = `${SMALL}  - {at: 20m, kind: node-crash, group: n, count: 1, for: 5m}
`.replace(
  'workloads:',
  `workloads:
  - name: tasks
    generator:
      arrivals: {poisson: {perHour: 30}}
      resources: {cpu: 1, memory: 1Gi}
      lifetime: {exponential: {mean: 10m}}`,
);

const COMPARE = ['compare', 's.yaml', '--vary', 'policies.scoring=least,most', '--seeds', '4'];

describe('orrery compare', () => {
  let workspace: Workspace;

  beforeAll(() => {
    workspace = new Workspace();
    workspace.write('s.yaml', VARIED);
  });

  afterAll(() => workspace.remove());

  const read = (name: string): string => readFileSync(workspace.path(name), 'utf8');

  it('gives the same results to the byte on one thread and on three', () => {
    const one = workspace.orrery(...COMPARE, '--threads', '1', '--out', 'one');
    const three = workspace.orrery(...COMPARE, '--threads', '3', '--out', 'three');
    expect([one.stderr, one.exitCode, three.exitCode]).toEqual(['', 0, 0]);
    for (const file of ['runs.csv', 'comparison.csv', 'comparison.html']) {
      expect(read(`three/${file}`)).toBe(read(`one/${file}`));
    }
    expect(one.stdout.replace('one/', '')).toBe(three.stdout.replace('three/', ''));
    expect(read('one/runs.csv').trim().split('\n')).toHaveLength(1 + 2 * 4);
    for (const line of one.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('gives on each seed what orrery run gives', () => {
    const [header = '', ...rows] = read('one/runs.csv').trim().split('\n');
    const columns = header.split(',');
    const row = (rows.find((line) => line.startsWith('B-3,')) ?? '').split(',');
    workspace.orrery('run', 's.yaml', '--set', 'policies.scoring=most', '--seed', '3', '--out', 'run', '--quiet');
    const summary = JSON.parse(read('run/summary.json')) as Record<string, string> & {
      metrics: Record<string, number | null>;
    };
    expect(row[columns.indexOf('event_stream_hash')]).toBe(summary['event_stream_hash']);
    expect(row[columns.indexOf('scenario_hash')]).toBe(summary['scenario_hash']);
    expect(Number(row[columns.indexOf('api_writes')])).toBe(summary.metrics['api_writes']);
  });

  it('goes on where it was broken off', () => {
    const before = read('one/runs.csv');
    const journal = read('one/runs.jsonl').split('\n');
    // Three runs are there, the fourth is half written.
    writeFileSync(workspace.path('one', 'runs.jsonl'), `${journal.slice(0, 3).join('\n')}\n`);
    appendFileSync(workspace.path('one', 'runs.jsonl'), (journal[3] ?? '').slice(0, 80));
    const { exitCode } = workspace.orrery(...COMPARE, '--threads', '1', '--out', 'one', '--resume');
    expect(exitCode).toBe(0);
    expect(read('one/runs.csv')).toBe(before);
  });

  it('adds seeds until it is sure, and not more than it may', () => {
    const flags = ['--stop-when', 'ci<0.0001%', '--max-seeds', '7', '--threads', '1', '--out', 'more'];
    const { exitCode, stdout } = workspace.orrery(...COMPARE, ...flags);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('7 seeds, 14 runs');
  });

  it('finds no difference at all between equals under different names', () => {
    const same = 'policies.scoring=least,{use: LeastAllocated, with: {resources: [{name: cpu}, {name: memory}]}}';
    const { stdout, exitCode } = workspace.orrery('compare', 's.yaml', '--vary', same, '--seeds', '2', '--out', 'same');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('B: no difference');
    expect(stdout).toMatch(/\d+ metrics are the same in every run/);
  });

  it.each([
    ['nothing to vary', ['compare', 's.yaml'], '--vary: is missing: there is nothing to compare'],
    ['an axis without values', ['compare', 's.yaml', '--vary', 'seed'], 'not an axis'],
    ['one value', ['compare', 's.yaml', '--vary', 'seed=1'], 'one value alone is nothing to compare'],
    ['a value twice', ['compare', 's.yaml', '--vary', 'duration=1h,1h'], 'the value 1h is given twice'],
    ['variants that are one', ['compare', 's.yaml', '--vary', 'duration=1h,60m'], 'the variants A and B are the same'],
    ['one seed', [...COMPARE.slice(0, 4), '--seeds', '1'], '--seeds: one seed is an anecdote'],
    ['an unknown path', ['compare', 's.yaml', '--vary', 'polices.scoring=least,most'], 'policies'],
    ['an unknown policy', ['compare', 's.yaml', '--vary', 'policies.scoring=least,mots'], 'did you mean "most"?'],
    ['a wrong value', ['compare', 's.yaml', '--vary', 'duration=1h,soon'], '--vary duration=soon: duration: not a'],
    ['an unknown metric', [...COMPARE, '--metric', 'pods_redy'], 'did you mean "pods_ready"?'],
    ['a share that is none', [...COMPARE, '--margin', 'little'], '--margin: not a share'],
    ['a wrong stop', [...COMPARE, '--stop-when', 'sure'], '--stop-when: not a share'],
  ])('refuses %s', (_, args, answer) => {
    const { exitCode, stderr, stdout } = workspace.orrery(...args, '--out', 'refused');
    expect(stderr).toContain(answer);
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it('takes a policy from the folder one is in', () => {
    const policy = "family: 'scoring', name: 'even', params: (zod) => zod.strictObject({}),";
    mkdirSync(workspace.path('elsewhere'));
    workspace.write(
      'elsewhere/even.mjs',
      `export const policy = { ${policy} create: () => ({ name: 'even', score: () => 0 }) };`,
    );
    const vary = ['--vary', 'policies.scoring=least,./even.mjs', '--seeds', '2', '--until', '5m', '--out', 'even'];
    const { exitCode, stderr, stdout } = orrery(['compare', '../s.yaml', ...vary], workspace.path('elsewhere'));
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(stdout).toContain('policies.scoring=./elsewhere/even.mjs');
  });

  it('says which run it was that failed', () => {
    workspace.write(
      'bad.mjs',
      `export const policy = {
  family: 'scoring', name: 'bad', params: (zod) => zod.strictObject({}),
  create: () => ({ name: 'bad', score: () => { throw new Error('out of ideas'); } }),
};`,
    );
    const { exitCode, stderr } = workspace.orrery('compare', 's.yaml', '--vary', 'policies.scoring=least,./bad.mjs');
    expect(stderr).toContain('variant B (policies.scoring=./bad.mjs), seed 1: ');
    expect(stderr).toContain('out of ideas');
    expect(exitCode).toBe(2);
  });
});
