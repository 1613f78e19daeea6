import { describe, expect, it } from 'vitest';
import type { KubeletSettings } from '../settings.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const running = ({ phase }: Seen): boolean => phase === 'Running';

/** A bench whose kubelet reports one pod after the other, and what it asks of the server. */
function serial(settings: Partial<KubeletSettings> = {}): { bench: Bench; requests: string[] } {
  const bench = new Bench({ serialStatusUpdates: true, ...settings });
  const requests: string[] = [];
  bench.server.observeRequests(({ verb, kind, name }, result) => {
    if (kind === 'Pod' && verb !== 'create') requests.push(`${verb} ${name}${result.ok ? '' : ' refused'}`);
  });
  return { bench: bench.start(), requests };
}

const pods = (bench: Bench, count: number): string[] => {
  const names = Array.from({ length: count }, (_, i) => `p${i}`);
  for (const name of names) bench.pod(name, { container: { resources: {} } });
  return names;
};

describe('a kubelet that reports one pod after the other', () => {
  it('reads each before it writes', () => {
    const { bench, requests } = serial();
    pods(bench, 3);
    bench.until(30);
    expect(requests).toHaveLength(12);
    for (let i = 0; i < requests.length; i += 2) {
      expect(requests[i]).toMatch(/^get/);
      expect(requests[i + 1]).toBe(requests[i]?.replace('get', 'update'));
    }
  });

  // Ten pods, two updates each, two requests an update: forty, less those of news that are told together with the next, of
  // which ten go at once and five every second. With one request an update they are through after two seconds.
  it('uses its limit of requests up', () => {
    const last = (serialStatusUpdates: boolean): number => {
      const { bench } = serial({ qps: 5, burst: 10, serialStatusUpdates });
      const names = pods(bench, 10);
      bench.until(60);
      return Math.max(...names.map((name) => bench.when(name, running)));
    };
    expect(last(true)).toBeGreaterThan(4.5);
    expect(last(true)).toBeLessThan(6.5);
    expect(last(false)).toBeLessThan(3.5);
  });

  it('removes a pod at its turn', () => {
    const { bench, requests } = serial({ terminationSeconds: 1 });
    pods(bench, 2);
    bench.until(20);
    requests.length = 0;
    bench.delete('p0');
    bench.until(40);
    expect(bench.get('p0')).toBeUndefined();
    expect(requests.slice(-3)).toEqual(['get p0', 'update p0', 'delete p0']);
  });

  it('comes to pods that it could not report meanwhile, and forgets none', () => {
    const { bench } = serial();
    const names = pods(bench, 5);
    bench.until(0.11);
    bench.kubelets.partition('n0', true);
    bench.until(40);
    for (const name of names) expect(bench.when(name, running)).toBe(Infinity);
    bench.kubelets.partition('n0', false);
    bench.until(80);
    for (const name of names) expect(bench.when(name, running)).toBeLessThan(60);
  });

  it('reports on after a crash in the midst of it', () => {
    const { bench } = serial({ qps: 5, burst: 1 });
    const names = pods(bench, 5);
    bench.until(0.3);
    bench.kubelets.crash('n0');
    bench.kubelets.powerOn('n0');
    bench.until(120);
    for (const name of names) expect(bench.when(name, running)).toBeLessThan(60);
  });
});
