import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import { Calendar } from '../api/timestamps.ts';
import type { ResourceQuota } from '../api/workloads.ts';
import { Kernel } from '../kernel/kernel.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { ApiServer } from './api-server.ts';

let server: ApiServer;

beforeEach(() => {
  const settings = { ...DEFAULT_SETTINGS.apiServer, enableAdmissionPlugins: ['PodNodeSelector'] };
  server = new ApiServer(new Kernel({ seed: '1' }), new Calendar('2026-01-05T00:00:00Z'), settings);
  create('Namespace', 'shop');
  create('Namespace', 'other');
});

/** Creates an object; says what it has become, or why not. */
function create(kind: string, name: string, content: object = {}, metadata: object = {}): KubeObject | string {
  const namespace =
    ['Namespace', 'StorageClass', 'PriorityClass'].includes(kind) || kind.startsWith('Validating') ? '' : 'shop';
  const home = namespace === '' ? {} : { namespace };
  const body = { apiVersion: 'v1', kind, metadata: { name, ...home, ...metadata }, ...content };
  const result = server.handle({ verb: 'create', kind, namespace, name, body }, undefined, 'jane');
  return result.ok ? result.object : `${result.status.code} ${result.status.message}`;
}

function pod(name: string, resources: object = {}, spec: object = {}): Pod | string {
  return create('Pod', name, { spec: { containers: [{ name: 'main', image: 'x', resources }], ...spec } }) as
    Pod | string;
}

function limitRange(...limits: readonly object[]): void {
  create('LimitRange', 'limits', { spec: { limits } });
}

describe('LimitRanger', () => {
  it("gives containers the namespace's defaults, and says so in the pod", () => {
    limitRange({ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m', memory: '64Mi' } });
    const made = pod('a', { requests: { cpu: '200m' } }) as Pod;
    expect(made.spec.containers[0]?.resources).toEqual({
      requests: { cpu: '200m', memory: '64Mi' },
      limits: { cpu: '500m' },
    });
    expect(made.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: memory request for container main; cpu limit for container main',
    });
  });

  it.each([
    [
      { type: 'Container', min: { cpu: '100m' } },
      { requests: { cpu: '50m' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      { type: 'Container', max: { cpu: '1' } },
      { limits: { cpu: '2' } },
      'maximum cpu usage per Container is 1, but limit is 2',
    ],
    [{ type: 'Pod', max: { memory: '1Gi' } }, {}, 'maximum memory usage per Pod is 1Gi.  No limit is specified'],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '100m' }, limits: { cpu: '300m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
  ])('refuses what goes beyond %j', (item, resources, why) => {
    limitRange(item);
    expect(pod('a', resources)).toBe(`403 pods "a" is forbidden: ${why}`);
  });

  it('looks at claims, and at nothing in other namespaces', () => {
    limitRange({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' } }, { type: 'Container', min: { cpu: '1' } });
    const spec = { resources: { requests: { storage: '500Mi' } } };
    expect(create('PersistentVolumeClaim', 'c', { spec })).toContain(
      'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi',
    );
    const elsewhere = create('Pod', 'b', { spec: { containers: [{ name: 'c' }] } }, { namespace: 'other' });
    expect(elsewhere).toMatchObject({ kind: 'Pod' });
  });
});

describe('ResourceQuota', () => {
  const used = (): object | undefined => server.get<ResourceQuota>('ResourceQuota', 'shop', 'q')?.status?.used;

  it('charges what is created, and refuses what goes beyond', () => {
    pod('before', { requests: { cpu: '500m' } });
    create('ResourceQuota', 'q', { spec: { hard: { pods: '3', 'requests.cpu': '1' } } });
    expect(pod('a', { requests: { cpu: '250m' } })).toMatchObject({ kind: 'Pod' });
    expect(used()).toEqual({ pods: '2', 'requests.cpu': '750m' });
    expect(pod('b', { requests: { cpu: '500m' } })).toBe(
      '403 pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=750m, limited: requests.cpu=1',
    );
    expect(pod('c')).toBe('403 pods "c" is forbidden: failed quota: q: must specify requests.cpu for: main');
    expect(used()).toEqual({ pods: '2', 'requests.cpu': '750m' });
  });

  it('counts objects of any kind, and by scope', () => {
    create('ResourceQuota', 'q', { spec: { hard: { configmaps: '1', 'count/deployments.apps': '0' } } });
    expect(create('ConfigMap', 'a')).toMatchObject({ kind: 'ConfigMap' });
    expect(create('ConfigMap', 'b')).toContain(
      'exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    );
    create('ResourceQuota', 'scoped', { spec: { hard: { pods: '0' }, scopes: ['Terminating'] } });
    expect(pod('runs-on')).toMatchObject({ kind: 'Pod' });
    expect(pod('ends', {}, { activeDeadlineSeconds: 5 })).toContain('exceeded quota: scoped');
  });
});

describe('plugins that complete pods and claims', () => {
  it('ServiceAccount: the default one, which is waited for; another one must be there where there are any', () => {
    expect(pod('a')).toMatchObject({ spec: { serviceAccountName: 'default' } });
    create('ServiceAccount', 'builder');
    expect(pod('b')).toMatchObject({ spec: { serviceAccountName: 'default' } });
    expect(pod('d', {}, { serviceAccountName: 'bilder' })).toBe(
      '403 pods "d" is forbidden: error looking up service account shop/bilder: serviceaccount "bilder" not found',
    );
    expect(pod('c', {}, { serviceAccountName: 'builder' })).toMatchObject({ kind: 'Pod' });
  });

  it('DefaultStorageClass: the newest default class', () => {
    const standard = { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } };
    expect(create('PersistentVolumeClaim', 'a', { spec: {} })).not.toHaveProperty('spec.storageClassName');
    create('StorageClass', 'slow', { provisioner: 'x' });
    create('StorageClass', 'standard', { provisioner: 'x' }, standard);
    expect(create('PersistentVolumeClaim', 'b', { spec: {} })).toHaveProperty('spec.storageClassName', 'standard');
    expect(create('PersistentVolumeClaim', 'c', { spec: { storageClassName: '' } })).toHaveProperty(
      'spec.storageClassName',
      '',
    );
  });

  it("PodNodeSelector: the namespace's selector is the pod's too", () => {
    const annotations = { 'scheduler.alpha.kubernetes.io/node-selector': 'pool=blue, disk=ssd' };
    create('Namespace', 'blue', {}, { annotations });
    const made = (nodeSelector: object): unknown =>
      create(
        'Pod',
        `p-${Object.keys(nodeSelector).length}`,
        { spec: { containers: [{ name: 'c' }], nodeSelector } },
        { namespace: 'blue' },
      );
    expect(made({})).toHaveProperty('spec.nodeSelector', { pool: 'blue', disk: 'ssd' });
    expect(made({ pool: 'red' })).toContain('pod node label selector conflicts with its namespace node label selector');
  });
});

describe('ValidatingAdmissionPolicy', () => {
  const rules = [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] },
  ];
  const policy = (spec: object): KubeObject | string =>
    create('ValidatingAdmissionPolicy', 'limit', { spec: { matchConstraints: { resourceRules: rules }, ...spec } });
  const bind = (spec: object = {}): void => {
    create('ValidatingAdmissionPolicyBinding', 'limit-all', {
      spec: { policyName: 'limit', validationActions: ['Deny'], ...spec },
    });
  };
  const deployment = (name: string, replicas: number, metadata: object = {}): KubeObject | string => {
    const selector = { matchLabels: { app: name } };
    const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c' }] } };
    return create('Deployment', name, { spec: { replicas, selector, template } }, metadata);
  };

  it('denies what an expression does not hold for, in the words of the policy', () => {
    policy({
      validations: [
        {
          expression: 'object.spec.replicas <= 5',
          messageExpression: "'at most 5, not ' + string(object.spec.replicas)",
        },
      ],
    });
    bind();
    expect(deployment('a', 5)).toMatchObject({ kind: 'Deployment' });
    expect(deployment('b', 6)).toBe(
      "422 deployments.apps \"b\" is forbidden: ValidatingAdmissionPolicy 'limit' with binding 'limit-all' denied request: at most 5, not 6",
    );
    const patch = { spec: { replicas: 9 } };
    const result = server.handle({ verb: 'patch', kind: 'Deployment', namespace: 'shop', name: 'a', patch });
    expect(result.ok).toBe(false);
  });

  it('knows the old object, the user, variables, conditions, parameters and the namespace', () => {
    create('ConfigMap', 'most', { data: { replicas: '3' } });
    policy({
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'not-jill', expression: "request.userInfo.username != 'jill'" }],
      variables: [{ name: 'most', expression: 'int(params.data.replicas)' }],
      validations: [
        { expression: 'object.spec.replicas <= variables.most', message: 'too many', reason: 'Forbidden' },
        { expression: "namespaceObject.metadata.name == 'shop'" },
        { expression: 'oldObject == null || oldObject.spec.replicas <= object.spec.replicas', message: 'never fewer' },
      ],
    });
    bind({ paramRef: { name: 'most', namespace: 'shop' } });
    expect(deployment('a', 4)).toContain('403 deployments.apps "a" is forbidden');
    expect(deployment('a', 3)).toMatchObject({ kind: 'Deployment' });
    expect(deployment('b', 1, { namespace: 'other' })).toContain(
      "failed expression: namespaceObject.metadata.name == 'shop'",
    );
    const fewer = {
      verb: 'patch',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'a',
      patch: { spec: { replicas: 2 } },
    } as const;
    expect(server.handle(fewer, undefined, 'jane')).toMatchObject({
      ok: false,
      status: { message: expect.stringContaining('never fewer') as unknown },
    });
    expect(server.handle(fewer, undefined, 'jill').ok).toBe(true);
  });

  it('is nothing without a binding, and is refused where it does not compile', () => {
    policy({ validations: [{ expression: 'false' }] });
    expect(deployment('a', 1)).toMatchObject({ kind: 'Deployment' });
    const broken = { spec: { validations: [{ expression: 'object.spec.replicas <=' }] } };
    expect(create('ValidatingAdmissionPolicy', 'broken', broken)).toContain('compilation failed');
  });

  it('fails closed, or open where it says so', () => {
    const validations = [{ expression: 'object.spec.nothing == 1' }];
    policy({ validations });
    bind();
    expect(deployment('a', 1)).toContain('expression resulted in error: no such key: nothing');
    const spec = { spec: { failurePolicy: 'Ignore' } };
    server.handle({ verb: 'patch', kind: 'ValidatingAdmissionPolicy', namespace: '', name: 'limit', patch: spec });
    expect(deployment('a', 1)).toMatchObject({ kind: 'Deployment' });
  });
});
