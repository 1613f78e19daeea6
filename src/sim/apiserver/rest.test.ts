import { beforeEach, describe, expect, it } from 'vitest';
import { Calendar } from '../api/timestamps.ts';
import { Kernel } from '../kernel/kernel.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { ApiServer } from './api-server.ts';
import type { KubeList } from './list-request.ts';
import { pathOf, rest } from './rest.ts';
import type { RestRequest } from './rest.ts';

interface Json {
  readonly [key: string]: Json;
}

let server: ApiServer;

beforeEach(() => {
  server = new ApiServer(new Kernel({ seed: '1' }), new Calendar('2026-01-05T00:00:00Z'), DEFAULT_SETTINGS.apiServer);
  call('POST', '/api/v1/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'default' } });
});

function call(
  method: RestRequest['method'],
  path: string,
  body?: unknown,
  more: Partial<RestRequest> = {},
): { code: number; body: Json } {
  return rest(server, { method, path, body, ...more }) as unknown as { code: number; body: Json };
}

const deployments = pathOf('Deployment', 'default');
const web = `${deployments}/web`;
const configMaps = pathOf('ConfigMap', 'default');

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'main', image: 'web:1', env: [{ name: 'A', value: '1' }] },
          { name: 'side', image: 'side:1' },
        ],
      },
    },
  },
};

function patch(
  type: string,
  body: unknown,
  query: Readonly<Record<string, string>> = {},
): { code: number; body: Json } {
  const contentType = type === 'apply' ? 'application/apply-patch+yaml' : `application/${type}+json`;
  return call('PATCH', web, body, { contentType, query });
}

function create(name: string): void {
  call('POST', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
}

function list(query: Readonly<Record<string, string>>): { code: number; body: KubeList & Json } {
  return call('GET', configMaps, undefined, { query }) as { code: number; body: KubeList & Json };
}

const names = ({ body }: { body: KubeList }): readonly string[] => body.items.map(({ metadata }) => metadata.name);

describe('verbs', () => {
  it('create, read, replace and delete by path', () => {
    expect(call('POST', deployments, deployment).code).toBe(201);
    expect(call('POST', deployments, deployment)).toMatchObject({
      code: 409,
      body: { reason: 'AlreadyExists', message: 'deployments.apps "web" already exists' },
    });
    const { body } = call('GET', web);
    expect(call('PUT', web, { ...body, metadata: { ...body['metadata'], labels: { app: 'x' } } }).code).toBe(200);
    expect(call('PUT', web, body)).toMatchObject({
      code: 409,
      body: { details: { group: 'apps', kind: 'deployments' } },
    });
    expect(call('DELETE', web)).toMatchObject({ code: 200, body: { kind: 'Status', status: 'Success' } });
    expect(call('GET', web)).toMatchObject({ code: 404, body: { message: 'deployments.apps "web" not found' } });
  });

  it.each([
    ['GET', '/api/v1/namespaces/default/nonsense', undefined, 404, 'the server could not find the requested resource'],
    ['PUT', deployments, {}, 405, 'the server does not allow this method on the requested resource'],
    [
      'POST',
      deployments,
      { ...deployment, kind: 'Pod' },
      400,
      'Pod in version "apps/v1" cannot be handled as a Deployment',
    ],
    [
      'POST',
      deployments,
      { ...deployment, metadata: { name: 'web', namespace: 'other' } },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'PUT',
      `${deployments}/other`,
      deployment,
      400,
      'the name of the object (web) does not match the name on the URL (other)',
    ],
  ] as const)('%s %s is refused as by the real server', (method, path, body, code, message) => {
    expect(call(method, path, body)).toMatchObject({ code, body: { kind: 'Status', status: 'Failure', message } });
  });

  it('bind and evict pods', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }] } };
    call('POST', pathOf('Pod', 'default'), pod);
    const path = pathOf('Pod', 'default', 'p');
    expect(call('POST', `${path}/binding`, { target: { name: 'node-1' } })).toMatchObject({ code: 201 });
    expect(call('GET', path).body['spec']).toMatchObject({ nodeName: 'node-1' });
    expect(call('POST', `${path}/binding`, { target: { name: 'node-2' } }).code).toBe(409);
    expect(call('POST', `${path}/eviction`, {}).code).toBe(201);
    expect(call('GET', path).body['metadata']).toMatchObject({ deletionGracePeriodSeconds: 30 });
  });

  it('delete a collection by its labels', () => {
    for (const [name, tier] of [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'x'],
    ]) {
      call('POST', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { tier } } });
    }
    call('DELETE', configMaps, undefined, { query: { labelSelector: 'tier in (x, z),!old' } });
    expect(names(list({}))).toEqual(['b']);
  });

  it('scale by the sub-resource', () => {
    call('POST', deployments, deployment);
    const { body } = call('GET', `${web}/scale`);
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { selector: 'app=web' } });
    expect(call('PUT', `${web}/scale`, { ...body, spec: { replicas: 5 } }).body).toMatchObject({
      spec: { replicas: 5 },
    });
    expect(call('PUT', `${web}/scale`, { ...body, spec: { replicas: 6 } }).code).toBe(409);
    const merge = { contentType: 'application/merge-patch+json' };
    call('PATCH', `${web}/scale`, { spec: { replicas: 7 } }, merge);
    expect(call('GET', web).body['spec']).toMatchObject({ replicas: 7 });
  });
});

describe('lists', () => {
  it('come by pages of one revision, whatever is written between', () => {
    for (const name of ['c', 'a', 'd', 'b']) create(name);
    const first = list({ limit: '2' });
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.body.metadata.continue).toBeDefined();
    create('bb');
    call('DELETE', `${configMaps}/d`);
    const second = list({ limit: '2', continue: first.body.metadata.continue as string });
    expect(names(second)).toEqual(['c', 'd']);
    expect(second.body.metadata).toEqual({ resourceVersion: first.body.metadata.resourceVersion });
    expect(names(list({}))).toEqual(['a', 'b', 'bb', 'c']);
  });

  it('say how many are left, where no selector hides it', () => {
    for (const name of ['default', 'kube-a', 'kube-b', 'kube-c']) {
      call('POST', '/api/v1/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
    }
    const { body } = call('GET', '/api/v1/namespaces', undefined, { query: { limit: '1' } });
    expect(body['metadata']).toMatchObject({ remainingItemCount: 3 });
  });

  it('that go on after a compaction are told 410 and a token to go on without a common revision', () => {
    for (const name of ['a', 'b', 'c']) create(name);
    const first = list({ limit: '1' });
    create('aa');
    server.compact(server.revision);
    const expired = list({ limit: '1', continue: first.body.metadata.continue as string });
    expect(expired).toMatchObject({ code: 410, body: { reason: 'Expired' } });
    expect(names(list({ continue: expired.body.metadata.continue as string }))).toEqual(['aa', 'b', 'c']);
  });

  it('are of the revision asked for, exactly or at least', () => {
    create('a');
    const { revision } = server;
    create('b');
    const exact = { resourceVersion: String(revision), resourceVersionMatch: 'Exact' };
    expect(names(list(exact))).toEqual(['a']);
    expect(names(list({ ...exact, resourceVersionMatch: 'NotOlderThan' }))).toEqual(['a', 'b']);
    expect(names(list({ resourceVersion: '0' }))).toEqual(['a', 'b']);
    server.compact(server.revision);
    expect(list(exact)).toMatchObject({
      code: 410,
      body: { message: 'The resourceVersion for the provided list is too old.' },
    });
    expect(list({ resourceVersion: '999' })).toMatchObject({
      code: 504,
      body: { message: 'Timeout: Too large resource version: 999, current: 4' },
    });
  });

  it.each([
    [{ resourceVersionMatch: 'Exact' }, 422, 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    [{ resourceVersion: '0', resourceVersionMatch: 'Exact' }, 422, '"exact" is forbidden for resourceVersion "0"'],
    [{ resourceVersion: '1', resourceVersionMatch: 'About' }, 422, 'Unsupported value: "About"'],
    [{ resourceVersion: 'x' }, 400, 'strconv.ParseUint: parsing "x": invalid syntax'],
    [{ continue: 'nonsense' }, 400, 'continue key is not valid'],
    [{ labelSelector: 'a=(' }, 400, 'unable to parse requirement'],
    [{ fieldSelector: 'nonsense' }, 400, 'is not a field selector term'],
  ])('with %j are refused', (query, code, message) => {
    const { code: given, body } = list(query as unknown as Readonly<Record<string, string>>);
    expect([given, body['message']]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('patches', () => {
  beforeEach(() => {
    call('POST', deployments, deployment);
  });

  const containers = (body: Json): Json => body['spec']?.['template']?.['spec']?.['containers'] as Json;

  it('JSON merge: lists are replaced', () => {
    const { body } = patch('merge-patch', { spec: { template: { spec: { containers: [{ name: 'only' }] } } } });
    expect(containers(body)).toHaveLength(1);
  });

  it('strategic merge: containers merge by name, and directives count', () => {
    const change = { name: 'main', image: 'web:2', env: [{ name: 'B', value: '2' }] };
    const gone = { name: 'side', $patch: 'delete' };
    const order = [{ name: 'B' }, { name: 'A' }];
    const merged = patch('strategic-merge-patch', {
      spec: { template: { spec: { containers: [{ ...change, '$setElementOrder/env': order }, gone] } } },
    });
    expect(containers(merged.body)).toMatchObject([
      {
        name: 'main',
        image: 'web:2',
        env: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
      },
    ]);
  });

  it('JSON patch: operations in order, or none of them', () => {
    const replaced = patch('json-patch', [
      { op: 'test', path: '/spec/replicas', value: 3 },
      { op: 'replace', path: '/spec/replicas', value: 4 },
      { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'x' } },
      { op: 'copy', from: '/metadata/annotations/a~1b', path: '/metadata/annotations/c' },
      { op: 'remove', path: '/spec/template/spec/containers/1' },
    ]);
    expect(replaced.body).toMatchObject({ metadata: { annotations: { 'a/b': 'x', c: 'x' } }, spec: { replicas: 4 } });
    expect(containers(replaced.body)).toHaveLength(1);
    const refused = patch('json-patch', [
      { op: 'replace', path: '/spec/replicas', value: 9 },
      { op: 'test', path: '/spec/paused', value: true },
    ]);
    expect(refused).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
    expect(call('GET', web).body['spec']).toMatchObject({ replicas: 4 });
  });

  it('of unknown type are refused with what is accepted', () => {
    expect(patch('nonsense', {})).toMatchObject({ code: 415, body: { reason: 'UnsupportedMediaType' } });
  });
});

describe('server-side apply', () => {
  const apply = (manager: string, spec: object, force = false): { code: number; body: Json } => {
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
    return patch('apply', body, { fieldManager: manager, ...(force ? { force: 'true' } : {}) });
  };
  const { selector, template } = deployment.spec;
  interface Entry {
    readonly manager: string;
    readonly operation: string;
    readonly fieldsV1: Json;
  }
  const owners = (body: Json): readonly Entry[] => (body['metadata']?.['managedFields'] ?? []) as unknown as Entry[];
  const managers = (body: Json): readonly string[] =>
    owners(body).map(({ manager, operation }) => `${manager} ${operation}`);

  it('creates what is not there, owned by its manager', () => {
    const { code, body } = apply('a', { selector, template, replicas: 2 });
    expect([code, managers(body)]).toEqual([201, ['a Apply']]);
    const [entry] = owners(body);
    expect(entry?.fieldsV1['f:spec']).toMatchObject({
      'f:replicas': {},
      'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } },
    });
  });

  it('refuses to change what another manager has set, unless it is forced', () => {
    apply('a', { selector, template, replicas: 2 });
    expect(apply('b', { replicas: 5 })).toMatchObject({
      code: 409,
      body: {
        message: 'Apply failed with 1 conflict: conflict with "a" using apps/v1: .spec.replicas',
        details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas' }] },
      },
    });
    // The same value is no conflict: both own it.
    expect(apply('b', { replicas: 2 }).code).toBe(200);
    expect(apply('b', { replicas: 5 }, true).body['spec']).toMatchObject({ replicas: 5 });
    // It is b's alone now: a may leave it out, and may not say otherwise.
    expect(apply('a', { selector, template, replicas: 2 }).code).toBe(409);
    expect(apply('a', { selector, template }).body['spec']).toMatchObject({ replicas: 5 });
  });

  it('removes what its manager no longer says and nobody else owns', () => {
    apply('a', { selector, template, replicas: 2, minReadySeconds: 5, paused: true });
    apply('b', { paused: true });
    const { body } = apply('a', { selector, template, replicas: 2 });
    expect(body['spec']).toMatchObject({ paused: true });
    // Nobody says it any more, so its default is back.
    expect(body['spec']?.['minReadySeconds'] ?? 0).toBe(0);
  });

  it('removes an item of a list by its key, and leaves those of others', () => {
    apply('a', { selector, template });
    const injected = { metadata: template.metadata, spec: { containers: [{ name: 'proxy', image: 'p:1' }] } };
    apply('injector', { template: { spec: injected.spec } });
    const containers = [template.spec.containers[0]];
    const { body } = apply('a', { selector, template: { ...template, spec: { containers } } });
    const left = body['spec']?.['template']?.['spec']?.['containers'] as unknown as { name: string }[];
    expect(left.map(({ name }) => name)).toEqual(['main', 'proxy']);
  });

  it('takes what was there before it as owned by before-first-apply', () => {
    call('POST', deployments, deployment);
    const refused = apply('a', { replicas: 9 });
    expect(refused.body['message']).toContain('conflict with "before-first-apply" using apps/v1');
    expect(managers(apply('a', { replicas: 3 }).body)).toEqual(['before-first-apply Update', 'a Apply']);
  });

  it('gives other writers what they change', () => {
    apply('a', { selector, template, replicas: 2 });
    call(
      'PATCH',
      web,
      { spec: { replicas: 7 } },
      { contentType: 'application/merge-patch+json', userAgent: 'kubectl/v1.34' },
    );
    const { body } = call('GET', web);
    expect(managers(body)).toEqual(['a Apply', 'kubectl Update']);
    expect(apply('a', { selector, template, replicas: 2 })).toMatchObject({
      code: 409,
      body: { message: expect.stringContaining('conflict with "kubectl" using apps/v1') as unknown },
    });
    call(
      'PATCH',
      `${web}/status`,
      { status: { replicas: 7 } },
      { contentType: 'application/merge-patch+json', userAgent: 'kcm' },
    );
    const entry = owners(call('GET', web).body).at(-1);
    expect(entry).toMatchObject({
      manager: 'kcm',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:replicas': {} } },
    });
  });

  it('needs a manager', () => {
    expect(patch('apply', deployment)).toMatchObject({ code: 422 });
  });
});
