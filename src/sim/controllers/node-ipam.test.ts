import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import { addressText, cidrText, parseCidr, sizeOf } from '../api/cidr.ts';
import type { Cidr } from '../api/cidr.ts';
import type { KubeNode, Pod } from '../api/core.ts';
import type { Cluster } from '../cluster.ts';
import { seconds } from '../kernel/time.ts';
import { CidrSet } from '../network/cidr-set.ts';

const cidr = (text: string): Cidr => parseCidr(text) as Cidr;

describe('ranges of addresses', () => {
  it.each([
    ['10.244.0.0/16', 65_536n, '10.244.1.44'],
    ['0.0.0.0/0', 4_294_967_296n, '0.0.1.44'],
    ['fd00:10:244::/56', 1n << 72n, 'fd00:10:244::12c'],
    ['::/0', 1n << 128n, '::12c'],
    ['1:0:0:2::/64', 1n << 64n, '1:0:0:2::12c'],
    ['0:1::/112', 65_536n, '0:1::12c'],
  ])('%s: read, measured, written', (text, size, address) => {
    expect(sizeOf(cidr(text))).toBe(size);
    expect(addressText(cidr(text), 300n)).toBe(address);
    expect(cidr(cidrText(cidr(text)))).toEqual(cidr(text));
  });

  it.each([
    '10.244.0.0',
    '10.244.0.1/16',
    '10.256.0.0/16',
    '10.0.0/8',
    '10.0.0.0/33',
    'fd00::1::/64',
    'g::/64',
    '::/129',
  ])('%s is none', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});

describe("a cluster's range", () => {
  it('is given out in turn; what is given back comes last', () => {
    const set = new CidrSet(cidr('10.0.0.0/22'), 24);
    expect([set.allocate(), set.allocate()]).toEqual(['10.0.0.0/24', '10.0.1.0/24']);
    set.release('10.0.0.0/24');
    set.occupy('10.0.2.0/24');
    expect([set.allocate(), set.allocate(), set.allocate()]).toEqual(['10.0.3.0/24', '10.0.0.0/24', undefined]);
  });

  it('knows ranges of other sizes, and those of elsewhere', () => {
    const set = new CidrSet(cidr('fd00::/62'), 64);
    set.occupy('fd00::/63');
    set.occupy('fd01::/64');
    set.occupy('10.0.0.0/24');
    expect(set.allocate()).toBe('fd00:0:0:2::/64');
    set.occupy('fd00:0:0:3:8000::/65');
    expect(set.allocate()).toBeUndefined();
  });
});

const scenario = (manager: string, nodes: number, more = ''): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: ipam }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: ${nodes}, capacity: { cpu: 4, memory: 8Gi }, cloud: false }] }
components:
  controllerManager: { allocateNodeCIDRs: true, ${manager} }
  kubelet: { imagesPresent: all }
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 6
        selector: { matchLabels: { app: web } }
        template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c, image: web }] } }
${more}`;

function nodes(cluster: Cluster): [name: string, podCIDRs: readonly string[] | undefined, ready: string | undefined][] {
  return cluster.server.list<KubeNode>('Node').items.map(({ metadata, spec, status }) => {
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
    return [metadata.name, spec.podCIDRs, ready];
  });
}

describe('the node IPAM controller', () => {
  it('gives every node a range of each family, from which its pods have their addresses', async () => {
    const ranges = "clusterCIDR: ['10.9.0.0/16', 'fd00:9::/48']";
    const cluster = (await clusterMaker(scenario(ranges, 3)))();
    cluster.start();
    cluster.run({ until: seconds(30) });
    expect(nodes(cluster)).toEqual([
      ['n-0', ['10.9.0.0/24', 'fd00:9::/64'], 'True'],
      ['n-1', ['10.9.1.0/24', 'fd00:9:0:1::/64'], 'True'],
      ['n-2', ['10.9.2.0/24', 'fd00:9:0:2::/64'], 'True'],
    ]);
    for (const { spec, status } of cluster.server.list<Pod>('Pod').items) {
      expect(status.podIP).toMatch(new RegExp(`^10\\.9\\.${(spec.nodeName ?? '').slice(2)}\\.\\d+$`));
    }
  });

  it('says that none is left; the node has no network until another gives its range back', async () => {
    const ranges = "clusterCIDR: ['10.9.0.0/23']";
    const cluster = (await clusterMaker(scenario(ranges, 3)))();
    const events = new Set<string>();
    cluster.events.observe(({ reason, message }) => {
      if (reason.startsWith('CIDR')) events.add(`${reason}: ${message}`);
    });
    cluster.start();
    cluster.run({ until: seconds(60) });
    expect(nodes(cluster)[2]).toEqual(['n-2', undefined, 'False']);
    expect([...events]).toEqual(['CIDRNotAvailable: Node n-2 status is now: CIDRNotAvailable']);
    expect(cluster.server.list<Pod>('Pod').items.every(({ spec }) => spec.nodeName !== 'n-2')).toBe(true);
    cluster.server.handle({ verb: 'delete', kind: 'Node', namespace: '', name: 'n-0' });
    // The back-off has grown to 5 ms · 2^13 = 41 s by then.
    cluster.run({ until: seconds(180) });
    expect(nodes(cluster).find(([name]) => name === 'n-2')).toEqual(['n-2', ['10.9.0.0/24'], 'True']);
  });

  it('gives a node that registers a range, and goes on when it is saved and restored', async () => {
    const faults = 'faults: [{ at: 1m, kind: node-reboot, nodes: [n-1], for: 1m }]';
    const make = await clusterMaker(scenario("clusterCIDR: ['10.9.0.0/23']", 2, faults));
    const whole = make();
    whole.start();
    whole.run({ until: seconds(70) });
    whole.server.handle({ verb: 'delete', kind: 'Node', namespace: '', name: 'n-1' });
    whole.run({ until: seconds(90) });
    const resumed = make();
    resumed.restore(structuredClone(whole.save()));
    for (const cluster of [whole, resumed]) cluster.run({ until: seconds(240) });
    expect(nodes(whole)[1]).toEqual(['n-1', ['10.9.1.0/24'], 'True']);
    expect(resumed.server.hash).toBe(whole.server.hash);
  });
});
