/** `orrery sweep` as a process of its own: the same results wherever it runs, in parts, and after it was broken off. */
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workspace } from '../support/orrery.ts';

const EXPERIMENT = `apiVersion: orrery.dev/v1alpha1
kind: Experiment
metadata: {name: sizes, description: How many nodes are enough?}
scenario: s.yaml
seeds: 3
axes:
  - {name: scoring, path: policies.scoring, values: [least, most]}
  - {name: nodes, path: cluster.nodeGroups.n.count, values: [3, 2]}
metrics: [create_to_running_p99_seconds, cpu_requested_mean_ratio]
objectives:
  - {metric: nodes, goal: min}
  - {metric: create_to_running_p99_seconds, goal: min}
constraints:
  - {metric: pods_never_scheduled, atMost: 0}
`;

const workspace = new Workspace();
const sweep = (out: string, ...flags: readonly string[]): ReturnType<typeof workspace.orrery> =>
  workspace.orrery('sweep', 'e.yaml', '--out', out, ...flags);
const read = (...path: readonly string[]): string => readFileSync(workspace.path(...path), 'utf8');

beforeAll(() => {
  workspace.write('s.yaml', SMALL);
  workspace.write('e.yaml', EXPERIMENT);
  sweep('one', '--threads', '1', '--quiet');
});

afterAll(() => workspace.remove());

describe('orrery sweep', () => {
  it('writes the same bytes on several threads, and says what it came to', () => {
    const { exitCode, stdout } = sweep('two', '--threads', '2');
    expect(exitCode).toBe(0);
    for (const file of ['runs.csv', 'runs.parquet', 'comparison.csv', 'comparison.html']) {
      expect([file, read('two', file) === read('one', file)]).toEqual([file, true]);
    }
    expect(stdout).toContain('sizes: 4 variants, 3 seeds, 12 runs');
    expect(stdout).toContain('constraints: pods_never_scheduled ≤ 0');
    expect(stdout).toMatch(/^B {3}least, 2 .* (front|not kept)$/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('writes runs as Parquet, with what each of them was', async () => {
    const bytes = readFileSync(workspace.path('one', 'runs.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const rows = (await parquetReadObjects({ file })) as Record<string, unknown>[];
    const [header = '', ...lines] = read('one', 'runs.csv').trim().split('\n');
    expect(rows).toHaveLength(lines.length);
    expect(Object.keys(rows[0] ?? {})).toEqual(header.split(','));
    expect(rows.map((row) => row['run'])).toEqual(
      ['1', '2', '3'].flatMap((seed) => ['A', 'B', 'C', 'D'].map((letter) => `${letter}-${seed}`)),
    );
    expect(rows[5]).toMatchObject({ parameter_scoring: 'least', parameter_nodes: '2', seed: '2', nodes: 2 });
    for (const column of ['scenario_hash', 'event_stream_hash', 'code_version']) {
      expect(rows.every((row) => /^[\da-f.+]+$/.test(String(row[column])))).toBe(true);
    }
    expect(new Set(rows.map((row) => row['scenario_hash'])).size).toBe(12);
  });

  it('is put together from shards', () => {
    for (const shard of ['0/3', '1/3', '2/3']) {
      const { exitCode } = sweep('parts', '--shard', shard, '--resume', '--threads', '1', '--quiet');
      expect(exitCode).toBe(0);
    }
    const journals = ['0', '1', '2'].map((i) => read('parts', `runs-${i}.jsonl`).trim().split('\n').length);
    expect(journals).toEqual([4, 4, 4]);
    expect(sweep('parts', '--resume', '--quiet').exitCode).toBe(0);
    expect(read('parts', 'runs.csv')).toBe(read('one', 'runs.csv'));
  });

  it('keeps its runs where the disk is full, and goes on from them', () => {
    workspace.orrery('sweep', 'e.yaml', '--out', 'full', '--shard', '0/1', '--threads', '1', '--quiet');
    symlinkSync('/dev/full', workspace.path('full', 'runs.csv.partial'));
    const { exitCode, stderr } = sweep('full', '--resume', '--threads', '1');
    expect(stderr).toContain('no space is left on the device');
    expect(exitCode).toBe(2);
    rmSync(workspace.path('full', 'runs.csv.partial'), { force: true });
    expect(sweep('full', '--resume', '--quiet').exitCode).toBe(0);
    expect(read('full', 'runs.csv')).toBe(read('one', 'runs.csv'));
  });

  it('prints the manifest of an Indexed Job', () => {
    const { exitCode, stdout } = sweep('none', '--engine', 'kubernetes', '--print', '--shards', '20');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('completionMode: Indexed');
    expect(stdout).toContain('completions: 20');
    expect(stdout).toContain('$(JOB_COMPLETION_INDEX)/20');
    workspace.write('job.yaml', stdout);
    expect(workspace.orrery('validate', 'job.yaml')).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['one seed', ['--seeds', '1'], 'seeds: one seed is an anecdote'],
    ['an engine that is none', ['--engine', 'cluster'], 'allowed: threads, redis, kubernetes'],
    ['a shard that is none', ['--shard', '4/4'], '--shard: not a part'],
    ['redis without an address', ['--engine', 'redis'], '--redis: is missing'],
    ['kubernetes without --print', ['--engine', 'kubernetes'], 'only writes the manifest'],
    ['a Job of no pods', ['--engine', 'kubernetes', '--print', '--shards', '0'], '--shards: nothing would be run'],
  ])('refuses %s', (_, flags, answer) => {
    const { exitCode, stderr } = sweep('refused', ...flags);
    expect(stderr).toContain(answer);
    expect(exitCode).toBe(2);
  });
});

describe('orrery compare --warm-up mser', () => {
  it('says what it leaves out, and by what method', () => {
    const flags = ['--vary', 'policies.scoring=least,most', '--seeds', '2', '--warm-up', 'mser', '--out', 'warm'];
    const { exitCode, stdout } = workspace.orrery('compare', 's.yaml', ...flags);
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /warm-up: .*MSER-5 of pods_running, cpu_requested_ratio, pods_pending in 2 runs/,
    );
  });
});

describe('orrery reproduce', () => {
  it('finds the same in a run of a study, and of orrery run', () => {
    expect(workspace.orrery('reproduce', 'one', 'C-2')).toMatchObject({ exitCode: 0 });
    workspace.orrery(
      'run',
      's.yaml',
      '--set',
      'policies.scoring=most',
      '--seed',
      '9',
      '--until',
      '20m',
      '--out',
      'run',
      '--quiet',
    );
    const { exitCode, stdout } = workspace.orrery('reproduce', 'run');
    expect(stdout).toMatch(/^run: the same, events [\da-f]+$/m);
    expect(exitCode).toBe(0);
  });

  it('says what differs', () => {
    const path = workspace.path('run', 'summary.json');
    const hash = (JSON.parse(readFileSync(path, 'utf8')) as { event_stream_hash: string }).event_stream_hash;
    writeFileSync(path, readFileSync(path, 'utf8').replace(hash, 'feedfacecafebeef'));
    const { exitCode, stdout } = workspace.orrery('reproduce', 'run');
    expect(stdout).toContain(`events: feedfacecafebeef then, ${hash} now`);
    expect(exitCode).toBe(1);
  });

  it.each([
    ['a study without a run', ['one'], 'a study has many runs: name one of them'],
    ['a run that is not there', ['one', 'Z-9'], 'no such run'],
    ['a folder that is not there', ['nowhere'], 'no results of a run'],
  ])('refuses %s', (_, args, answer) => {
    const { exitCode, stderr } = workspace.orrery('reproduce', ...args);
    expect(stderr).toContain(answer);
    expect(exitCode).toBe(2);
  });
});
