import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns, propertyTimeout } from '../../test/property-runs.ts';
import { RandomSource } from '../sim/kernel/random.ts';
import { initTemplate } from './init-template.ts';
import { InputError } from './input-error.ts';
import { loadArrivals } from './load-arrivals.ts';
import { loadNodes } from './load-nodes.ts';
import { loadProvider } from './load-provider.ts';
import { parseScenario } from './scenario.ts';
import { YamlSource } from './yaml.ts';

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.keys(value).flatMap((key) =>
    pathsOf((value as Record<string, unknown>)[key], [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

function damaged(document: unknown, path: Path, replacement: unknown): unknown {
  const copy: unknown = structuredClone(document);
  if (path.length === 0) return replacement;
  let holder = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (replacement === undefined) delete holder[last];
  else holder[last] = replacement;
  return copy;
}

/** Loads a scenario; answers whether it is good. Whatever is wrong with it must be told as an InputError. */
function isGood(text: string): boolean {
  try {
    const scenario = parseScenario(text, 'x.yaml');
    loadNodes(scenario);
    const provider = loadProvider(scenario, new RandomSource('1'));
    for (let i = 0; i < 20; i++) expect(provider?.spec.bootSeconds(i) ?? 0).toBeGreaterThanOrEqual(0);
    for (const source of loadArrivals(scenario, new RandomSource('1')).sources) {
      for (let i = 0; i < 20; i++) source.next();
    }
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).not.toMatch(/undefined|\[object|NaN/);
    return false;
  }
}

/** One object of most kinds, as terse as they may be. */
const KINDS = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, labels: {a: b}}
spec:
  serviceName: db
  selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b]}]}
  template:
    metadata: {labels: {a: b}, annotations: {alibabacloud.com/gpu-count: "1"}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: z, labelSelector: {matchLabels: {a: b}}}]
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms: [{matchExpressions: [{key: c, operator: Gt, values: ["3"]}]}]
      tolerations: [{key: t, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]
      volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]
      containers: [{name: c, resources: {limits: {cpu: 1}}, readinessProbe: {tcpSocket: {port: 1}}, ports: [{containerPort: 1}]}]
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {selector: {a: b}, ports: [{port: 1, targetPort: x}]}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c}]}}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: p}, spec: {minAvailable: 50%, selector: {matchLabels: {a: b}}}}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: h}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: rc}
spec: {selector: {a: b}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}
`;

/** A provider that says everything there is to say. */
const PROVIDER = {
  region: 'r',
  instanceTypes: [{ name: 'm', cpu: 2, memory: '8Gi', gpu: 1, maxPods: 20, price: 0.2, spotPrice: 0.1 }],
  boot: { lognormal: { median: '40s', p99: '2m' } },
  quota: { instances: 50, vcpus: 100 },
  stockOuts: [{ type: 'm', zone: 'a', spot: true, at: '1h', for: '1h' }],
  randomStockOuts: { between: { exponential: { mean: '5h' } }, lasts: '20m' },
  spot: { interruption: { exponential: { mean: '9h' } }, notice: '30s', shutdownAtNotice: true },
  api: { qps: 5, burst: 20, latency: { median: '100ms', p99: '1s' } },
  routes: { latency: { median: '5s', p99: '9s' } },
  loadBalancer: { healthCheck: { interval: '8s', healthyThreshold: 1, unhealthyThreshold: 3 } },
};

const RENTED = {
  name: 'rented',
  count: 1,
  instanceType: 'm',
  zones: ['a'],
  spot: true,
  autoscaling: { min: 0, max: 3 },
};

/** The scenario of `init` with a provider, and with text blocks of manifests as lists, so that damage reaches into the objects. */
function whole(): unknown {
  const document = structuredClone(new YamlSource('x', initTemplate()).documents[0]) as {
    workloads: unknown[];
    cluster: { nodeGroups: object[] };
  };
  const nodeGroups = [...document.cluster.nodeGroups.map((group) => ({ ...group, cloud: false })), RENTED];
  const cluster = { ...document.cluster, nodeGroups, provider: PROVIDER };
  const inline = (text: string): readonly unknown[] => new YamlSource('x', text).documents;
  const [first, ...rest] = document.workloads as { inline: string }[];
  const shop = { ...first, inline: inline(first?.inline ?? '') };
  const kinds = { name: 'kinds', copies: 2, options: { gpuFromAnnotations: true }, inline: inline(KINDS) };
  return { ...document, cluster, workloads: [shop, ...rest, kinds] };
}

describe('a scenario damaged at random', () => {
  const document = whole();
  const paths = pathsOf(document);
  const junk = fc.oneof(
    fc.constantFrom(
      undefined,
      null,
      '',
      -1,
      1e300,
      0.5,
      [],
      {},
      [{}],
      [null],
      { a: 1 },
      true,
      '0s',
      '-5',
      'x y',
      '__proto__',
    ),
    fc.jsonValue(),
  );

  it('is refused with an InputError, or good', { timeout: propertyTimeout(240_000) }, () => {
    expect(isGood(JSON.stringify(document))).toBe(true);
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...paths), junk, (path, replacement) => {
        if (!isGood(JSON.stringify(damaged(document, path, replacement)) ?? '')) refused++;
      }),
      { numRuns: propertyRuns(400), seed: 1 },
    );
    expect(refused).toBeGreaterThan(propertyRuns(200));
  });

  it('by a slip in its text is refused with an InputError, or good', { timeout: propertyTimeout(240_000) }, () => {
    const text = initTemplate();
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(12),
        fc.constantFrom('', ' ', ':', '-', '{', '"', '\t', '&', '1'),
        (at, cut, put) => {
          isGood(text.slice(0, at) + put + text.slice(at + cut));
        },
      ),
      { numRuns: propertyRuns(150), seed: 1 },
    );
  });
});
