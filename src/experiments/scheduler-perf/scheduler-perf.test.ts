/** Upstream's benchmark files: their templates, their operations, and what is wrong with a file. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPerfConfig, selectWorkloads } from './config.ts';
import { matcher } from './devices.ts';
import { perfTemplate } from './perf-template.ts';
import type { TemplateValues } from './perf-template.ts';
import { dataItems, runSchedulerPerf } from './scheduler-perf.ts';
import type { PerfResult } from './scheduler-perf.ts';

describe('a Go template', () => {
  const render = (text: string, values: TemplateValues = { Index: 7, Count: 100, priority: 10 }): string =>
    perfTemplate(text).render(values);

  it.each([
    ['n-{{.Index}}', 'n-7'],
    ['{{ div 30000 .Count }}Mi', '300Mi'],
    ['{{DivideInt .Index 2}}/{{ mod .Index 4 }}/{{ Mod .Index 4 }}', '3/3/3'],
    ['{{AddInt 8000 (Mod .Index (DivideInt .Count 20))}}', '8002'],
    ['{{if .priority}}p: {{.priority}}{{else}}none{{end}}', 'p: 10'],
    ['{{if .other}}a{{else}}b{{end}}{{/* a remark */}}', 'b'],
    ['plain', 'plain'],
  ])('%s is %s', (text, result) => expect(render(text)).toBe(result));

  it.each([
    ['{{.Nothing}}', 'no value for {{.Nothing}}'],
    ['{{if .Index}}x', 'an {{if}} without an {{end}}'],
    ['x{{end}}', 'without an {{if}}'],
    ['{{power .Index 2}}', 'cannot read {{power .Index 2}}'],
    ['{{AddInt 1 (div 4 2}}', 'a bracket is not closed'],
  ])('%s is refused', (text, message) => expect(() => render(text)).toThrow(message));
});

const CONFIG = `
- name: Basic
  featureGates: {SomethingNew: true}
  workloadTemplate:
  - {opcode: createNamespaces, prefix: extra, count: 2}
  - opcode: createNodes
    countParam: $nodes
    labelNodePrepareStrategy: {labelKey: topology.kubernetes.io/zone, labelValues: [a, b]}
  - {opcode: createPods, countParam: $first}
  - {opcode: churn, mode: recreate, number: 1, intervalMilliseconds: 100, templatePaths: [node.yaml]}
  - {opcode: createPodSets, count: 2, namespacePrefix: extra, createPodsOp: {opcode: createPods, count: 3}}
  - {opcode: createPods, countParam: $measured, podTemplatePath: pod.yaml, collectMetrics: true}
  workloads:
  - {name: small, labels: [short], threshold: 10, params: {nodes: 4, first: 10, measured: 40}}
  - {name: large, params: {nodes: 4, first: 10, measured: 60}}
- name: Waiting
  workloadTemplate:
  - {opcode: createNodes, count: 1, nodeTemplatePath: closed.yaml}
  - {opcode: startCollectingMetrics, name: waiting, namespaces: [here], labelSelector: {type: late}}
  - {opcode: createPods, count: 5, podTemplatePath: pod.yaml, namespace: here, skipWaitToCompletion: true}
  - {opcode: barrier, stageRequirement: Attempted}
  - {opcode: sleep, duration: 5s}
  - {opcode: updateAny, count: 1, templatePath: open.yaml, updatePerSecond: 10}
  - {opcode: barrier, namespaces: [here]}
  - {opcode: stopCollectingMetrics}
  - {opcode: deletePods, namespace: here, deletePodsPerSecond: 100}
  workloads: [{name: one, labels: [short]}]
`;
const POD = `
apiVersion: v1
kind: Pod
metadata: {generateName: 'p-{{.Index}}-', labels: {type: late}}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: i, resources: {requests: {cpu: 10m}}}]}
`;
const NODE = (name: string, spec: string): string => `
apiVersion: v1
kind: Node
metadata: {${name}}
${spec}
status: {capacity: {cpu: 4, memory: 8Gi, pods: 110}, conditions: [{type: Ready, status: 'True'}]}
`;

describe('the benchmark', () => {
  let folder: string;
  const file = (): string => join(folder, 'performance-config.yaml');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'orrery-perf-'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(file(), CONFIG);
    writeFileSync(join(folder, 'pod.yaml'), POD);
    writeFileSync(join(folder, 'node.yaml'), NODE('generateName: churn-', ''));
    writeFileSync(join(folder, 'closed.yaml'), NODE("name: 'n-{{.Index}}'", 'spec: {unschedulable: true}'));
    writeFileSync(join(folder, 'open.yaml'), NODE("name: 'n-{{.Index}}'", 'spec: {}'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives pods devices: of a driver, by claims of their own, again and again', () => {
    const devices = join(folder, 'devices.yaml');
    writeFileSync(
      devices,
      `
- name: Devices
  featureGates: {DynamicResourceAllocation: true}
  workloadTemplate:
  - {opcode: createNodes, count: 3, nodeTemplatePath: open.yaml}
  - {opcode: createResourceDriver, driverName: gpu, nodes: 'n-[12]', maxClaimsPerNodeParam: $each}
  - {opcode: createAny, templatePath: class.yaml}
  - {opcode: createAny, count: 5, templatePath: claim.yaml, namespace: held}
  - {opcode: allocResourceClaims, namespace: held}
  - {opcode: createAny, templatePath: template.yaml, namespace: here}
  - {opcode: createPods, namespace: here, podTemplatePath: user.yaml, count: 3, collectMetrics: true, %}
  workloads: [{name: one, params: {each: 4, long: 2s}}]
`,
    );
    const claim = 'devices: {requests: [{name: r, exactly: {deviceClassName: gpus}}]}';
    const api = 'apiVersion: resource.k8s.io/v1';
    const files = {
      class: `{kind: DeviceClass, metadata: {name: gpus}, spec: {selectors: [{cel: {expression: device.driver == "gpu"}}]}}`,
      claim: `{kind: ResourceClaim, metadata: {name: 'c-{{.Index}}'}, spec: {${claim}}}`,
      template: `{kind: ResourceClaimTemplate, metadata: {name: t}, spec: {spec: {${claim}}}}`,
    };
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, `${name}.yaml`), text.replace('{kind', `{${api}, kind`));
    writeFileSync(
      join(folder, 'user.yaml'),
      `
apiVersion: v1
kind: Pod
metadata: {generateName: u-}
spec:
  containers: [{name: c, image: i, resources: {claims: [{name: d}]}}]
  resourceClaims: [{name: d, resourceClaimTemplateName: t}]
`,
    );
    const text = readFileSync(devices, 'utf8');
    const run = (operation: string): PerfResult => {
      writeFileSync(devices, text.replace('%', operation));
      return [...runSchedulerPerf(devices, {})][0] as PerfResult;
    };
    // Of two nodes' eight devices three are left: three pods at a time, for two seconds.
    const steady = run('steadyState: true, durationParam: $long');
    expect(steady.refusals).toEqual([]);
    expect(steady.items[0]?.pods).toBeGreaterThan(30);
    expect((steady.items[0]?.pods ?? 0) % 3).toBeLessThanOrEqual(2);
    expect(run('steadyState: true').items).toMatchObject([{ pods: 0 }]);
    expect(() => run('steadyState: true, duration: soon')).toThrow('not a duration');
    writeFileSync(
      devices,
      text.replace('count: 3, collect', 'count: 0, collect').replace('%', 'steadyState: true, duration: 1s'),
    );
    expect([...runSchedulerPerf(devices, {})][0]?.items).toMatchObject([{ pods: 0 }]);
    expect(run('skipWaitToCompletion: false').items).toMatchObject([{ pods: 3 }]);
    writeFileSync(devices, text.replace('%', '').replace('count: 5', 'count: 9'));
    expect(() => [...runSchedulerPerf(devices, {})]).toThrow('there are not devices for all claims');
  });

  it.each([
    ['n-*', 'n-12', true],
    ['n-*', 'n-1/2', false],
    ['n-?', 'n-12', false],
    ['n.[1-3]', 'n.2', true],
    ['n.[^1-3]', 'n.2', false],
    ['n.1', 'nx1', false],
  ])('the pattern %s and the name %s: %s', (pattern, name, isMeant) => expect(matcher(pattern)(name)).toBe(isMeant));

  it('reads over what is wrong with cases that are not meant', () => {
    const mixed = join(folder, 'mixed.yaml');
    writeFileSync(
      mixed,
      `${CONFIG}- {name: Newer, workloadTemplate: [{opcode: foldTime}], workloads: [{name: one}]}\n`,
    );
    expect(readPerfConfig(mixed, { label: 'short' }).map(({ name }) => name)).toEqual(['Basic', 'Waiting']);
    expect(readPerfConfig(mixed, { match: 'nothing' })).toEqual([]);
    expect(() => readPerfConfig(mixed, { match: 'Newer' })).toThrow(`"foldTime"`);
    expect(() => readPerfConfig(mixed)).toThrow(`"foldTime"`);
  });

  it("schedules by the case's own configuration, and tells where one is wrong", () => {
    const configured = join(folder, 'configured.yaml');
    writeFileSync(
      configured,
      `
- name: Configured
  schedulerConfigPath: scheduler.yaml
  workloadTemplate:
  - {opcode: createNodes, count: 2, nodeTemplatePath: closed.yaml}
  - {opcode: createPods, count: 4, podTemplatePath: pod.yaml, collectMetrics: true}
  workloads: [{name: one}]
`,
    );
    const configuration = (plugin: string): string => `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- {schedulerName: default-scheduler, plugins: {multiPoint: {disabled: [{name: ${plugin}}]}}}
`;
    // Both nodes are cordoned: only where nobody looks at that, pods get anywhere.
    writeFileSync(join(folder, 'scheduler.yaml'), configuration('NodeUnschedulable'));
    const [result] = [...runSchedulerPerf(configured, {})] as [PerfResult];
    expect(result.items).toMatchObject([{ pods: 4 }]);
    writeFileSync(join(folder, 'scheduler.yaml'), 'kind: KubeSchedulerConfiguration\nprofile: []\n');
    expect(() => [...runSchedulerPerf(configured, {})]).toThrow(/scheduler\.yaml/);
  });

  it('runs its operations and collects what they came to', () => {
    const [small] = [...runSchedulerPerf(file(), { match: 'Basic/small' })] as [PerfResult];
    expect(small).toMatchObject({ name: 'Basic/small', threshold: 10, featureGates: ['SomethingNew'], refusals: [] });
    const [item] = small.items;
    expect(item).toMatchObject({ name: 'namespace-5', pods: 40 });
    expect(item?.own).toBeGreaterThan(0);
    // The modelled cost of a cycle on few nodes: some half a millisecond.
    expect(item?.simulated.average).toBeGreaterThan(500);
    expect(item?.simulated.average).toBeLessThan(2100);
    expect(small.attempts['scheduled']?.count).toBe(10 + 2 * 3 + 40);
    expect(dataItems([small])).toMatchObject({
      version: 'v1',
      dataItems: [
        { unit: 'pods/s', labels: { Metric: 'SchedulingThroughput', Clock: 'simulated' } },
        { unit: 'pods/s', labels: { Clock: 'own' }, data: { Threshold: 10 } },
        { unit: 'ms', labels: { result: 'scheduled' }, data: { Count: 56 } },
      ],
    });
  });

  it('waits at barriers, in simulated time', () => {
    const [result] = [...runSchedulerPerf(file(), { match: 'Waiting' })] as [PerfResult];
    expect(result.items[0]).toMatchObject({ name: 'waiting', pods: 5 });
    expect(result.attempts['unschedulable']?.count).toBe(5);
    // Five pods in a little more than five seconds.
    expect(result.items[0]?.simulated.average).toBeLessThan(1);
  });

  it('selects by label and by name', () => {
    const names = (selection: object): string[] =>
      selectWorkloads(readPerfConfig(file()), selection).map(
        ([testCase, workload]) => `${testCase.name}/${workload.name}`,
      );
    expect(names({})).toEqual(['Basic/small', 'Basic/large', 'Waiting/one']);
    expect(names({ label: 'short' })).toEqual(['Basic/small', 'Waiting/one']);
    expect(names({ label: 'short', match: 'Wait' })).toEqual(['Waiting/one']);
  });

  it.each([
    ['[{name: x, workloadTemplate: [{opcode: createPodz}], workloads: []}]', 'opcode'],
    ['[{name: x, workloadTemplate: [{opcode: createPods, counts: 3}], workloads: []}]', 'counts'],
    [
      '[{name: x, workloadTemplate: [{opcode: sleep, counts: 3}], workloads: []}]',
      'allowed: opcode, duration, durationParam',
    ],
    ['[{name: x, workloadTemplate: [{opcode: updateDeviceConditions}], workloads: []}]', 'updateDeviceConditions'],
    ['{name: x}', 'wrong type'],
  ])('says what is wrong with %s', (text, answer) => {
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, text);
    expect(() => readPerfConfig(bad)).toThrow(answer);
    expect(() => readPerfConfig(bad)).toThrow(`${bad}:1:`);
  });

  it('says which parameter is missing, and which template', () => {
    const run = (operation: string): unknown => {
      writeFileSync(file(), `[{name: x, workloadTemplate: [${operation}], workloads: [{name: y, params: {n: 1}}]}]`);
      return [...runSchedulerPerf(file(), {})];
    };
    expect(() => run('{opcode: createNodes, countParam: $m}')).toThrow('the workload has no parameter $m');
    expect(() => run('{opcode: createPods, count: 1, podTemplatePath: no.yaml}')).toThrow('no.yaml');
    writeFileSync(file(), CONFIG);
  });

  const shared = join(process.env['ORRERY_DATA'] ?? '../shared', 'scheduler-perf');
  it.runIf(existsSync(shared))("runs the short ones of upstream's own files", { timeout: 120_000 }, () => {
    const results = ['misc', 'affinity', 'topology_spreading'].flatMap((name) => {
      return [...runSchedulerPerf(join(shared, name, 'performance-config.yaml'), { label: 'integration-test' })];
    });
    expect(results.length).toBeGreaterThan(20);
    for (const { name, items, refusals } of results) {
      expect([name, refusals]).toEqual([name, []]);
      for (const { pods } of items) expect(pods).toBeGreaterThan(0);
    }
  });
});
