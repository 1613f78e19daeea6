import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod, Service } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import { Calendar } from '../api/timestamps.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { Kernel } from '../kernel/kernel.ts';
import { endpointOf } from '../network/endpoints.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { Invariants } from './invariants.ts';

let server: ApiServer;

function create(kind: string, body: object): KubeObject {
  const result = server.handle({ verb: 'create', kind, namespace: 'default', name: '', body });
  if (!result.ok) throw new Error(result.status.message);
  return result.object;
}

function pod(name: string, cpu = '1', node?: string): Pod {
  const spec = { containers: [{ name: 'c', resources: { requests: { cpu } } }] };
  const made = create('Pod', { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }) as Pod;
  if (node === undefined) return made;
  const { uid } = made.metadata;
  const bound = server.handle({ verb: 'bind', kind: 'Pod', namespace: 'default', name, uid, nodeName: node });
  if (!bound.ok) throw new Error(bound.status.message);
  return bound.object as Pod;
}

function status(name: string, patch: object): void {
  const request = { verb: 'patch', subresource: 'status', kind: 'Pod', namespace: 'default', name } as const;
  const result = server.handle({ ...request, patch: { status: patch } });
  if (!result.ok) throw new Error(result.status.message);
}

const STARTED = { startTime: '2026-01-05T00:00:00Z' };
const READY = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...STARTED };

function slice(target: Pod): object {
  const { name, uid } = target.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 's' },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: 'Pod', namespace: 'default', name, uid },
      },
    ],
  };
}

beforeEach(() => {
  server = new ApiServer(new Kernel({ seed: 1 }), new Calendar('2026-01-05T00:00:00Z'), DEFAULT_SETTINGS.apiServer);
  create('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const capacity = { cpu: '2', memory: '4Gi', pods: '3' };
  create('Node', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {}, status: { capacity } });
});

describe('invariants', () => {
  it('let an ordinary life pass', () => {
    const invariants = new Invariants(server);
    const made = pod('a', '2', 'n1');
    status('a', STARTED);
    status('a', READY);
    create('EndpointSlice', slice(made));
    status('a', { phase: 'Succeeded', conditions: [] });
    pod('b', '2', 'n1');
    status('b', STARTED);
    expect(invariants.checked).toBe(9);
  });

  it('stop a run that puts too much on a node, and tell the object’s history', () => {
    const made = new Invariants(server);
    pod('a', '1500m', 'n1');
    pod('b', '600m', 'n1');
    status('a', STARTED);
    expect(() => status('b', STARTED)).toThrow(/n1 carries 2100 of 2000 cpu\n.*history.*\n.*ADDED Pending\n.*on n1/);
    expect(made.checked).toBeGreaterThan(0);
  });

  it('count pods against a node’s number of pods', () => {
    const made = new Invariants(server);
    for (const name of ['a', 'b', 'c', 'd']) pod(name, '1m', 'n1');
    for (const name of ['a', 'b', 'c']) status(name, STARTED);
    expect(() => status('d', STARTED)).toThrow('n1 carries 4 of 3 pods');
    expect(made.checked).toBeGreaterThan(0);
  });

  it('stop a run whose pods go back in their lives', () => {
    const made = new Invariants(server);
    pod('a', '1', 'n1');
    status('a', READY);
    expect(() => status('a', { phase: 'Pending' })).toThrow("a pod's phases come in order: Running, then Pending");
    expect(made.checked).toBeGreaterThan(0);
  });

  it('stop a run that binds a pod twice', () => {
    const made = new Invariants(server);
    const bound = pod('a', '1', 'n1');
    // The server itself refuses this; only a fault of its own could let it through.
    const corrupted = server.save() as { storage: { store: { entries: [string, { object: Pod }[]][] } } };
    for (const [kind, entries] of corrupted.storage.store.entries) {
      for (const entry of kind === 'Pod' ? entries : []) {
        entry.object = { ...bound, spec: { ...bound.spec, nodeName: '' } };
      }
    }
    server.restore(corrupted);
    const { uid } = bound.metadata;
    const request = { verb: 'bind', kind: 'Pod', namespace: 'default', name: 'a', uid, nodeName: 'n2' } as const;
    expect(() => server.handle(request)).toThrow('no pod is bound twice: it was on n1, now n2');
    expect(made.checked).toBeGreaterThan(0);
  });

  it('take an endpoint as its maker saw the pod, however long ago', () => {
    const made = new Invariants(server);
    pod('a', '1', 'n1');
    status('a', READY);
    const seen = server.get<Pod>('Pod', 'default', 'a') as Pod;
    status('a', { conditions: [{ type: 'Ready', status: 'False' }] });
    const service = { spec: {} } as Service;
    const made1 = { ...slice(seen), endpoints: [endpointOf(seen, service, undefined)] };
    expect(() => create('EndpointSlice', made1)).not.toThrow();
    const { resourceVersion } = (server.get<Pod>('Pod', 'default', 'a') as Pod).metadata;
    const mistaken = endpointOf({ ...seen, metadata: { ...seen.metadata, resourceVersion } }, service, undefined);
    const made2 = { ...slice(seen), metadata: { name: 't' }, endpoints: [mistaken] };
    expect(() => create('EndpointSlice', made2)).toThrow(`a was not at revision ${resourceVersion}`);
    expect(made.checked).toBeGreaterThan(0);
  });

  it('stop a run whose endpoints are ready before their pods', () => {
    const made = new Invariants(server);
    const target = pod('a', '1', 'n1');
    expect(() => create('EndpointSlice', slice(target))).toThrow(
      'an endpoint is ready only where its pod was seen ready',
    );
    expect(made.checked).toBeGreaterThan(0);
  });
});
