import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workspace } from '../support/orrery.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = new Workspace();
  workspace.write('small.yaml', SMALL);
});

afterAll(() => workspace.remove());

const read = (...names: readonly string[]): string => readFileSync(workspace.path(...names), 'utf8');

const hash = (folder: string): unknown =>
  (JSON.parse(read(folder, 'summary.json')) as { event_stream_hash: unknown }).event_stream_hash;

const ALL = [
  'controlplane.csv',
  'decisions.csv',
  'events.csv',
  'metrics.prom',
  'nodes.csv',
  'performance.json',
  'pods.csv',
  'report.html',
  'summary.json',
  'timeseries.csv',
  'trace.json',
];

describe('the results of a run', () => {
  it('lie in reports/<scenario>, whole, and the summary says where', () => {
    const { exitCode, stdout, stderr } = workspace.orrery('run', 'small.yaml');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(readdirSync(workspace.path('reports', 'small')).sort()).toEqual(ALL);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('report: reports/small/report.html');
  });

  it('are summed up on a terminal of 80 columns and 24 lines, without escape codes in a pipe', () => {
    const lines = workspace.orrery('run', 'small.yaml', '--out', 'piped').stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(23);
    for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{0,80}$/);
  });

  it('take the place of those of an earlier run, and of nothing else', () => {
    mkdirSync(workspace.path('again'));
    workspace.write('again/notes.txt', 'mine');
    workspace.orrery('run', 'small.yaml', '--out', 'again');
    const set = ['--set', 'measurement.outputs.trace=false', '--set', 'measurement.outputs.pods=false'];
    expect(workspace.orrery('run', 'small.yaml', '--out', 'again', ...set)).toMatchObject({ exitCode: 0 });
    expect(existsSync(workspace.path('again', 'trace.json'))).toBe(false);
    expect(existsSync(workspace.path('again', 'pods.csv'))).toBe(false);
    expect(read('again', 'notes.txt')).toBe('mine');
  });

  it('do not depend on the queue, on how heartbeats are simulated, or on checks', () => {
    workspace.orrery('run', 'small.yaml', '--out', 'as-usual');
    const other = ['--queue', 'fastpriorityqueue', '--heartbeats', 'plain', '--check', '--quiet'];
    expect(workspace.orrery('run', 'small.yaml', '--out', 'plain', ...other)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    expect(hash('plain')).toBe(hash('as-usual'));
    for (const name of ['pods.csv', 'nodes.csv', 'events.csv', 'decisions.csv', 'timeseries.csv']) {
      expect([name, read('plain', name)]).toEqual([name, read('as-usual', name)]);
    }
  });

  it('depend on the seed', () => {
    workspace.orrery('run', 'small.yaml', '--out', 'seed-1', '--seed', '1');
    workspace.orrery('run', 'small.yaml', '--out', 'seed-2', '--seed', '2');
    expect(hash('seed-1')).toBe(hash('as-usual'));
    expect(hash('seed-2')).not.toBe(hash('as-usual'));
  });

  it('come with the words of the API server for what it refused', () => {
    const again = SMALL.replace(
      'faults:',
      `  - {name: gone, at: 1m, delete: [{kind: Deployment, name: web}]}
  - {name: late, at: 20m, delete: [{kind: Deployment, name: web}]}
faults:`,
    );
    workspace.write('refused.yaml', again);
    const { exitCode, stdout, stderr } = workspace.orrery('run', 'refused.yaml', '--out', 'refused');
    expect(exitCode).toBe(0);
    const warning = stderr.replaceAll(/\s+/g, ' ');
    expect(warning).toMatch(/^warning: the API server refused a request at 20m\S*, late: .*"web" not found $/);
    expect(stdout).toContain('1 of users refused');
  });

  it('end where --until says', () => {
    workspace.orrery('run', 'small.yaml', '--out', 'short', '--until', '12m30s');
    expect(JSON.parse(read('short', 'summary.json'))).toMatchObject({ simulated_seconds: 750, partial: false });
  });

  it('have counts that agree: the summary, the pods and the last point in time', () => {
    const { metrics } = JSON.parse(read('as-usual', 'summary.json')) as { metrics: Record<string, number> };
    const rows = read('as-usual', 'pods.csv').trimEnd().split('\n').slice(1);
    expect(rows).toHaveLength(metrics['pods_created'] ?? -1);
    const [header = '', ...points] = read('as-usual', 'timeseries.csv').trimEnd().split('\n');
    const last = points.at(-1)?.split(',') ?? [];
    const column = (name: string): number => Number(last[header.split(',').indexOf(name)]);
    expect(column('pods_running')).toBe(metrics['pods_running']);
    expect(column('pods_created_total')).toBe(metrics['pods_created']);
  });
});
