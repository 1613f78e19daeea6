/** What reads a run's results back: show, report, plot, diff, export. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIN, SMALL, Workspace } from '../support/orrery.ts';

const HAS_PROMTOOL = spawnSync('promtool', ['--version']).status === 0;
if (!HAS_PROMTOOL) console.log('promtool is not installed: what is exported is not checked by it');

const workspace = new Workspace();
const read = (...path: readonly string[]): string => readFileSync(workspace.path(...path), 'utf8');

beforeAll(() => {
  workspace.write('s.yaml', SMALL);
  workspace.orrery('run', 's.yaml', '--out', 'one', '--quiet');
  workspace.orrery('run', 's.yaml', '--out', 'same', '--quiet');
  workspace.orrery('run', 's.yaml', '--out', 'other', '--quiet', '--set', 'faults[0].at=30m');
});

afterAll(() => workspace.remove());

describe('orrery show and report', () => {
  it('print the summary again, and where the page lies', () => {
    const { exitCode, stdout } = workspace.orrery('show', 'one');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('small, seed 1')]);
    expect(workspace.orrery('report', 'one')).toMatchObject({ exitCode: 0, stdout: 'one/report.html\n' });
  });

  it.runIf(process.platform === 'linux')('open it', () => {
    mkdirSync(workspace.path('bin'));
    writeFileSync(workspace.path('bin', 'xdg-open'), `#!/bin/sh\necho "$1" > '${workspace.path('opened')}'\n`);
    chmodSync(workspace.path('bin', 'xdg-open'), 0o755);
    const PATH = `${workspace.path('bin')}:${process.env['PATH'] ?? ''}`;
    const args = [MAIN, 'report', 'one', '--open'];
    expect(spawnSync(process.execPath, args, { cwd: workspace.folder, env: { ...process.env, PATH } }).status).toBe(0);
    spawnSync('sh', ['-c', `for i in $(seq 50); do [ -s '${workspace.path('opened')}' ] && break; sleep 0.1; done`]);
    expect(read('opened').trim()).toBe(workspace.path('one', 'report.html'));
  });
});

describe('orrery diff', () => {
  it('finds nothing between two runs of the same', () => {
    const { exitCode, stdout } = workspace.orrery('diff', 'one', 'same');
    expect([exitCode, stdout]).toEqual([0, 'The same events, to the last one.\n']);
  });

  it('says what was asked differently, and the first event that differs, with those before it', () => {
    const { exitCode, stdout } = workspace.orrery('diff', 'one', 'other');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('settings:\n  –\n  faults[0].at=30m');
    const [, seconds = ''] = /They part at ([\d.]+) s, in events\.csv/.exec(stdout) ?? [];
    // The node crashes after 10 minutes, and is missed 50 s later (--node-monitor-grace-period).
    expect(Number(seconds)).toBeGreaterThan(600);
    expect(Number(seconds)).toBeLessThan(670);
    const first = read('one', 'events.csv')
      .split('\n')
      .find((row) => Number.parseFloat(row) > 600);
    expect(stdout).toContain(`- ${(first ?? '').slice(0, 70)}`);
    expect(stdout).toMatch(/^ {2}\d.*$/m);
  });
});

describe('orrery plot', () => {
  it('draws a panel a metric and a line a run, as SVG and as PNG', () => {
    const args = ['plot', 'one', 'other', '--metric', 'nodes_ready', '--metric', 'pods_running', '--out'];
    expect(workspace.orrery(...args, 'p.svg')).toMatchObject({ exitCode: 0, stdout: 'p.svg\n' });
    const svg = read('p.svg');
    expect(svg.match(/stroke-width="1.6"/g)).toHaveLength(4);
    for (const words of ['nodes_ready', 'pods_running', '>one<', '>other<']) expect(svg).toContain(words);
    expect(workspace.orrery(...args, 'p.png').exitCode).toBe(0);
    expect(readFileSync(workspace.path('p.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it.each([
    ['an unknown column', ['one', '--metric', 'pods_runing'], 'did you mean "pods_running"?'],
    ['no column', ['one'], '--metric: is missing'],
    ['no picture', ['one', '--metric', 'nodes', '--out', 'p.gif'], '--out: not a picture'],
    ['no run', ['nowhere', '--metric', 'nodes'], 'no results of a run'],
  ])('refuses %s', (_, args, answer) => {
    const { exitCode, stderr } = workspace.orrery('plot', ...args);
    expect(stderr).toContain(answer);
    expect(exitCode).toBe(2);
  });
});

describe('orrery export openmetrics', () => {
  it('writes what happened under the real components’ names, with calendar time', () => {
    expect(workspace.orrery('export', 'openmetrics', 'one', '--out', 'one.om')).toMatchObject({ exitCode: 0 });
    const lines = read('one.om').split('\n');
    // 2026-01-05T00:00:00Z and twelve minutes: the node is down.
    const at = Date.UTC(2026, 0, 5, 0, 12) / 1000;
    expect(lines).toContain(`kube_node_status_condition{condition="Ready",status="true"} 2 ${at}`);
    for (const name of [
      'scheduler_pending_pods{queue="active"}',
      'kube_pod_status_phase{phase="Running"}',
      'workqueue_depth{name="replicaset"}',
      'apiserver_request_total{verb="POST",request="create"}',
      'scheduler_scheduling_attempt_duration_seconds_bucket{result="scheduled",profile="default-scheduler",le="0.001"}',
    ]) {
      expect([name, lines.some((line) => line.startsWith(name))]).toEqual([name, true]);
    }
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  it.runIf(HAS_PROMTOOL)('is taken by promtool', () => {
    const { status, stdout, stderr } = spawnSync(
      'promtool',
      ['tsdb', 'create-blocks-from', 'openmetrics', workspace.path('one.om'), workspace.path('tsdb')],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('BLOCK ULID');
  });
});
