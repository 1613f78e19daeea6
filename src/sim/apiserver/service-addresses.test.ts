import { beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../api/core.ts';
import { Calendar } from '../api/timestamps.ts';
import { Kernel } from '../kernel/kernel.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { ApiServer } from './api-server.ts';
import type { ApiResult } from './request.ts';

let server: ApiServer;

function create(name: string, spec: object): ApiResult {
  const body = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } };
  return server.handle({ verb: 'create', kind: 'Service', namespace: 'default', name: '', body });
}

function spec(name: string, fields: object): Service['spec'] {
  const result = create(name, fields);
  if (!result.ok) throw new Error(result.status.message);
  return (result.object as Service).spec;
}

const refusal = (result: ApiResult): string => (result.ok ? '' : `${result.status.code} ${result.status.message}`);
const nodePort = (port: number): object => ({ type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
const remove = (name: string): ApiResult =>
  server.handle({ verb: 'delete', kind: 'Service', namespace: 'default', name });

beforeEach(() => {
  server = new ApiServer(new Kernel({ seed: 1 }), new Calendar('2026-01-05T00:00:00Z'), DEFAULT_SETTINGS.apiServer);
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
  server.handle({ verb: 'create', kind: 'Namespace', namespace: '', name: 'default', body });
});

describe('addresses of Services', () => {
  it('are not given out where somebody has asked for them', () => {
    spec('a', { clusterIP: '10.96.0.11' });
    spec('b', nodePort(30_000));
    const { clusterIP, ports } = spec('c', { type: 'NodePort' });
    expect([clusterIP, ports?.[0]?.nodePort]).toEqual(['10.96.0.13', 30_001]);
  });

  it('are refused where another Service has them, until that is gone', () => {
    spec('a', { ...nodePort(31_000), clusterIP: '10.96.9.9' });
    expect(refusal(create('b', nodePort(31_000)))).toBe(
      '422 Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 31000: provided port is already allocated',
    );
    expect(refusal(create('b', { clusterIP: '10.96.9.9' }))).toBe(
      '422 Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.9.9"]: failed to allocate IP 10.96.9.9: provided IP is already allocated',
    );
    remove('a');
    expect(refusal(create('b', { ...nodePort(31_000), clusterIP: '10.96.9.9' }))).toBe('');
  });

  it('are refused outside of the range of node ports', () => {
    expect(refusal(create('a', nodePort(8080)))).toBe(
      '422 Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
  });

  it('stay what they are when a Service changes, and are refused when it changes to what another one has', () => {
    spec('a', nodePort(31_000));
    const before = spec('b', { type: 'NodePort' });
    const patch = (change: object): ApiResult =>
      server.handle({ verb: 'patch', kind: 'Service', namespace: 'default', name: 'b', patch: { spec: change } });
    const after = patch({ selector: { app: 'b' } });
    expect(after.ok && (after.object as Service).spec.ports).toEqual(before.ports);
    expect(refusal(patch({ ports: [{ port: 80, nodePort: 31_000 }] }))).toContain('provided port is already allocated');
  });

  it('of load balancers with a local policy have a port for their looks', () => {
    const local = spec('a', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect([local.ports?.[0]?.nodePort, local.healthCheckNodePort]).toEqual([30_000, 30_001]);
    expect(spec('b', { type: 'LoadBalancer' }).healthCheckNodePort).toBeUndefined();
  });

  it('run out of node ports, and come back', () => {
    const ports = Array.from({ length: 1384 }, (_, i) => ({ port: i + 1 }));
    spec('a', { type: 'NodePort', ports });
    spec('b', { type: 'NodePort', ports: ports.slice(0, 1383) });
    expect(refusal(create('c', { type: 'NodePort' }))).toBe('500 failed to allocate a nodePort: range is full');
    remove('a');
    expect(refusal(create('c', { type: 'NodePort' }))).toBe('');
  });
});
