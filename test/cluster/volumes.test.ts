import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod } from '../../src/sim/api/core.ts';
import type { PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from '../../src/sim/api/storage.ts';
import type { KubeObject } from '../../src/sim/api/meta.ts';
import type { ApiRequest } from '../../src/sim/apiserver/request.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

/** Three nodes in three zones; every step of a driver takes the same whole number of seconds each time. */
function scenario(manifests: string, more = ''): string {
  const constant = (s: number): string => `{ medianMilliseconds: ${s * 1000}, p99Milliseconds: ${s * 1000} }`;
  return `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: volumes }
duration: 2h
components:
  kubelet: { imagesPresent: all }
  storage:
    driver:
      provisionLatency: ${constant(4)}
      deleteLatency: ${constant(3)}
      attachLatency: ${constant(5)}
      detachLatency: ${constant(6)}
      mountLatency: ${constant(2)}
      unmountLatency: ${constant(1)}
      expandLatency: ${constant(7)}
${more}
cluster: { nodeGroups: [{ name: n, count: 3, capacity: { cpu: 4, memory: 8Gi }, zones: [a, b, c] }] }
workloads:
  - name: w
    inline: |
${manifests.replace(/^/gm, '      ')}
`;
}

const CLASS = (name: string, mode: string, more = ''): string => `
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: ${name} }
provisioner: disk.example.com
volumeBindingMode: ${mode}
${more}
`;

const CLAIM = (name: string, storageClass: string, more = ''): string => `
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec: { storageClassName: ${storageClass}, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } }${more} }
`;

const POD = (name: string, claim: string, more = ''): string => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  containers: [{ name: c, image: app:1, resources: { requests: { cpu: 1 } } }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: ${claim} } }]
  ${more}
`;

/** A cluster that can be looked at and talked to. */
class World {
  readonly #cluster: Cluster;
  readonly #events: [name: string, reason: string][] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.events.observe(({ name, reason }) => this.#events.push([name, reason]));
    cluster.start();
  }

  until(time: number): this {
    this.#cluster.run({ until: seconds(time) });
    return this;
  }

  get<T extends KubeObject>(kind: string, name: string, namespace = 'default'): T | undefined {
    return this.#cluster.server.get<T>(kind, namespace, name);
  }

  list<T extends KubeObject>(kind: string): readonly T[] {
    return this.#cluster.server.list<T>(kind).items;
  }

  claim(name: string): PersistentVolumeClaim | undefined {
    return this.get<PersistentVolumeClaim>('PersistentVolumeClaim', name);
  }

  pod(name: string): Pod | undefined {
    return this.get<Pod>('Pod', name);
  }

  do(request: ApiRequest): void {
    const result = this.#cluster.server.handle(request);
    if (!result.ok) throw new Error(result.status.message);
  }

  try(request: ApiRequest): string {
    const result = this.#cluster.server.handle(request);
    return result.ok ? 'done' : result.status.message;
  }

  delete(kind: string, name: string, namespace = 'default'): void {
    this.do({ verb: 'delete', kind, namespace, name });
  }

  /** Reasons of the events about an object, in order. */
  reasons(name: string): readonly string[] {
    return this.#events.filter(([object]) => object === name).map(([, reason]) => reason);
  }
}

async function world(manifests: string, more = ''): Promise<World> {
  return new World((await clusterMaker(scenario(manifests, more)))());
}

function zoneOf(volume: PersistentVolume | undefined): string | undefined {
  return volume?.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values?.[0];
}

describe('a claim whose class waits for its first consumer', () => {
  it('waits, is given a volume where its pod goes, and has it attached and mounted there', async () => {
    const it = await world(CLASS('late', 'WaitForFirstConsumer') + CLAIM('data', 'late'));
    it.until(30);
    expect(it.claim('data')?.status?.phase).toBe('Pending');
    expect(it.reasons('data')).toContain('WaitForFirstConsumer');

    it.do({ verb: 'create', kind: 'Pod', namespace: 'default', name: 'p', body: podBody('p', 'data') });
    // The volume takes 4 s; the scheduler looks for it each second, and binds the pod only then.
    it.until(33.9);
    expect(it.claim('data')?.metadata.annotations?.['volume.kubernetes.io/selected-node']).toMatch(/^n-/);
    expect(it.pod('p')?.spec.nodeName).toBeUndefined();
    it.until(36);
    const node = it.pod('p')?.spec.nodeName ?? '';
    expect(it.claim('data')?.status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    const volume = it.get<PersistentVolume>('PersistentVolume', it.claim('data')?.spec.volumeName ?? '', '');
    expect(volume?.status?.phase).toBe('Bound');
    expect(zoneOf(volume)).toBe(it.get<KubeNode>('Node', node, '')?.metadata.labels?.['topology.kubernetes.io/zone']);

    // 5 s to attach, up to 10 s until the node says that it will use it, a check that backs off, 2 s to mount.
    it.until(40);
    expect(it.pod('p')?.status.phase).toBe('Pending');
    it.until(62);
    expect(it.pod('p')?.status.phase).toBe('Running');
    const [attachment] = it.list<VolumeAttachment>('VolumeAttachment');
    expect(attachment).toMatchObject({ spec: { nodeName: node }, status: { attached: true } });
    const status = it.get<KubeNode>('Node', node, '')?.status;
    expect(status?.volumesInUse).toEqual([`kubernetes.io/csi/disk.example.com^${volume?.metadata.name ?? ''}`]);
    expect(status?.volumesAttached?.map(({ name }) => name)).toEqual(status?.volumesInUse);
    expect(it.reasons('p')).toEqual(expect.arrayContaining(['Scheduled', 'SuccessfulAttachVolume', 'Started']));
  });

  it('takes the smallest volume that is there and can be reached, before one is made', async () => {
    const volume = (name: string, size: string, zone: string): string => `
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name} }
spec:
  capacity: { storage: ${size} }
  accessModes: [ReadWriteOnce]
  storageClassName: late
  local: { path: /mnt }
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: topology.kubernetes.io/zone, operator: In, values: [${zone}] }] }] } }
`;
    const manifests = CLASS('late', 'WaitForFirstConsumer').replace('disk.example.com', 'kubernetes.io/no-provisioner');
    const volumes = volume('large', '9Gi', 'b') + volume('small', '2Gi', 'b') + volume('tiny', '100Mi', 'a');
    const it = await world(manifests + volumes + CLAIM('data', 'late'));
    it.until(5);
    it.do({ verb: 'create', kind: 'Pod', namespace: 'default', name: 'p', body: podBody('p', 'data') });
    it.until(25);
    expect(it.claim('data')?.spec.volumeName).toBe('small');
    expect(it.pod('p')?.status.phase).toBe('Running');
    // Nothing has to be attached.
    expect(it.list('VolumeAttachment')).toEqual([]);
    expect(
      it.list<PersistentVolume>('PersistentVolume').map(({ metadata, status }) => [metadata.name, status?.phase]),
    ).toEqual([
      ['large', 'Available'],
      ['small', 'Bound'],
      ['tiny', 'Available'],
    ]);
  });

  it('keeps two pods from reserving one volume', async () => {
    const one = `
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: only }
spec: { capacity: { storage: 2Gi }, accessModes: [ReadWriteOnce], storageClassName: late, hostPath: { path: /mnt } }
`;
    const manifests = CLASS('late', 'WaitForFirstConsumer').replace('disk.example.com', 'kubernetes.io/no-provisioner');
    const it = await world(manifests + one + CLAIM('a', 'late') + CLAIM('b', 'late') + POD('p', 'a') + POD('q', 'b'));
    it.until(30);
    expect([it.pod('p'), it.pod('q')].filter((pod) => pod?.spec.nodeName === undefined)).toHaveLength(1);
    const waiting = it.pod('p')?.spec.nodeName === undefined ? it.pod('p') : it.pod('q');
    const condition = waiting?.status.conditions?.find(({ type }) => type === 'PodScheduled');
    expect(condition?.message).toContain("3 node(s) didn't find available persistent volumes to bind");
  });
});

describe('a claim whose class binds at once', () => {
  it('is given a volume before any pod comes, in one of the zones that the class allows', async () => {
    const zones = 'allowedTopologies: [{ matchLabelExpressions: [{ key: topology.kubernetes.io/zone, values: [b] }] }]';
    const it = await world(CLASS('now', 'Immediate', zones) + CLAIM('data', 'now'));
    it.until(3.9);
    expect(it.list('PersistentVolume')).toEqual([]);
    it.until(5);
    expect(it.claim('data')?.status?.phase).toBe('Bound');
    expect(zoneOf(it.list<PersistentVolume>('PersistentVolume')[0])).toBe('b');
    expect([...new Set(it.reasons('data'))]).toEqual(['ExternalProvisioning', 'Provisioning', 'ProvisioningSucceeded']);
  });

  it('holds its pod back until it is bound, and sends it to the volume', async () => {
    const zones = 'allowedTopologies: [{ matchLabelExpressions: [{ key: topology.kubernetes.io/zone, values: [c] }] }]';
    const it = await world(CLASS('now', 'Immediate', zones) + CLAIM('data', 'now') + POD('p', 'data'));
    it.until(3);
    const condition = it.pod('p')?.status.conditions?.find(({ type }) => type === 'PodScheduled');
    expect(condition?.message).toMatch(/^0\/3 nodes are available: pod has unbound immediate PersistentVolumeClaims\./);
    it.until(10);
    const node = it.get<KubeNode>('Node', it.pod('p')?.spec.nodeName ?? '', '');
    expect(node?.metadata.labels?.['topology.kubernetes.io/zone']).toBe('c');
  });
});

describe('a volume', () => {
  it('is made of the class that the cluster has by default where its claim names none', async () => {
    const it = await world(CLAIM('data', 'x').replace('storageClassName: x, ', '') + POD('p', 'data'));
    it.until(60);
    expect(it.claim('data')?.spec.storageClassName).toBe('standard');
    expect(it.pod('p')?.status.phase).toBe('Running');
  });

  it('is detached when its pod is gone, and then attached where another pod needs it', async () => {
    const it = await world(
      CLASS('late', 'WaitForFirstConsumer').replace('disk.example.com', 'free.example.com') +
        CLAIM('data', 'late') +
        POD('p', 'data'),
      FREE,
    );
    it.until(60);
    const first = it.pod('p')?.spec.nodeName ?? '';
    expect(it.pod('p')?.status.phase).toBe('Running');
    it.do({
      verb: 'create',
      kind: 'Pod',
      namespace: 'default',
      name: 'q',
      body: podBody('q', 'data', { nodeName: other(first) }),
    });
    it.until(100);
    expect(it.pod('q')?.status.phase).toBe('Pending');
    expect(it.reasons('q')).toContain('FailedAttachVolume');
    it.delete('Pod', 'p');
    it.until(180);
    expect(it.pod('p')).toBeUndefined();
    expect(it.pod('q')?.status.phase).toBe('Running');
    expect(it.list<VolumeAttachment>('VolumeAttachment').map(({ spec }) => spec.nodeName)).toEqual([other(first)]);
    expect(it.get<KubeNode>('Node', first, '')?.status.volumesInUse).toEqual([]);
  });

  it('stays as long as a pod uses its claim, and goes with the claim then', async () => {
    const it = await world(CLASS('late', 'WaitForFirstConsumer') + CLAIM('data', 'late') + POD('p', 'data'));
    it.until(60);
    it.delete('PersistentVolumeClaim', 'data');
    it.until(120);
    expect(it.claim('data')?.metadata.deletionTimestamp).toBeDefined();
    expect(it.pod('p')?.status.phase).toBe('Running');
    it.delete('Pod', 'p');
    it.until(200);
    expect(it.claim('data')).toBeUndefined();
    expect(it.list('VolumeAttachment')).toEqual([]);
    expect(it.list('PersistentVolume')).toEqual([]);
  });

  it('is kept where its class says so, and is nobody else’s', async () => {
    const it = await world(CLASS('kept', 'Immediate', 'reclaimPolicy: Retain') + CLAIM('data', 'kept'));
    it.until(10);
    it.delete('PersistentVolumeClaim', 'data');
    it.until(60);
    expect(it.claim('data')).toBeUndefined();
    expect(it.list<PersistentVolume>('PersistentVolume').map(({ status }) => status?.phase)).toEqual(['Released']);
  });

  it('grows with its claim where the class allows it, and never shrinks', async () => {
    const it = await world(
      CLASS('grows', 'Immediate', 'allowVolumeExpansion: true') +
        CLAIM('data', 'grows') +
        CLASS('fixed', 'Immediate') +
        CLAIM('other', 'fixed'),
    );
    it.until(10);
    const size = (name: string, storage: string): ApiRequest => ({
      verb: 'patch',
      kind: 'PersistentVolumeClaim',
      namespace: 'default',
      name,
      patch: { spec: { resources: { requests: { storage } } } },
    });
    it.do(size('data', '5Gi'));
    it.until(16.9);
    expect(it.claim('data')?.status?.capacity?.['storage']).toBe('1Gi');
    it.until(18);
    expect(it.claim('data')?.status?.capacity?.['storage']).toBe('5Gi');
    expect(it.try(size('data', '2Gi'))).toContain('field can not be less than status.capacity');
    expect(it.try(size('other', '2Gi'))).toContain('must support resize');
    expect(
      it.try({ ...size('data', '5Gi'), patch: { spec: { accessModes: ['ReadWriteMany'] } } } as ApiRequest),
    ).toContain('spec is immutable');
  });

  it('is detached by force from a node that has failed, after 6 minutes', async () => {
    const it = await world(
      CLASS('late', 'WaitForFirstConsumer') + CLAIM('data', 'late') + POD('p', 'data'),
      'faults: [{ kind: node-crash, at: 100s, nodes: [n-0, n-1, n-2] }]',
    );
    it.until(300);
    it.do({ verb: 'delete', kind: 'Pod', namespace: 'default', name: 'p', options: { gracePeriodSeconds: 0 } });
    it.until(655);
    expect(it.list('VolumeAttachment')).toHaveLength(1);
    it.until(670);
    expect(it.list('VolumeAttachment')).toHaveLength(0);
  });
});

/** A driver whose volumes are reached from all zones. */
const FREE = '    drivers: { free.example.com: { topologyKeys: [], attachLimit: 1 } }';

function other(node: string): string {
  return node === 'n-0' ? 'n-1' : 'n-0';
}

function podBody(name: string, claimName: string, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      containers: [{ name: 'c', image: 'app:1', resources: { requests: { cpu: '1' } } }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
      ...spec,
    },
  };
}

describe('a driver with a limit', () => {
  it('has its CSINodes keep pods to nodes that can take another volume', async () => {
    const claims = ['a', 'b', 'c', 'd'].map((name) => CLAIM(name, 'late') + POD(name, name)).join('');
    const it = await world(
      CLASS('late', 'WaitForFirstConsumer').replace('disk.example.com', 'free.example.com') + claims,
      FREE,
    );
    it.until(60);
    expect(it.list('CSINode')).toHaveLength(3);
    const nodes = it.list<Pod>('Pod').map(({ spec }) => spec.nodeName);
    expect(new Set(nodes)).toEqual(new Set(['n-0', 'n-1', 'n-2', undefined]));
    const waiting = it.list<Pod>('Pod').find(({ spec }) => spec.nodeName === undefined);
    expect(waiting?.status.conditions?.[0]?.message).toContain('3 node(s) exceed max volume count');
    // A volume that is still attached counts when its pod is gone; the pod that waits is let in when it is not.
    const gone = it.list<Pod>('Pod').find(({ spec }) => spec.nodeName !== undefined)?.metadata.name ?? '';
    it.delete('Pod', gone);
    it.until(140);
    expect(it.pod(waiting?.metadata.name ?? '')?.status.phase).toBe('Running');
  });
});

describe('a generic ephemeral volume', () => {
  it('has a claim made for its pod, which goes with it', async () => {
    const pod = `
apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  containers: [{ name: c, image: app:1 }]
  volumes: [{ name: scratch, ephemeral: { volumeClaimTemplate: { spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } } } }]
`;
    const it = await world(pod);
    it.until(60);
    expect(it.pod('p')?.status.phase).toBe('Running');
    expect(it.claim('p-scratch')?.metadata.ownerReferences).toMatchObject([
      { kind: 'Pod', name: 'p', controller: true },
    ]);
    it.delete('Pod', 'p');
    it.until(150);
    expect(it.claim('p-scratch')).toBeUndefined();
    expect(it.list('PersistentVolume')).toEqual([]);
  });
});

describe('claims of a StatefulSet', () => {
  const set = (policy: string): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: 2
  serviceName: db
  selector: { matchLabels: { app: db } }
  persistentVolumeClaimRetentionPolicy: ${policy}
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: c, image: app:1 }] }
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } }]
`;
  const claims = (it: World): string[] => it.list('PersistentVolumeClaim').map(({ metadata }) => metadata.name);
  const scale = (it: World, replicas: number): void =>
    it.do({ verb: 'patch', kind: 'StatefulSet', namespace: 'default', name: 'db', patch: { spec: { replicas } } });

  it.each([
    ['{}', ['data-db-0', 'data-db-1'], ['data-db-0', 'data-db-1']],
    ['{ whenScaled: Delete, whenDeleted: Retain }', ['data-db-0'], ['data-db-0']],
    ['{ whenScaled: Retain, whenDeleted: Delete }', ['data-db-0', 'data-db-1'], []],
    ['{ whenScaled: Delete, whenDeleted: Delete }', ['data-db-0'], []],
  ])('with %s: what is left after scaling down, and after deletion', async (policy, scaled, deleted) => {
    const it = await world(set(policy));
    it.until(120);
    expect(claims(it)).toEqual(['data-db-0', 'data-db-1']);
    scale(it, 1);
    it.until(300);
    expect(claims(it)).toEqual(scaled);
    it.delete('StatefulSet', 'db');
    it.until(500);
    expect(claims(it)).toEqual(deleted);
  });
});

describe('a run with volumes', () => {
  it('goes on from a saved state as if nothing had been', async () => {
    const manifests =
      CLASS('late', 'WaitForFirstConsumer') +
      CLAIM('data', 'late') +
      POD('p', 'data') +
      CLASS('now', 'Immediate') +
      CLAIM('x', 'now');
    const make = await clusterMaker(scenario(manifests));
    const whole = make();
    whole.start();
    // In the middle of making, of waiting for it, of attaching, of mounting.
    for (const time of [1, 2.5, 4.5, 7, 9, 12, 15]) {
      whole.run({ until: seconds(time) });
      const saved = structuredClone(whole.save());
      const branch = make();
      branch.restore(saved);
      branch.run({ until: seconds(60) });
      const straight = make();
      straight.start();
      straight.run({ until: seconds(60) });
      expect(branch.server.hash).toBe(straight.server.hash);
    }
  });
});
