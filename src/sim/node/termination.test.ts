import { describe, expect, it } from 'vitest';
import type { Pod } from '../api/core.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const gone = (seen: Seen): boolean => seen.gone;
const DAY = Date.parse('2026-01-01T00:00:00Z');

/** Seconds at which each container of a pod ended, as the last status before it went says. */
function ends(pod: Pod | undefined): Record<string, number> {
  const statuses = [...(pod?.status.initContainerStatuses ?? []), ...(pod?.status.containerStatuses ?? [])];
  return Object.fromEntries(
    statuses.map(({ name, state }) => [name, (Date.parse(state.terminated?.finishedAt ?? '') - DAY) / 1000]),
  );
}

/** Deletes the pod at 20 s and answers its last state before it was removed. */
function lastOf(bench: Bench, name: string, until: number): Pod | undefined {
  let last: Pod | undefined;
  bench.until(20);
  bench.delete(name);
  for (let time = 20; time < until; time += 0.1) {
    bench.until(time);
    last = bench.get(name) ?? last;
  }
  return last;
}

describe('sidecars', () => {
  const initContainers = ['first', 'second'].map((name) => ({
    name,
    image: 'app:1',
    restartPolicy: 'Always' as const,
  }));

  it('stop after the main containers, the one that was started last before the one that was started first', () => {
    const bench = new Bench().start();
    bench.pod('a', { initContainers, annotations: { 'orrery.dev/termination-time': '5s' } });
    // The main container takes 5 s, each sidecar the kubelet's 1 s.
    const at = ends(lastOf(bench, 'a', 60));
    expect(at['c']).toBe(25);
    expect(at['second']).toBe(26);
    const left = bench.when('a', gone);
    expect(left).toBeGreaterThan(27);
    expect(left).toBeLessThan(28.2);
  });

  it('share the grace period: one whose turn comes late has two seconds left', () => {
    const bench = new Bench().start();
    const annotations = { 'orrery.dev/termination-time': '60s', 'orrery.dev/termination-time.first': '60s' };
    bench.pod('a', { initContainers: initContainers.slice(0, 1), annotations, terminationGracePeriodSeconds: 10 });
    bench.until(20);
    bench.delete('a');
    bench.until(60);
    // 10 s for the main container, then the least a container is given: 2 s; and the relist.
    expect(bench.when('a', gone) - 20).toBeGreaterThan(12);
    expect(bench.when('a', gone) - 20).toBeLessThan(13.2);
  });

  it('are stopped when the work is done, which only then counts as done', () => {
    const bench = new Bench().start();
    const annotations = { 'orrery.dev/duration': '20s', 'orrery.dev/termination-time.first': '6s' };
    bench.pod('a', { initContainers: initContainers.slice(0, 1), annotations, restartPolicy: 'Never' });
    bench.until(60);
    const pod = bench.get('a') as Pod;
    expect(pod.status.phase).toBe('Succeeded');
    const at = ends(pod);
    // The kubelet sees the end within a second and then has the sidecar stop.
    expect((at['first'] as number) - (at['c'] as number)).toBeGreaterThanOrEqual(6);
    expect((at['first'] as number) - (at['c'] as number)).toBeLessThanOrEqual(8);
  });

  it('run as long as the pod, and start again if they end', () => {
    const bench = new Bench().start();
    bench.pod('a', { initContainers: initContainers.slice(0, 1), annotations: { 'orrery.dev/duration.first': '8s' } });
    bench.until(60);
    const [first] = bench.get('a')?.status.initContainerStatuses ?? [];
    expect(first?.restartCount).toBeGreaterThanOrEqual(2);
    expect(bench.get('a')?.status.phase).toBe('Running');
  });
});

describe('init containers', () => {
  it('take as long as is said of each, and a second where nothing is', () => {
    const bench = new Bench().start();
    const initContainers = ['fast', 'slow'].map((name) => ({ name, image: 'app:1' }));
    bench.pod('a', { initContainers, annotations: { 'orrery.dev/duration.slow': '20s' } });
    bench.until(60);
    const ready = bench.when('a', (seen) => seen.ready);
    expect(ready).toBeGreaterThan(21);
    expect(ready).toBeLessThan(26);
  });

  it('that fail keep the pod from its main containers, behind the back-off', () => {
    const bench = new Bench().start();
    const initContainers = [{ name: 'init', image: 'app:1' }];
    bench.pod('a', { initContainers, annotations: { 'orrery.dev/exit-code.init': '1' } });
    bench.until(300);
    const { status } = bench.get('a') as Pod;
    expect(status.phase).toBe('Pending');
    expect(status.initContainerStatuses?.[0]?.restartCount).toBeGreaterThanOrEqual(4);
    expect(status.containerStatuses?.[0]?.state.waiting?.reason).toBe('PodInitializing');
  });
});

it('counts what a preStop hook takes against the grace period, in whole seconds, and leaves two seconds at least', () => {
  const bench = new Bench().start();
  const annotations = { 'orrery.dev/pre-stop-time': '9500ms', 'orrery.dev/termination-time': '60s' };
  const lifecycle = { preStop: { exec: { command: ['true'] } } };
  bench.pod('a', { annotations, container: { lifecycle }, terminationGracePeriodSeconds: 10 });
  bench.until(20);
  bench.delete('a');
  bench.until(60);
  // 9.5 s of hook; 10 − 9 = 1 s would be left, so it is given 2 s; and the relist.
  expect(bench.when('a', gone) - 20).toBeGreaterThan(11.5);
  expect(bench.when('a', gone) - 20).toBeLessThan(12.7);
});

it('ends a pod that waits behind its back-off, even where it was about to be looked at', () => {
  const bench = new Bench().start();
  const annotations = { 'orrery.dev/duration': '1s', 'orrery.dev/exit-code': '1' };
  const names = Array.from({ length: 40 }, (_, index) => `p${index}`);
  for (const name of names) bench.pod(name, { annotations, container: { resources: {} } });
  bench.until(40);
  // Their next looks come at all times of the seconds that follow.
  for (const [index, name] of names.entries()) {
    bench.until(40 + index / 2);
    bench.delete(name);
  }
  bench.until(120);
  expect(names.filter((name) => bench.get(name) !== undefined)).toEqual([]);
});

describe('a kubelet that is restarted', () => {
  it('takes its pods up as they run: none is started again, and those with readiness probes are unready until looked at', () => {
    const bench = new Bench().start();
    bench.pod('plain');
    bench.pod('probed', { container: { readinessProbe: { exec: {}, periodSeconds: 10 } } });
    bench.until(30);
    const started = bench.reasons.filter((reason) => reason.endsWith('Started')).length;
    bench.kubelets.restartKubelet('n0');
    bench.until(60);
    expect(bench.reasons.filter((reason) => reason.endsWith('Started'))).toHaveLength(started);
    expect(bench.get('plain')?.status.containerStatuses?.[0]?.restartCount).toBe(0);
    // It is back after 3 s, and its probe looks first some time within its period.
    const out = bench.when('probed', (seen) => seen.at > 30 && !seen.ready);
    const back = bench.when('probed', (seen) => seen.at > out && seen.ready);
    expect(out).toBeGreaterThan(33);
    expect(out).toBeLessThan(34.2);
    expect(back).toBeLessThan(33 + 10 + 0.2);
  });

  it('comes to what was said meanwhile', () => {
    const bench = new Bench().start();
    bench.pod('a');
    bench.until(30);
    bench.kubelets.restartKubelet('n0');
    bench.delete('a');
    bench.pod('b');
    bench.until(60);
    expect(bench.get('a')).toBeUndefined();
    expect(bench.get('b')?.status.phase).toBe('Running');
  });
});
