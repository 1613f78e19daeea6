import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod, Service } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import { Calendar } from '../api/timestamps.ts';
import type { Deployment, PodDisruptionBudget } from '../api/workloads.ts';
import type { Change } from '../etcd/store.ts';
import { Kernel } from '../kernel/kernel.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { ApiServer } from './api-server.ts';
import type { ApiRequest, ApiResult } from './request.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};
const target = (kind: string, name: string): { kind: string; namespace: string; name: string } => ({
  kind,
  namespace: 'default',
  name,
});

let server: ApiServer;
let changes: Change[];

function ok(result: ApiResult): KubeObject {
  if (!result.ok) throw new Error(result.status.message);
  return result.object;
}

function refusal(request: ApiRequest): string {
  const result = server.handle(request);
  if (result.ok) throw new Error('was carried out');
  return `${result.status.code} ${result.status.reason}: ${result.status.message}`;
}

function create(body: object, kind = (body as KubeObject).kind): KubeObject {
  return ok(server.handle({ verb: 'create', ...target(kind, ''), body }));
}

const bindTo = (pod: KubeObject, nodeName: string): ApiRequest => ({
  verb: 'bind',
  kind: 'Pod',
  namespace: 'default',
  name: pod.metadata.name,
  uid: pod.metadata.uid,
  nodeName,
});

beforeEach(() => {
  const kernel = new Kernel({ seed: 1 });
  server = new ApiServer(kernel, new Calendar('2026-01-05T00:00:00Z'), DEFAULT_SETTINGS.apiServer);
  changes = [];
  server.handle({
    verb: 'create',
    kind: 'Namespace',
    namespace: '',
    name: '',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  });
  server.observe((change) => changes.push(change));
});

describe('create', () => {
  it('names, numbers, defaults and admits', () => {
    const pod = create(POD) as Pod;
    expect(pod.metadata).toMatchObject({ namespace: 'default', name: 'web', resourceVersion: '3', generation: 1 });
    expect(pod.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(pod.spec).toMatchObject({ restartPolicy: 'Always', priority: 0 });
    expect(pod.spec.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds])).toEqual([
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ]);
  });

  it('gives pods of one template one spec', () => {
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'web-' }, spec };
    const one = create(body) as Pod;
    const other = create(body) as Pod;
    expect(one.metadata.name).not.toBe(other.metadata.name);
    expect(one.spec).toBe(other.spec);
  });

  it('refuses a name that is taken, a namespace that is not there and a priority class that is none', () => {
    create(POD);
    expect(refusal({ verb: 'create', ...target('Pod', ''), body: POD })).toBe(
      '409 AlreadyExists: pods "web" already exists',
    );
    const elsewhere = { ...POD, metadata: { name: 'x', namespace: 'shop' } };
    expect(refusal({ verb: 'create', ...target('Pod', ''), body: elsewhere })).toBe(
      '404 NotFound: namespaces "shop" not found',
    );
    const vip = { ...POD, metadata: { name: 'vip' }, spec: { ...POD.spec, priorityClassName: 'gold' } };
    expect(refusal({ verb: 'create', ...target('Pod', ''), body: vip })).toContain('no PriorityClass with name gold');
  });

  it('gives Services addresses', () => {
    const service = (name: string, type: string): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { type, ports: [{ port: 80 }] },
    });
    expect((create(service('a', 'ClusterIP')) as Service).spec.clusterIP).toBe('10.96.0.11');
    const second = create(service('b', 'NodePort')) as Service;
    expect(second.spec).toMatchObject({
      clusterIP: '10.96.0.12',
      ports: [{ port: 80, targetPort: 80, nodePort: 30000 }],
    });
  });
});

describe('update and patch', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: POD.spec } },
  };

  it('refuses an update of an older version', () => {
    const first = create(deployment) as Deployment;
    const more: Deployment = { ...first, spec: { ...first.spec, replicas: 2 } };
    const second = ok(server.handle({ verb: 'update', ...target('Deployment', 'web'), body: more }));
    expect(second.metadata).toMatchObject({ resourceVersion: '4', generation: 2 });
    expect(refusal({ verb: 'update', ...target('Deployment', 'web'), body: more })).toContain(
      '409 Conflict: Operation cannot be',
    );
  });

  it('writes nothing where nothing changes', () => {
    const first = create(deployment);
    changes.length = 0;
    ok(server.handle({ verb: 'update', ...target('Deployment', 'web'), body: structuredClone(first) }));
    ok(server.handle({ verb: 'apply', ...target('Deployment', 'web'), body: structuredClone(deployment) }));
    expect(changes).toEqual([]);
  });

  it('keeps spec and status apart', () => {
    const first = create(deployment) as Deployment;
    const body = { ...first, spec: { ...first.spec, replicas: 9 }, status: { replicas: 3 } };
    const status = ok(server.handle({ verb: 'update', subresource: 'status', ...target('Deployment', 'web'), body }));
    expect(status).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 3 }, metadata: { generation: 1 } });
    const whole = { ...(status as Deployment), spec: first.spec, status: {} };
    expect(ok(server.handle({ verb: 'update', ...target('Deployment', 'web'), body: whole }))).toMatchObject({
      status: { replicas: 3 },
    });
  });

  it('applies labels over labels and leaves the selector alone', () => {
    create({ ...deployment, metadata: { name: 'web', labels: { old: '1' } } });
    const again = {
      ...deployment,
      metadata: { name: 'web', labels: { new: '2' } },
      spec: { ...deployment.spec, replicas: 4 },
    };
    const live = ok(server.handle({ verb: 'apply', ...target('Deployment', 'web'), body: again }));
    expect(live).toMatchObject({ metadata: { labels: { old: '1', new: '2' } }, spec: { replicas: 4 } });
    const other = { ...again, spec: { ...again.spec, selector: { matchLabels: { c: 'd' } } } };
    expect(refusal({ verb: 'apply', ...target('Deployment', 'web'), body: other })).toContain(
      'spec.selector: Invalid value: field is immutable',
    );
  });

  it("lets an end stand that a kubelet's write on its way knows nothing of", () => {
    const { metadata, status } = create(POD) as Pod;
    const write = (phase: string, asPatch: boolean, more: object = {}): Pod['status'] => {
      const body = { metadata: { uid: metadata.uid }, status: { ...status, phase, ...more } };
      return (
        ok(server.handle({ verb: 'update', subresource: 'status', ...target('Pod', 'web'), body, asPatch })) as Pod
      ).status;
    };
    write('Running', true);
    write('Failed', false, { reason: 'NodeLost' });
    expect(write('Running', true, { podIP: '10.0.0.1' })).toMatchObject({
      phase: 'Failed',
      reason: 'NodeLost',
      podIP: '10.0.0.1',
    });
  });

  it('refuses changes of a pod spec but for images', () => {
    create(POD);
    const patch = (spec: object): ApiRequest => ({ verb: 'patch', ...target('Pod', 'web'), patch: { spec } });
    expect(ok(server.handle(patch({ containers: [{ name: 'c', image: 'j' }] })))).toMatchObject({
      metadata: { generation: 2 },
    });
    expect(refusal(patch({ hostNetwork: true }))).toContain('pod updates may not change fields other than');
  });
});

describe('bind', () => {
  it('assigns a pod once', () => {
    const pod = create(POD);
    const bound = ok(server.handle(bindTo(pod, 'n1'))) as Pod;
    expect(bound.spec.nodeName).toBe('n1');
    expect(bound.spec.containers).toBe((pod as Pod).spec.containers);
    expect(bound.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    expect(refusal(bindTo(pod, 'n2'))).toContain('already assigned to node "n1"');
  });
});

describe('delete', () => {
  const gone = (name: string): boolean => server.get('Pod', 'default', name) === undefined;

  it('removes what runs nowhere at once', () => {
    create(POD);
    ok(server.handle({ verb: 'delete', ...target('Pod', 'web') }));
    expect(gone('web')).toBe(true);
    expect(changes.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
  });

  it('gives a running pod its grace period, which a second deletion may shorten', () => {
    ok(server.handle(bindTo(create(POD), 'n1')));
    const marked = ok(server.handle({ verb: 'delete', ...target('Pod', 'web') }));
    expect(marked.metadata).toMatchObject({
      deletionTimestamp: '2026-01-05T00:00:30Z',
      deletionGracePeriodSeconds: 30,
    });
    expect(ok(server.handle({ verb: 'delete', ...target('Pod', 'web') }))).toBe(marked);
    const sooner = ok(server.handle({ verb: 'delete', ...target('Pod', 'web'), options: { gracePeriodSeconds: 5 } }));
    expect(sooner.metadata).toMatchObject({ deletionTimestamp: '2026-01-05T00:00:05Z' });
    ok(server.handle({ verb: 'delete', ...target('Pod', 'web'), options: { gracePeriodSeconds: 0 } }));
    expect(gone('web')).toBe(true);
  });

  it('waits for finalizers', () => {
    create({ ...POD, metadata: { name: 'web', finalizers: ['a.example/one'] } });
    const held = ok(server.handle({ verb: 'delete', ...target('Pod', 'web') }));
    expect(held.metadata.deletionGracePeriodSeconds).toBe(0);
    ok(server.handle({ verb: 'patch', ...target('Pod', 'web'), patch: { metadata: { finalizers: null } } }));
    expect(gone('web')).toBe(true);
  });

  it('refuses where the precondition does not hold', () => {
    create(POD);
    const options = { preconditions: { uid: 'another' } };
    expect(refusal({ verb: 'delete', ...target('Pod', 'web'), options })).toContain('409 Conflict');
  });

  it('marks owners for foreground deletion', () => {
    create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } });
    const options = { propagationPolicy: 'Foreground' } as const;
    const held = ok(server.handle({ verb: 'delete', ...target('ConfigMap', 'c'), options }));
    expect(held.metadata.finalizers).toEqual(['foregroundDeletion']);
  });
});

describe('evict', () => {
  const budget = (allowed: number): object => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    status: { disruptionsAllowed: allowed, currentHealthy: 1, desiredHealthy: 1 },
  });

  it('spends a budget and refuses when it is spent', () => {
    const made = create(budget(1)) as KubeObject & { status?: object };
    const evict = (name: string): ApiRequest => ({ verb: 'evict', kind: 'Pod', namespace: 'default', name });
    const status = { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, observedGeneration: 1 };
    ok(
      server.handle({
        verb: 'update',
        subresource: 'status',
        ...target('PodDisruptionBudget', 'b'),
        body: { ...made, status } as KubeObject,
      }),
    );
    for (const name of ['one', 'two']) {
      ok(server.handle(bindTo(create({ ...POD, metadata: { name, labels: { app: 'web' } } }), 'n1')));
      const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
      ok(server.handle({ verb: 'patch', subresource: 'status', ...target('Pod', name), patch: running }));
    }
    expect(ok(server.handle(evict('one'))).metadata.deletionTimestamp).toBeDefined();
    expect(refusal(evict('two'))).toContain(
      "429 TooManyRequests: Cannot evict pod as it would violate the pod's disruption budget",
    );
    // What was granted is noted down until the budget's controller sees it.
    const noted = server.get<PodDisruptionBudget>('PodDisruptionBudget', 'default', 'b')?.status?.disruptedPods;
    expect(Object.keys(noted ?? {})).toEqual(['one']);
  });
});

describe('reading', () => {
  it('lists by namespace, labels and fields, in order of creation', () => {
    create({ ...POD, metadata: { name: 'b', labels: { tier: 'x' } } });
    create({ ...POD, metadata: { name: 'a', labels: { tier: 'y' } } });
    const names = (options: object): string[] => server.list('Pod', options).items.map(({ metadata }) => metadata.name);
    expect(names({})).toEqual(['b', 'a']);
    expect(names({ labelSelector: { matchLabels: { tier: 'y' } } })).toEqual(['a']);
    expect(names({ fieldSelector: 'metadata.name!=a,status.phase=Pending' })).toEqual(['b']);
    expect(names({ namespace: 'kube-system' })).toEqual([]);
    expect(() => names({ fieldSelector: 'nonsense' })).toThrow('not a field selector term');
  });

  it('tells changes after a revision until they are compacted', () => {
    create(POD);
    const { revision } = server;
    create({ ...POD, metadata: { name: 'later' } });
    expect(server.changesAfter(revision).map(({ key }) => key)).toEqual(['default/later']);
    server.compact(revision + 1);
    expect(() => server.changesAfter(revision)).toThrow('has been compacted');
    expect(server.changesAfter(revision + 1)).toEqual([]);
  });
});

describe('save and restore', () => {
  it('goes on as if nothing had been', () => {
    create(POD);
    const saved = structuredClone(server.save());
    const goOn = (): string => {
      create({ apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'p-' }, spec: POD.spec });
      create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 1 }] } });
      return server.hash;
    };
    const hash = goOn();
    server.restore(saved);
    expect(server.hash).not.toBe(hash);
    expect(goOn()).toBe(hash);
  });
});
