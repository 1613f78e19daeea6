import { describe, expect, it } from 'vitest';
import type { KubeletSettings } from '../settings.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';
import { sharedRates } from './pull-rates.ts';

const running = ({ phase }: Seen): boolean => phase === 'Running';

/** From the kubelet's sight of a pod to its containers' start, without pulls: sandbox, creation, relist. */
const START = 3;

/** Of 400 MB at 100 MB/s and 0.5 s before: 4.5 s, drawn within ±20 %. */
const IMAGES = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}:1`, 400e6]));
const PULL = 4.5;

function runs(settings: Partial<KubeletSettings>, names: readonly string[], until = 300): number[] {
  const bench = new Bench({ imagesPresent: 'none', imageBytes: IMAGES, ...settings }).start();
  for (const name of names) bench.pod(name, { container: { image: `${name}:1` } });
  bench.until(until);
  return names.map((name) => bench.when(name, running));
}

describe('pulls on a node', () => {
  // k-th in the queue: k pulls of 3.6 to 5.4 s each.
  it('queue one behind the other where they are serialised', () => {
    const times = runs({}, ['a', 'b', 'c', 'd']).sort((x, y) => x - y);
    for (const [index, time] of times.entries()) {
      expect(time).toBeGreaterThan((index + 1) * PULL * 0.8);
      expect(time).toBeLessThan((index + 1) * PULL * 1.2 + START);
    }
  });

  // All four share the node's bandwidth: each takes as long as all of them one after the other, but for the spread.
  it('share the bandwidth where they go side by side', () => {
    const times = runs({ serializeImagePulls: false }, ['a', 'b', 'c', 'd']);
    expect(Math.min(...times)).toBeGreaterThan(4 * PULL * 0.8);
    expect(Math.max(...times)).toBeLessThan(4 * PULL * 1.2 + START);
  });

  it('go no more than maxParallelImagePulls at a time', () => {
    const times = runs({ serializeImagePulls: false, maxParallelImagePulls: 2 }, ['a', 'b', 'c', 'd']).sort(
      (x, y) => x - y,
    );
    expect(times[0]).toBeGreaterThan(2 * PULL * 0.8);
    expect(times[1]).toBeLessThan(2 * PULL * 1.2 + START);
    expect(times[2]).toBeGreaterThan(3 * PULL * 0.8);
  });

  it('fetch only the layers that no image of the node has', () => {
    const imageLayers = { 'a:1': { base: 380e6, a: 20e6 }, 'b:1': { base: 380e6, b: 20e6 } };
    const [a = 0, b = 0] = runs({ imageLayers }, ['a', 'b']);
    const first = Math.min(a, b);
    expect(first).toBeGreaterThan(PULL * 0.8);
    // 0.5 s + 20 MB: 0.7 s.
    expect(Math.max(a, b) - first).toBeLessThan(0.7 * 1.2 + 1.2);
  });

  it('fail where the kubelet allows itself no more, and are tried again behind a back-off', () => {
    const times = runs({ registryPullQps: 0.1, registryPullBurst: 2, serializeImagePulls: false }, [
      'a',
      'b',
      'c',
      'd',
    ]);
    // Two go at once; the next look at the others comes after 10 to 16 s.
    expect(times.filter((time) => time < 2 * PULL * 1.2 + START)).toHaveLength(2);
    expect(Math.max(...times)).toBeLessThan(300);
    expect(times.filter((time) => time > 10 + PULL * 0.8)).toHaveLength(2);
  });
});

describe('a pull that fails', () => {
  // Looks at a failing pod come every 10 to 16 s; a pull is tried again at the first one at or after the back-off's end:
  // 10, 20, 40, 80 … 300 s after the failure before it.
  it('is tried again behind a back-off of 10 s that doubles, as ErrImagePull and ImagePullBackOff say', () => {
    const bench = new Bench({ imagesPresent: 'none', imagesMissing: ['nowhere:1'] }).start();
    bench.pod('a', { container: { image: 'nowhere:1' } });
    const tries: number[] = [];
    for (let time = 1; time < 900; time++) {
      const before = bench.reasons.length;
      bench.until(time);
      if (bench.reasons.slice(before).includes('a Pulling')) tries.push(time);
    }
    const waits = tries.slice(1).map((time, index) => time - (tries[index] as number));
    for (const [index, nominal] of [10, 20, 40, 80, 160, 300].entries()) {
      // Seconds are whole here, and the registry answers within 0.6 s.
      expect(waits[index], `wait ${index + 1}`).toBeGreaterThanOrEqual(nominal - 1);
      expect(waits[index], `wait ${index + 1}`).toBeLessThanOrEqual(nominal + 16 + 2);
    }
    const states = new Set(bench.seen.get('a')?.map(({ state }) => state));
    expect(states).toContain('ErrImagePull');
    expect(states).toContain('ImagePullBackOff');
    expect(bench.get('a')?.status.phase).toBe('Pending');
  });

  it('does not keep the pod from the containers whose images are there', () => {
    const bench = new Bench({ imagesPresent: ['app:1'], imagesMissing: ['nowhere:1'] }).start();
    const containers = [
      { name: 'x', image: 'nowhere:1' },
      { name: 'y', image: 'app:1' },
    ];
    bench.pod('a', { containers });
    bench.until(30);
    const [x, y] = bench.get('a')?.status.containerStatuses ?? [];
    expect(x?.state.waiting).toBeDefined();
    expect(y?.state.running).toBeDefined();
  });

  it('is what a registry outage leaves of every pull, until it is over', () => {
    const bench = new Bench({ imagesPresent: 'none' }).start();
    bench.kubelets.setRegistry(false);
    bench.pod('a');
    bench.until(100);
    expect(bench.get('a')?.status.phase).toBe('Pending');
    bench.kubelets.setRegistry(true);
    bench.until(400);
    expect(bench.get('a')?.status.phase).toBe('Running');
  });

  it('stays where imagePullPolicy is Never', () => {
    const bench = new Bench({ imagesPresent: 'none' }).start();
    bench.pod('a', { container: { imagePullPolicy: 'Never' } });
    bench.until(100);
    expect(bench.seen.get('a')?.at(-1)?.state).toBe('ErrImageNeverPull');
  });
});

describe('rates of pulls', () => {
  it('are shares of the nodes where the registry has no limit', () => {
    expect(
      sharedRates(
        [
          { share: 0.5, bytesPerSecond: 100 },
          { share: 1, bytesPerSecond: 50 },
        ],
        0,
      ),
    ).toEqual([0.5, 1]);
  });

  it('leave to the others what one cannot use of an equal part of the registry', () => {
    const fetching = [10, 100, 100].map((bytesPerSecond) => ({ share: 1, bytesPerSecond }));
    // 110 a second: 10 for the first, 50 each for the others.
    expect(sharedRates(fetching, 110)).toEqual([1, 0.5, 0.5]);
  });
});
