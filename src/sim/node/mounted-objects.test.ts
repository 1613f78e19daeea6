import { describe, expect, it } from 'vitest';
import type { KubeletSettings } from '../settings.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const running = ({ phase }: Seen): boolean => phase === 'Running';

const VOLUMES = [
  { name: 'map', configMap: { name: 'settings' } },
  { name: 'secret', secret: { secretName: 'password' } },
];

function watching(settings: Partial<KubeletSettings> = {}): { bench: Bench; reads: string[] } {
  const bench = new Bench({ watchMountedObjects: true, ...settings });
  const reads: string[] = [];
  bench.server.observeRequests(({ verb, kind, name }) => {
    if (verb === 'get') reads.push(`${kind} ${name}`);
  });
  return { bench: bench.start(), reads };
}

describe('ConfigMaps and Secrets that pods mount', () => {
  it('are listed and watched once a node, for the first pod that mounts them', () => {
    const { bench, reads } = watching();
    for (const name of ['a', 'b', 'c']) bench.pod(name, { volumes: VOLUMES });
    bench.until(20);
    expect(reads.toSorted()).toEqual([
      'ConfigMap settings',
      'ConfigMap settings',
      'Secret password',
      'Secret password',
    ]);
    for (const name of ['a', 'b', 'c']) expect(bench.when(name, running)).toBeLessThan(4);
  });

  it('cost nothing where that is not asked for', () => {
    const { bench, reads } = watching({ watchMountedObjects: false });
    bench.pod('a', { volumes: VOLUMES });
    bench.until(20);
    expect(reads).toEqual([]);
  });

  // A request a second: the list of the second object comes back after a second.
  it('keep pods waiting', () => {
    const { bench } = watching({ qps: 1, burst: 1 });
    bench.pod('a', { volumes: VOLUMES });
    bench.pod('b');
    bench.until(60);
    const sandboxes = bench.reasons.filter((reason) => reason.endsWith('Started'));
    expect(sandboxes).toEqual(['b Started', 'a Started']);
  });

  it('are watched no more when nobody mounts them', () => {
    const { bench, reads } = watching();
    bench.pod('a', { volumes: VOLUMES });
    bench.until(20);
    bench.delete('a');
    bench.until(40);
    bench.pod('b', { volumes: VOLUMES });
    bench.until(60);
    expect(reads).toHaveLength(8);
  });

  it('are asked for again when the server could not be reached', () => {
    const { bench } = watching();
    bench.kubelets.partition('n0', true, false);
    bench.pod('a', { volumes: VOLUMES });
    bench.until(30);
    expect(bench.reasons).not.toContain('a Started');
    bench.kubelets.partition('n0', false);
    bench.until(60);
    expect(bench.when('a', running)).toBeLessThan(60);
  });
});
