import { describe, expect, it } from 'vitest';
import type { KubeNode } from '../api/core.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const running = ({ phase }: Seen): boolean => phase === 'Running';
const failed = ({ phase }: Seen): boolean => phase === 'Failed';

describe('a node whose images have a filesystem of their own', () => {
  const DISK = { 'ephemeral-storage': '10G' };
  const imageBytes = { 'old:1': 3e9, 'app:1': 1e9 };
  const start = (imageFilesystemBytes: number, evictionHard: object): Bench =>
    new Bench({ imagesPresent: 'none', imageBytes, imageFilesystemBytes, evictionHard }, 1, 3, DISK).start();
  const images = (bench: Bench): readonly (string | undefined)[] =>
    (bench.server.get<KubeNode>('Node', '', 'n0')?.status.images ?? []).map(({ names }) => names[0]);

  it('removes images for what containers write, and evicts the writer when that is not enough', () => {
    // 5 GB, of which 15 % are to be left: 3 GB and 1 GB of images leave 250 MB for 25 s of 10 MB; then the old image goes, and
    // 300 s later it is as full again.
    const bench = start(5e9, { 'imagefs.available': '15%' });
    const once = { annotations: { 'orrery.dev/duration': '1s' }, restartPolicy: 'Never' as const };
    bench.pod('was', { container: { image: 'old:1' }, ...once });
    bench.until(60);
    bench.pod('writer', { annotations: { 'orrery.dev/disk-growth': '10M/1s' } });
    const volumes = [{ name: 'cache', emptyDir: {} }];
    bench.pod('keeper', { volumes, annotations: { 'orrery.dev/volume-usage.cache': '8G' } });
    bench.until(200);
    expect(images(bench)).toEqual(['app:1']);
    expect(bench.condition('DiskPressure')).toBe('True');
    bench.until(700);
    expect(bench.when('writer', failed) - bench.when('writer', running)).toBeGreaterThan(325 - 1.1);
    expect(bench.when('writer', failed) - bench.when('writer', running)).toBeLessThan(325 + 10 + 2.1);
    expect(bench.get('writer')?.status.message).toContain('The node was low on resource: ephemeral-storage.');
    expect(bench.get('keeper')?.status.phase).toBe('Running');
  });

  it('evicts who fills the other one by a volume, and removes no image for that', () => {
    const bench = start(50e9, { 'nodefs.available': '10%' });
    const once = { annotations: { 'orrery.dev/duration': '1s' }, restartPolicy: 'Never' as const };
    bench.pod('was', { container: { image: 'old:1' }, ...once });
    bench.pod('writer', { annotations: { 'orrery.dev/disk-usage': '20G' } });
    const volumes = [{ name: 'cache', emptyDir: {} }];
    bench.pod('keeper', { volumes, annotations: { 'orrery.dev/volume-growth.cache': '100M/1s' } });
    bench.until(200);
    // 9 GB at 100 MB a second.
    expect(bench.when('keeper', failed)).toBeGreaterThan(90);
    expect(bench.when('keeper', failed)).toBeLessThan(90 + 10 + 3.1);
    expect(bench.get('writer')?.status.phase).toBe('Running');
    expect(images(bench)).toContain('old:1');
  });
});
