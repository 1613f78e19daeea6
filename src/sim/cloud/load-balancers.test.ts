import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import type { Pod, Service } from '../api/core.ts';
import type { Cluster } from '../cluster.ts';
import { seconds } from '../kernel/time.ts';

/** Load balancers take 20 s to make and nodes are looked at every 8 s: one answer makes them healthy, three failures do not. */
const scenario = (faults = '', policy = 'Cluster', services = ['web']): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: balanced }
duration: 1h
components: { kubelet: { imagesPresent: all } }
cluster:
  provider:
    instanceTypes: [{ name: m, cpu: 4, memory: 16Gi, price: 0.2 }]
    api: { latency: { median: 100ms, p99: 100ms } }
    loadBalancer: { latency: { median: 20s, p99: 20s } }
  nodeGroups: [{ name: n, instanceType: m, zones: [a], count: 3 }]
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 2
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: app, resources: { requests: { cpu: "3" } } }] }
${services
  .map(
    (name) => `      ---
      apiVersion: v1
      kind: Service
      metadata: { name: ${name} }
      spec: { type: LoadBalancer, externalTrafficPolicy: ${policy}, selector: { app: web }, ports: [{ port: 80 }] }
`,
  )
  .join('')}
faults: [${faults}]
`;

async function started(yaml: string): Promise<Cluster> {
  const cluster = (await clusterMaker(yaml))();
  cluster.start();
  return cluster;
}

const until = (cluster: Cluster, time: number): void => void cluster.run({ until: seconds(time) });
const service = (cluster: Cluster, name = 'web'): Service | undefined =>
  cluster.server.get<Service>('Service', 'default', name);
const targets = (cluster: Cluster): readonly string[] | undefined =>
  cluster.provider?.balancers.targets('default/web')?.toSorted();
const ALL = ['n-0', 'n-1', 'n-2'];
const CRASH = '{ at: 100s, kind: node-crash, nodes: [n-1], for: 60s }';

describe('a Service of type LoadBalancer', () => {
  it('is kept by a finalizer, and has an address when the provider has made its load balancer', async () => {
    const cluster = await started(scenario());
    const reasons: string[] = [];
    cluster.events.observe(({ component, reason }) => component === 'service-controller' && reasons.push(reason));
    until(cluster, 19);
    expect(service(cluster)?.metadata.finalizers).toEqual(['service.kubernetes.io/load-balancer-cleanup']);
    expect(service(cluster)?.status?.['loadBalancer']).toBeUndefined();
    expect(targets(cluster)).toBeUndefined();
    until(cluster, 21);
    expect(service(cluster)?.status?.['loadBalancer']).toEqual({ ingress: [{ ip: '198.18.0.0', ipMode: 'VIP' }] });
    expect(targets(cluster)).toEqual(ALL);
    expect(reasons).toEqual(['EnsuringLoadBalancer', 'EnsuredLoadBalancer']);
  });

  it('goes when its load balancer is gone', async () => {
    const cluster = await started(scenario());
    until(cluster, 60);
    cluster.server.handle({ verb: 'delete', kind: 'Service', namespace: 'default', name: 'web' });
    until(cluster, 79);
    expect(service(cluster)?.metadata.deletionTimestamp).toBeDefined();
    until(cluster, 81);
    expect(service(cluster)).toBeUndefined();
    expect(targets(cluster)).toBeUndefined();
  });

  it('waits for the one before it: one worker makes them', async () => {
    const cluster = await started(scenario('', 'Cluster', ['web', 'api']));
    until(cluster, 39);
    const made = ['web', 'api'].filter((name) => service(cluster, name)?.status?.['loadBalancer'] !== undefined);
    expect(made).toHaveLength(1);
    until(cluster, 41);
    expect(service(cluster, 'api')?.status?.['loadBalancer']).toBeDefined();
    expect(service(cluster, 'web')?.status?.['loadBalancer']).toBeDefined();
  });
});

describe('a Service whose load balancer the provider does not make', () => {
  it('is tried again after 5 s, then 10, then 20, and says so', async () => {
    const yaml = scenario('', 'Cluster', ['web', 'api']).replace('api: {', 'api: { qps: 0.02, burst: 1,');
    const cluster = await started(yaml);
    const failed: number[] = [];
    cluster.events.observe(({ reason, time }) => reason === 'SyncLoadBalancerFailed' && failed.push(time / 1e6));
    until(cluster, 90);
    // The first call takes the only token; the next one comes after 50 s. The other waits for the worker until 20 s.
    expect(failed.map((time) => Math.round(time))).toEqual([20, 25, 35]);
    expect(service(cluster, 'api')?.status?.['loadBalancer']).toBeDefined();
  });
});

describe('a load balancer', () => {
  it('sends to a node that is down until the third look fails, and again from the first answer on', async () => {
    const cluster = await started(scenario(CRASH));
    const turns: [number, number][] = [];
    cluster.provider?.balancers.observe((key) => {
      turns.push([cluster.kernel.now / 1e6, cluster.provider?.balancers.targets(key)?.length ?? 0]);
    });
    cluster.provider?.balancers.follow('default/web');
    until(cluster, 200);
    const [out, back] = turns.filter(([at]) => at > 60);
    // The third look at it after 100 s: 16 to 24 s later. Power is back at 160 s, and 15 s later its kube-proxy.
    expect(out?.[1]).toBe(2);
    expect(out?.[0]).toBeGreaterThanOrEqual(116);
    expect(out?.[0]).toBeLessThanOrEqual(124);
    expect(back?.[1]).toBe(3);
    expect(back?.[0]).toBeGreaterThanOrEqual(175);
    expect(back?.[0]).toBeLessThanOrEqual(183);
    // The node stays in the set meanwhile, Ready or not.
    expect(cluster.provider?.balancers.hosts('default/web')).toHaveLength(3);
  });

  it('says the same to those who ask as to those who follow', async () => {
    const cluster = await started(scenario(CRASH));
    until(cluster, 115);
    expect(targets(cluster)).toEqual(ALL);
    until(cluster, 125);
    expect(targets(cluster)).toEqual(['n-0', 'n-2']);
    until(cluster, 184);
    expect(targets(cluster)).toEqual(ALL);
  });

  it('sends to all where none is healthy', async () => {
    const cluster = await started(scenario('{ at: 100s, kind: node-crash, group: n }'));
    until(cluster, 130);
    expect(targets(cluster)).toEqual(ALL);
  });

  it('loses a node that is labelled as excluded at once, and one that is about to be deleted with three looks', async () => {
    const cluster = await started(scenario());
    until(cluster, 60);
    const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    cluster.server.handle({ verb: 'patch', kind: 'Node', namespace: '', name: 'n-0', patch: { metadata: { labels } } });
    until(cluster, 61);
    expect(targets(cluster)).toEqual(['n-1', 'n-2']);
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
    cluster.server.handle({ verb: 'patch', kind: 'Node', namespace: '', name: 'n-1', patch: { spec: { taints } } });
    until(cluster, 76);
    expect(targets(cluster)).toEqual(['n-1', 'n-2']);
    until(cluster, 86);
    expect(targets(cluster)).toEqual(['n-2']);
    // A node is added to the set anew, or taken out of it, whenever the set is made: then the tainted one goes as well.
    cluster.server.handle({ verb: 'delete', kind: 'Node', namespace: '', name: 'n-0' });
    until(cluster, 88);
    expect(cluster.provider?.balancers.hosts('default/web')).toEqual(['n-2']);
  });

  it('sends to nodes with ready endpoints alone where the traffic policy is Local', async () => {
    const cluster = await started(scenario('', 'Local'));
    until(cluster, 60);
    const where = (): string[] =>
      cluster.server
        .list<Pod>('Pod')
        .items.map(({ spec }) => spec.nodeName ?? '')
        .toSorted();
    expect(where()).toHaveLength(2);
    expect(targets(cluster)).toEqual(where());
    const { items } = cluster.server.list<Pod>('Pod');
    const [gone] = items;
    cluster.server.handle({
      verb: 'patch',
      kind: 'Node',
      namespace: '',
      name: gone?.spec.nodeName ?? '',
      patch: { spec: { unschedulable: true } },
    });
    cluster.server.handle({ verb: 'delete', kind: 'Pod', namespace: 'default', name: gone?.metadata.name ?? '' });
    until(cluster, 95);
    expect(where()).not.toContain(gone?.spec.nodeName);
    expect(targets(cluster)).toEqual(where());
  });

  it('is saved with the looks that are under way', async () => {
    const make = await clusterMaker(scenario(CRASH, 'Local'));
    const end = (cluster: Cluster): string => {
      const seen: string[] = [];
      for (let at = 100; at < 200; at++) {
        until(cluster, Math.max(at, cluster.kernel.now / 1e6));
        seen.push(targets(cluster)?.join(' ') ?? '');
      }
      return `${cluster.server.hash} ${cluster.kernel.dispatched} ${seen.slice(20).join()}`;
    };
    const whole = make();
    whole.start();
    const expected = end(whole);
    for (const at of [10, 90, 110, 119.5]) {
      const original = make();
      original.start();
      until(original, at);
      const branch = make();
      branch.restore(structuredClone(original.save()));
      expect(end(branch)).toBe(expected);
    }
  });
});
