import { describe, expect, it } from 'vitest';
import type { Pod, PodTemplateSpec, Service } from './core.ts';
import { applyDefaults } from './defaulting.ts';
import type { Draft } from './meta.ts';
import type { Deployment, Job } from './workloads.ts';

const template: PodTemplateSpec = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
};

function pod(spec: Pod['spec']): Draft<Pod> {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
}

function deployment(spec: Partial<Deployment['spec']> = {}): Draft<Deployment> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec },
  };
}

function job(spec: Partial<Job['spec']>): Draft<Job> {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec: { template, ...spec } };
}

describe('defaults of the API server', () => {
  it('fills in a pod and keeps what is there', () => {
    const { spec } = applyDefaults('Pod', pod({ containers: [{ name: 'c', image: 'a/b' }], restartPolicy: 'Never' }));
    expect(spec).toMatchObject({
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      schedulerName: 'default-scheduler',
      containers: [{ imagePullPolicy: 'Always' }],
    });
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:1.27', 'IfNotPresent'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('pulls %s: %s', (image, policy) => {
    expect(applyDefaults('Pod', pod({ containers: [{ name: 'c', image }] })).spec.containers[0]?.imagePullPolicy).toBe(
      policy,
    );
  });

  it("takes a pod's requests from its limits, resource by resource, but not a template's", () => {
    const resources = { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } };
    const spec = { containers: [{ name: 'c', image: 'x:1', resources }] };
    expect(applyDefaults('Pod', pod(spec)).spec.containers[0]?.resources?.requests).toEqual({
      cpu: '1',
      memory: '1Gi',
    });
    const inTemplate = applyDefaults('Deployment', deployment({ template: { spec } })).spec.template.spec;
    expect(inTemplate.containers[0]?.resources?.requests).toEqual({ cpu: '1' });
  });

  it('takes the host port from the container port on the host network', () => {
    const spec = { hostNetwork: true, containers: [{ name: 'c', image: 'x:1', ports: [{ containerPort: 80 }] }] };
    expect(applyDefaults('Pod', pod(spec)).spec.containers[0]?.ports).toEqual([
      { containerPort: 80, hostPort: 80, protocol: 'TCP' },
    ]);
  });

  it('fills in a Deployment: one replica, 25 % either way, ten revisions, ten minutes', () => {
    expect(applyDefaults('Deployment', deployment()).spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
  });

  it('leaves Recreate without a rollingUpdate, and zero replicas as they are', () => {
    const { spec } = applyDefaults('Deployment', deployment({ strategy: { type: 'Recreate' }, replicas: 0 }));
    expect(spec.strategy).toEqual({ type: 'Recreate' });
    expect(spec.replicas).toBe(0);
  });

  it('reads a Job with parallelism alone as a work queue', () => {
    expect(applyDefaults('Job', job({})).spec).toMatchObject({ completions: 1, parallelism: 1, backoffLimit: 6 });
    expect(applyDefaults('Job', job({ parallelism: 3 })).spec.completions).toBeUndefined();
    expect(applyDefaults('Job', job({ completions: 3 })).spec.parallelism).toBe(1);
  });

  it('sends a Service to the port of the same number', () => {
    const draft: Draft<Service> = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }] },
    };
    expect(applyDefaults('Service', draft).spec).toMatchObject({
      type: 'ClusterIP',
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    });
  });

  it('labels a Namespace with its name', () => {
    const draft: Draft = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };
    expect(applyDefaults('Namespace', draft).metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'n' });
  });

  it('gives one spec for one spec, so that the pods of a template share it', () => {
    const first = applyDefaults('Pod', pod(template.spec)).spec;
    expect(applyDefaults('Pod', pod(template.spec)).spec).toBe(first);
    expect(applyDefaults('Pod', pod(first)).spec).toBe(first);
    const defaulted = applyDefaults('Deployment', deployment()).spec.template;
    expect(applyDefaults('Deployment', deployment()).spec.template).toBe(defaulted);
  });

  it('returns a fully defaulted object as it is', () => {
    const once = applyDefaults('Deployment', deployment());
    expect(applyDefaults('Deployment', once)).toBe(once);
  });
});
