import { describe, expect, it } from 'vitest';
import { TinyCluster } from '../../../test/support/tiny-cluster.ts';
import { seconds } from '../kernel/time.ts';
import { KubeProxies } from './kube-proxies.ts';
import { ServiceTables } from './service-tables.ts';

const NODES = Array.from({ length: 8 }, (_, i) => `node-${i}`);

/** A cluster whose Services change all the time, and its proxies. */
class Changing {
  readonly cluster = new TinyCluster({ controllers: [] });
  readonly down = new Set<string>();
  readonly deaf = new Set<string>();
  readonly proxies: KubeProxies;
  /** When rules changed on nodes that are followed. */
  readonly told: [number, string, string][] = [];

  constructor() {
    const { environment, kernel } = this.cluster;
    const tables = new ServiceTables();
    this.proxies = new KubeProxies(
      environment,
      { isUp: (node) => !this.down.has(node), isDeaf: (node) => this.deaf.has(node) },
      tables,
    );
    environment.server.observe((change) => {
      if (tables.changed(change)?.proxied === true) this.proxies.changed();
    });
    this.proxies.observe((node, services) => this.told.push([kernel.now, node, [...services].join(' ')]));
  }

  service(name: string): void {
    const metadata = { name, namespace: 'default' };
    this.cluster.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } } as never);
    const labels = { 'kubernetes.io/service-name': name };
    const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' };
    this.cluster.create({ ...slice, metadata: { ...metadata, labels }, endpoints: [] } as never);
  }

  endpoints(name: string, count: number): void {
    const endpoints = Array.from({ length: count }, (_, i) => ({
      addresses: [`10.0.0.${i}`],
      conditions: { ready: true },
    }));
    this.cluster.patch('EndpointSlice', name, { endpoints });
  }

  /** Numbers of endpoints that each node's rules have of each Service. */
  rules(): readonly unknown[] {
    return NODES.map((node) =>
      ['a', 'b', 'c'].map((name) => this.proxies.table(node, `default/${name}`)?.endpoints.length ?? 'none'),
    );
  }

  /** Lets twenty seconds of changes, a crash and a partition pass; `look` is called at many instants. */
  run(look: (at: number) => void): void {
    for (const name of ['a', 'b', 'c']) this.service(name);
    for (let i = 0; i < 130; i++) {
      const at = 1 + i * 0.151;
      this.cluster.until(at);
      this.endpoints(['a', 'b', 'c'][(i * i) % 3] as string, i % 11);
      this.#happens(i);
      look(at);
    }
    this.cluster.until(30);
    look(30);
  }

  #happens(i: number): void {
    const change = (set: Set<string>, node: string, there: boolean): void => {
      if (there) set.add(node);
      else set.delete(node);
      this.proxies.machineChanged(node);
    };
    if (i === 30) change(this.down, 'node-3', true);
    if (i === 60) change(this.down, 'node-3', false);
    if (i === 40) change(this.deaf, 'node-5', true);
    if (i === 90) change(this.deaf, 'node-5', false);
  }
}

describe('the kube-proxies of all nodes', () => {
  it('have the same rules whether their syncs are events or are worked out when somebody asks', () => {
    const plain = new Changing();
    for (const node of NODES) plain.proxies.follow(node);
    const seen: unknown[] = [];
    plain.run((at) => seen.push([at, plain.rules()]));
    const lazy = new Changing();
    // Known from the beginning, or the crash would not be theirs; then asked once in a while.
    lazy.rules();
    const asked: unknown[] = [];
    let looks = 0;
    lazy.run((at) => {
      if (looks++ % 13 === 0 || at === 30) asked.push([at, lazy.rules()]);
    });
    expect(asked.length).toBeGreaterThan(8);
    for (const look of asked) expect(seen).toContainEqual(look);
    expect(new Set(seen.map((look) => JSON.stringify(look))).size).toBeGreaterThan(100);
  });

  it('cost no event where nobody follows them', () => {
    const events = (followed: boolean): number => {
      const changing = new Changing();
      if (followed) for (const node of NODES) changing.proxies.follow(node);
      changing.run(() => undefined);
      return changing.cluster.kernel.dispatched;
    };
    const none = events(false);
    // Two events a sync, some 18 syncs on each of 8 nodes.
    expect(events(true) - none).toBeGreaterThan(200);
    const bare = new TinyCluster({ controllers: [] });
    bare.until(30);
    expect(none).toBe(bare.kernel.dispatched);
  });

  it('tell when a node’s rules have changed, and of which Services', () => {
    const changing = new Changing();
    changing.proxies.follow('node-1');
    changing.service('a');
    changing.cluster.until(1);
    expect(changing.told).toEqual([[expect.any(Number), 'node-1', 'default/a']]);
    // The watch takes 2 to 10 ms, the sync 50 and some.
    const when = changing.told[0]?.[0];
    expect(when).toBeGreaterThan(seconds(0.052));
    expect(when).toBeLessThan(seconds(0.0611));
    // The Service and its first slice, both at the beginning.
    expect(changing.proxies.lags.count).toBe(2);
    changing.proxies.unfollow('node-1');
    changing.endpoints('a', 3);
    changing.cluster.until(5);
    expect(changing.told).toHaveLength(1);
  });
});
