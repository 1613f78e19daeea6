import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadNodes } from './load-nodes.ts';
import type { NodeSet } from './load-nodes.ts';
import { parseScenario } from './scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-nodes-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(cluster: object): NodeSet {
  const scenario = {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'test' },
    duration: '1h',
    cluster,
  };
  return loadNodes(parseScenario(JSON.stringify(scenario), join(folder, 'test.yaml')));
}

const GROUP = { name: 'g', count: 3, capacity: { cpu: 8, memory: '32Gi' } };

describe('node groups', () => {
  it('deal their nodes to the zones in turn, with the well-known labels', () => {
    const { entries } = load({
      nodeGroups: [{ ...GROUP, zones: ['a', 'b'], region: 'r', instanceType: 'm8', labels: { pool: 'x' } }],
    });
    expect(entries.map(({ name, zone }) => [name, zone])).toEqual([
      ['g-0', 'a'],
      ['g-1', 'b'],
      ['g-2', 'a'],
    ]);
    expect(entries[1]?.node.metadata.labels).toEqual({
      'kubernetes.io/hostname': 'g-1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'topology.kubernetes.io/region': 'r',
      'topology.kubernetes.io/zone': 'b',
      'node.kubernetes.io/instance-type': 'm8',
      pool: 'x',
    });
    expect(entries[1]).toMatchObject({ group: 'g', region: 'r', cloud: true });
  });

  it('offer their capacity, less what is reserved, and as many pods as the kubelet takes', () => {
    const { nodes } = load({
      nodeGroups: [{ ...GROUP, allocatable: { cpu: '7500m' }, images: [{ name: 'web', size: '1Gi' }], cloud: false }],
    });
    expect(nodes[0]).toMatchObject({
      spec: {},
      status: {
        capacity: { cpu: '8', memory: '32Gi', pods: '110' },
        allocatable: { cpu: '7500m', memory: '32Gi', pods: '110' },
        images: [{ names: ['web'], sizeBytes: 2 ** 30 }],
      },
    });
  });
});

describe('node manifests', () => {
  it('are taken with their labels, taints and resources; conditions and other objects are not', () => {
    writeFileSync(
      join(folder, 'nodes.yaml'),
      `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Node
    metadata: {name: n, uid: abc, labels: {topology.kubernetes.io/zone: z}}
    spec: {providerID: "aws:///z/i-1", taints: [{key: t, effect: NoSchedule}]}
    status: {capacity: {cpu: "4", memory: 8Gi, pods: "20"}, conditions: [{type: Ready, status: "False"}]}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
`,
    );
    const { entries, warnings } = load({ manifests: 'nodes.yaml' });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ name: 'n', group: 'manifests', zone: 'z', cloud: true });
    expect(entries[0]?.node.metadata.uid).toBeUndefined();
    expect(entries[0]?.node).toMatchObject({ spec: { taints: [{ key: 't', effect: 'NoSchedule' }] } });
    expect(entries[0]?.node.status).toEqual({
      capacity: { cpu: '4', memory: '8Gi', pods: '20' },
      allocatable: { cpu: '4', memory: '8Gi', pods: '20' },
    });
    expect(warnings).toEqual([
      'nodes.yaml: 1 objects that are no Nodes are left out here; workloads[].manifests takes them',
    ]);
  });
});
