import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Arrival } from '../../sim/arrivals.ts';
import { RandomSource } from '../../sim/kernel/random.ts';
import { dataFolder } from '../data-files.ts';
import { loadArrivals } from '../load-arrivals.ts';
import { loadNodes } from '../load-nodes.ts';
import { parseScenario } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-traces-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const NODES = file('nodes.csv', 'sn,cpu_milli,memory_mib,gpu,model\nn-0,32000,262144,0,\nn-1,96000,393216,2,T4\n');
const PODS = file(
  'pods.csv',
  `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time
p-0,12000,16384,1,1000,,LS,Succeeded,100,700,160
p-1,6000,12288,1,460,T4|V100M32|V100M32,BE,Failed,200,320,200
p-2,6000,12288,1,460,T4|V100M32|V100M32,BE,Running,300,420,300
p-3,1000,1024,0,0,,LS,Pending,400,1000,
`,
);

function scenarioOf(trace: object, nodes = NODES): Scenario {
  const scenario = {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'test' },
    duration: '1h',
    cluster: { trace: { format: 'openb', nodes } },
    workloads: [{ name: 'trace', trace: { format: 'openb', pods: PODS, ...trace } }],
  };
  return parseScenario(JSON.stringify(scenario), join(folder, 'test.yaml'));
}

function arrivals(trace: object): Arrival[] {
  const list: Arrival[] = [];
  for (const source of loadArrivals(scenarioOf(trace), new RandomSource('1')).sources) {
    for (let arrival = source.next(); arrival !== undefined; arrival = source.next()) list.push(arrival);
  }
  return list;
}

function told(list: readonly Arrival[]): unknown[] {
  return list.map(({ at, object }) => [
    object.metadata.name,
    at / 1e6,
    object.metadata.annotations?.['orrery.dev/duration'],
  ]);
}

describe('the openb trace', () => {
  it('gives nodes with their GPUs, counted whole and in thousandths', () => {
    const { entries } = loadNodes(scenarioOf({}));
    expect(entries.map(({ name, group }) => [name, group])).toEqual([
      ['n-0', 'openb-cpu'],
      ['n-1', 'openb-t4'],
    ]);
    expect(entries[1]?.node).toMatchObject({
      metadata: { labels: { 'alibabacloud.com/gpu-card-model': 'T4', 'kubernetes.io/hostname': 'n-1' } },
      status: { allocatable: { cpu: '96000m', memory: '393216Mi', 'alibabacloud.com/gpu-milli': '2000' } },
    });
  });

  it('gives pods at their time, which run from being scheduled to being deleted', () => {
    expect(told(arrivals({}))).toEqual([
      ['p-0', 100, '9m'],
      ['p-1', 200, '2m'],
      ['p-2', 300, '2m'],
      ['p-3', 400, '10m'],
    ]);
  });

  it('gives requests, GPU shares and the models a pod accepts; like pods share one spec', () => {
    const [whole, share, like] = arrivals({}).map(({ object }) => object as unknown as Record<string, unknown>);
    expect(whole).toMatchObject({
      metadata: { labels: { 'alibabacloud.com/qos': 'LS' } },
      spec: {
        restartPolicy: 'Never',
        containers: [
          { resources: { requests: { cpu: '12000m', memory: '16384Mi', 'alibabacloud.com/gpu-count': '1' } } },
        ],
      },
    });
    expect(share).toMatchObject({
      metadata: { annotations: { 'orrery.dev/exit-code': '1', 'alibabacloud.com/gpu-milli': '460' } },
      spec: {
        containers: [{ resources: { requests: { 'alibabacloud.com/gpu-milli': '460' } } }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'alibabacloud.com/gpu-card-model', values: ['T4', 'V100M32'] }] },
              ],
            },
          },
        },
      },
    });
    expect(like?.['spec']).toBe(share?.['spec']);
  });

  it('plays a window of it, faster', () => {
    expect(told(arrivals({ window: { from: 150, to: 400 }, speedup: 10 }))).toEqual([
      ['p-1', 5, '12s'],
      ['p-2', 15, '12s'],
    ]);
  });

  it('plays the first so many, for ever where lifetimes are off', () => {
    expect(told(arrivals({ maxPods: 1, lifetimes: false }))).toEqual([['p-0', 100, undefined]]);
  });
});

describe('a pod list of your own', () => {
  it('has times, and a column for each resource', () => {
    const pods = file('own.csv', 'at,lifetime,cpu,memory,nvidia.com/gpu\n1m,,500m,1Gi,\n30s,90s,2,4Gi,1\n');
    const list = arrivals({ format: 'csv', pods });
    expect(told(list)).toEqual([
      ['pod-1', 30, '1m30s'],
      ['pod-0', 60, undefined],
    ]);
    expect(list[0]?.object).toMatchObject({
      spec: { containers: [{ resources: { requests: { cpu: '2', memory: '4Gi', 'nvidia.com/gpu': '1' } } }] },
    });
  });
});

const OPENB = join(dataFolder(), 'traces/openb');

describe.skipIf(!existsSync(OPENB))('the real openb trace', () => {
  it.each([
    ['openb_pod_list_default.csv', 8152],
    ['openb_pod_list_gpuspec33.csv', 8152],
    ['openb_pod_list_multigpu20.csv', 8324],
  ])('%s is read whole', (name, count) => {
    expect(arrivals({ pods: `\${ORRERY_DATA}/traces/openb/${name}` })).toHaveLength(count);
  });

  it('has 1,523 nodes with 6,212 GPUs', () => {
    const { entries } = loadNodes(scenarioOf({}, '${ORRERY_DATA}/traces/openb/openb_node_list_all_node.csv'));
    const gpus = entries.map(({ node }) => {
      const { allocatable } = node.status as { readonly allocatable: Readonly<Record<string, string>> };
      return Number(allocatable['alibabacloud.com/gpu-count'] ?? 0);
    });
    expect(entries).toHaveLength(1523);
    expect(gpus.reduce((sum, count) => sum + count, 0)).toBe(6212);
  });
});
