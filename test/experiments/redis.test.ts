/** Sweeps on workers behind a real redis-server, while workers and Redis itself are killed. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MAIN, SMALL, Workspace } from '../support/orrery.ts';
import type { Answer } from '../support/orrery.ts';
import { HAS_REDIS, RedisServer } from '../support/redis.ts';

const EXPERIMENT = (duration: string, seeds: number): string => `apiVersion: orrery.dev/v1alpha1
kind: Experiment
metadata: {name: two}
scenario: s.yaml
set: {duration: ${duration}}
seeds: ${seeds}
axes: [{path: policies.scoring, values: [least, most]}]
`;

const BAD = `export const policy = {
  family: 'scoring', name: 'bad', params: (zod) => zod.strictObject({}),
  create: () => ({ name: 'bad', score: () => { throw new Error('out of ideas'); } }),
};`;

if (!HAS_REDIS) console.log('redis-server is not installed: the tests of sweeps on Redis are skipped');

describe.skipIf(!HAS_REDIS)('a sweep on Redis', { timeout: 400_000 }, () => {
  const workspace = new Workspace();
  const children = new Set<ChildProcess>();
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
    workspace.write('s.yaml', SMALL);
    workspace.write('e.yaml', EXPERIMENT('12h', 8));
  });

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
  });

  afterAll(async () => {
    await redis.kill();
    workspace.remove();
  });

  const start = (...args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: workspace.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  const worker = (): ChildProcess => start('worker', '--redis', redis.url, '--threads', '1', '--lock', '1s', '--quiet');
  const sweep = (out: string, file = 'e.yaml'): Promise<Answer> => {
    const child = start('sweep', file, '--redis', redis.url, '--out', out);
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) child[name]?.on('data', (data) => (texts[name] += String(data)));
    return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, ...texts })));
  };
  const read = (...path: readonly string[]): string => readFileSync(workspace.path(...path), 'utf8');
  const journaled = (out: string): number => {
    try {
      return read(out, 'runs.jsonl').split('\n').length - 1;
    } catch {
      return 0;
    }
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await sleep(30);
  };

  it('loses and doubles nothing while its workers are killed', async () => {
    workspace.orrery('sweep', 'e.yaml', '--threads', '1', '--out', 'alone');
    const workers = [worker(), worker(), worker()];
    const answer = sweep('killed');
    let ended = false;
    void answer.then(() => (ended = true));
    let kills = 0;
    for (let progress = 0; !ended; kills++) {
      // One dies each time that some more runs are done, in the midst of its next one.
      await until(() => ended || journaled('killed') >= progress + 3);
      progress = journaled('killed');
      workers[kills % workers.length]?.kill('SIGKILL');
      workers[kills % workers.length] = worker();
    }
    const { exitCode, stderr } = await answer;
    expect([exitCode, stderr.replace(/^note: .*\n/gm, '')]).toEqual([0, '']);
    expect(kills).toBeGreaterThanOrEqual(3);
    for (const file of ['runs.csv', 'comparison.csv']) expect(read('killed', file)).toBe(read('alone', file));
    const keys = read('killed', 'runs.jsonl')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { key: string }).key);
    expect([keys.length, new Set(keys).size]).toEqual([16, 16]);
  });

  it('goes on where Redis is killed and comes back empty', async () => {
    worker();
    const answer = sweep('restarted');
    await until(() => journaled('restarted') >= 4);
    await redis.kill();
    await sleep(500);
    await redis.begin();
    expect((await answer).exitCode).toBe(0);
    expect(read('restarted', 'runs.csv')).toBe(read('alone', 'runs.csv'));
  });

  it('reports a run that fails wherever it is tried, and keeps the others', async () => {
    workspace.write('bad.mjs', BAD);
    workspace.write('bad.yaml', EXPERIMENT('1h', 2).replace('most', './bad.mjs'));
    worker();
    const { exitCode, stderr } = await sweep('bad', 'bad.yaml');
    expect(stderr).toMatch(/variant B \(policies\.scoring=\.\/bad\.mjs\), seed [12]: /);
    expect(stderr).toContain('out of ideas');
    expect(stderr).toContain('given up after 3 tries');
    expect(exitCode).toBe(2);
  });

  it('refuses workers of another version, and as a worker a sweep of another version', async () => {
    await redis.kill();
    await redis.begin();
    await redis.set('orrery:workers:x', '0.0.1+other');
    const refused = await sweep('refused');
    expect(refused.stderr).toContain('the workers are of another version');
    expect([refused.exitCode, refused.stderr.includes('0.0.1+other')]).toEqual([2, true]);
    await redis.set('orrery:coordinators:x', '0.0.1+other');
    const strange = workspace.orrery('worker', '--redis', redis.url);
    expect(strange.stderr).toContain('a sweep of another version of the program waits there');
    expect(strange.exitCode).toBe(2);
  });
});

describe('a Redis that is not there', () => {
  it.each([
    ['nobody answers', 'redis://127.0.0.1:9', 'no Redis answers there'],
    ['the address is none', '127.0.0.1', 'not an address of a Redis'],
  ])('is told: %s', (_, url, answer) => {
    const workspace = new Workspace();
    workspace.write('s.yaml', SMALL);
    workspace.write('e.yaml', EXPERIMENT('1h', 2));
    const { exitCode, stderr } = workspace.orrery('sweep', 'e.yaml', '--redis', url);
    expect(stderr).toContain(answer);
    expect(exitCode).toBe(2);
    workspace.remove();
  });
});
