import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from './core.ts';
import { podRequests } from './pod-requests.ts';

const container = (cpu: string, memory = '0', restartPolicy?: 'Always'): Container => ({
  name: 'c',
  resources: { requests: { cpu, memory } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});

function requests(spec: PodSpec): Record<string, number> {
  return Object.fromEntries(podRequests(spec));
}

describe('what a pod asks for', () => {
  it('is the sum of its containers, in millicores and bytes', () => {
    expect(requests({ containers: [container('100m', '1Gi'), container('0.3', '1M')] })).toEqual({
      cpu: 400,
      memory: 1024 ** 3 + 1e6,
    });
  });

  it('is at least what its greediest init container needs', () => {
    expect(
      requests({ initContainers: [container('2'), container('1')], containers: [container('500m')] }),
    ).toMatchObject({
      cpu: 2000,
    });
  });

  it('counts sidecars with the containers, and beside the init containers that start after them', () => {
    const initContainers = [container('100m'), container('200m', '0', 'Always'), container('1')];
    expect(requests({ initContainers, containers: [container('500m')] })).toMatchObject({ cpu: 1200 });
    expect(requests({ initContainers: initContainers.slice(0, 2), containers: [container('500m')] })).toMatchObject({
      cpu: 700,
    });
  });

  it('takes pod-level requests in their place and puts overhead on top', () => {
    const spec: PodSpec = {
      containers: [container('1', '1Gi')],
      resources: { requests: { cpu: '3' } },
      overhead: { cpu: '250m' },
    };
    expect(requests(spec)).toEqual({ cpu: 3250, memory: 1024 ** 3 });
  });

  it('is computed once for pods that share their containers, wherever they are bound', () => {
    const spec: PodSpec = { containers: [container('1')] };
    expect(podRequests({ ...spec, nodeName: 'n1' })).toBe(podRequests({ ...spec, nodeName: 'n2' }));
  });
});
