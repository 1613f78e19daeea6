import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from '../support/orrery.ts';
import type { Answer as Outcome } from '../support/orrery.ts';

const CLUSTER = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: two}
duration: 10m
cluster:
  nodeGroups:
    - {name: small, count: 2, capacity: {cpu: 2, memory: 4Gi}}
    - {name: large, count: 1, capacity: {cpu: 8, memory: 16Gi}}
    - name: tainted
      count: 1
      capacity: {cpu: 8, memory: 16Gi}
      taints: [{key: team, value: red, effect: NoSchedule}]
workloads:
  - name: pods
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: fits}
      spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 3, memory: 1Gi}}}]}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: either}
      spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1, memory: 1Gi}}}]}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: too-large}
      spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 64}}}]}
`;

interface Answer {
  readonly node: string;
  readonly total: number;
  readonly result: string;
  readonly attempt: number;
  readonly message: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly total?: number;
    readonly refused?: { readonly plugin: string; readonly reasons: readonly string[] };
    readonly plugins?: Readonly<Record<string, { readonly weighted: number }>>;
  }[];
}

let workspace: Workspace;

beforeAll(() => {
  workspace = new Workspace();
  workspace.write('two.yaml', CLUSTER);
});
afterAll(() => workspace.remove());

const explain = (...args: string[]): Outcome => workspace.orrery('explain', 'two.yaml', ...args);

describe('orrery explain', () => {
  it('says where a pod went, and by which plugin each other node was turned away', () => {
    const { exitCode, stdout } = explain('fits');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^default\/fits: attempt 1, at \d+\.\d+ s, profile default-scheduler\n→ large-0\n1 of 4 nodes/,
    );
    expect(stdout).toContain('2  NodeResourcesFit: Insufficient cpu\n   small-0, small-1');
    expect(stdout).toContain('1  TaintToleration: node(s) had untolerated taint {team: red}\n   tainted-0');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('gives every score of every plugin, which add up to the total by which the node was chosen', () => {
    const answer = JSON.parse(explain('either', '--format', 'json').stdout) as Answer;
    const feasible = answer.nodes.filter(({ total }) => total !== undefined);
    expect(feasible.map(({ name }) => name).sort()).toEqual(['large-0', 'small-0', 'small-1']);
    for (const { plugins, total } of feasible) {
      expect(Object.values(plugins ?? {}).reduce((sum, { weighted }) => sum + weighted, 0)).toBe(total);
    }
    const chosen = feasible.find(({ name }) => name === answer.node);
    expect(chosen?.total).toBe(answer.total);
    expect(Math.max(...feasible.map(({ total = 0 }) => total))).toBe(answer.total);
  });

  it('shows as many nodes as are wanted, and always the chosen one', () => {
    const { stdout } = explain('either', '--nodes', '1');
    expect(stdout).toContain(' ←');
    expect(stdout).toMatch(/… and [12] more/);
  });

  it('explains a later attempt, and what the condition says of it', () => {
    const answer = JSON.parse(explain('default/too-*', '--attempt', '2', '--format', 'json').stdout) as Answer;
    expect(answer).toMatchObject({ result: 'unschedulable', attempt: 2 });
    expect(answer.message).toContain('0/4 nodes are available: ');
    expect(explain('too-large').stdout).toContain("The pod's condition says:\n0/4 nodes are available:");
  });

  it.each([
    [['fit'], 'tried no pod "fit" within 10m', 'did you mean "fits"?'],
    [['fits', '--attempt', '2'], 'tried "fits" once within 10m: no attempt 2', ''],
  ])('%j: has no such decision', (args, says, hint) => {
    const { exitCode, stderr } = explain(...args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(says);
    expect(stderr).toContain(hint);
  });

  it.each([
    [['fits', '--attempt', '0'], '--attempt: attempts count from 1'],
    [['fits', '--format', 'xml'], '--format: no such value'],
    [['fits', '--attempt', '1', '--at', '5s'], '--at: an attempt has its own time'],
    [['fits', '--scheduler-config', 'x.yaml'], '--scheduler-config: is for dumps'],
    [[], 'an argument is missing'],
  ])('%j: is refused', (args, says) => {
    const { exitCode, stderr } = explain(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe('orrery explain --at', () => {
  it('says where a pod would go at that time, as if it had to be placed again', () => {
    const { exitCode, stdout } = explain('fits', '--at', '5m');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^default\/fits: at 5m, profile default-scheduler\nIt is on large-0; below it is as if/);
    expect(stdout).toContain('→ large-0');
  });

  it('knows no pod that is not there yet', () => {
    expect(explain('nobody', '--at', '5m')).toMatchObject({ exitCode: 1 });
  });
});

const DUMP = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: {name: a, uid: u1, resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z"}
  spec: {taints: [{key: gpu, value: "yes", effect: NoSchedule}]}
  status: {allocatable: {cpu: "4", memory: 8Gi, pods: "110"}, conditions: [{type: Ready, status: "True"}]}
- apiVersion: v1
  kind: Node
  metadata: {name: b, labels: {disk: ssd}}
  spec: {}
  status: {allocatable: {cpu: "2", memory: 8Gi, pods: "110"}}
- apiVersion: v1
  kind: Pod
  metadata: {name: old, namespace: shop}
  spec: {nodeName: b, containers: [{name: c, image: x, resources: {requests: {cpu: 1500m}}}]}
  status: {phase: Running}
- apiVersion: example.com/v1
  kind: Widget
  metadata: {name: x}
`;
const WAITING = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '1' } } }] },
  status: { phase: 'Pending' },
});

describe("orrery explain of a cluster's dump", () => {
  const dump = (...args: string[]): Outcome => workspace.orrery('explain', ...args);
  beforeAll(() => {
    workspace.write('dump.yaml', DUMP);
    workspace.write('web.json', WAITING);
  });

  it('reads lists and single objects, YAML and JSON, and says what keeps a pod from each node', () => {
    const { exitCode, stdout } = dump('dump.yaml', 'web.json', 'web');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('→ no node; it waits for a change\n0 of 2 nodes are feasible');
    expect(stdout).toContain(
      'Nearest to fitting, and what it would take\n\na\n    a toleration of {gpu: yes}\nb\n    500m more cpu (wants 1, 500m of 2 free)',
    );
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('takes a pod off its node first, and sees where it would go', () => {
    const { stdout } = dump('dump.yaml', 'web.json', 'shop/old');
    expect(stdout).toContain('It is on b; below it is as if it had to be placed again\n→ b');
  });

  it('goes by a scheduler configuration', () => {
    const config = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles: [{plugins: {filter: {disabled: [{name: TaintToleration}]}}}]
`;
    workspace.write('scheduler.yaml', config);
    const { stdout } = dump('dump.yaml', 'web.json', 'web', '--scheduler-config', 'scheduler.yaml');
    expect(stdout).toContain('→ a');
  });

  it('is a page that needs nothing else', () => {
    const html = dump('dump.yaml', 'web.json', 'web', '--format', 'html').stdout;
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('a toleration of {gpu: yes}');
    expect(html).not.toMatch(/(src|href)="http/);
  });

  it.each([
    [['dump.yaml', 'wep'], 1, 'there is no pod "wep" in the dump'],
    [['web.json', 'web'], 2, 'there is no node in it'],
    [['dump.yaml', 'web', '--at', '5m'], 2, '--at: is for scenarios'],
    [['none.yaml', 'web'], 2, 'no such file'],
  ])('%j: is refused', (args, code, says) => {
    const { exitCode, stderr } = dump(...args);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(says);
  });
});
