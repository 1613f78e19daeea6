import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from '../support/orrery.ts';

const SCENARIO = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: objects}
duration: 10m
cluster: {nodeGroups: [{name: n, count: 2, capacity: {cpu: 4, memory: 8Gi}}]}
workloads:
  - name: web
    at: 1m
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 3
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: c, image: i}]}
      ---
      apiVersion: flowcontrol.apiserver.k8s.io/v1
      kind: FlowSchema
      metadata: {name: mine}
      spec:
        priorityLevelConfiguration: {name: nowhere}
        rules:
          - subjects: [{kind: User, user: {name: u}}]
            resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*']}]
`;

let workspace: Workspace;
beforeAll(() => {
  workspace = new Workspace();
  workspace.write('x.yaml', SCENARIO);
});
afterAll(() => workspace.remove());

const lines = (...args: string[]): string[] =>
  workspace
    .orrery('get', 'x.yaml', ...args)
    .stdout.trim()
    .split('\n');

describe('orrery get', () => {
  it('prints the objects that there are at a time, by any of their names', () => {
    expect(lines('po', '--at', '30s')).toEqual(['']);
    const pods = lines('pods', '--at', '2m');
    expect(pods[0]).toMatch(/^NAMESPACE +NAME +CREATED$/);
    expect(pods).toHaveLength(4);
    expect(pods[1]).toMatch(/^default +web-\w+-\w+ +2026-01-05T00:01:00Z$/);
    expect(lines('Pod', '--selector', 'app!=web')).toEqual(['']);
  });

  it('shows the default flow schemas, and that the level of one is not there', () => {
    const { items } = JSON.parse(workspace.orrery('get', 'x.yaml', 'flowschemas', '--format', 'json').stdout) as {
      items: readonly { metadata: { name: string }; status: { conditions: readonly { status: string }[] } }[];
    };
    expect(items).toHaveLength(12);
    const dangling = items.filter(({ status }) => status.conditions[0]?.status === 'True');
    expect(dangling.map(({ metadata }) => metadata.name)).toEqual(['mine']);
  });

  it('shows one object as YAML', () => {
    const text = lines('node', 'n-0', '--format', 'yaml');
    expect(text.slice(0, 4)).toEqual(['apiVersion: v1', 'kind: Node', 'metadata:', '  name: n-0']);
  });

  it.each([
    [['pod', 'x'], 1, 'pods "x" not found'],
    [['pdos'], 2, 'did you mean "pods"?'],
    [['pods', '--selector', 'a in'], 2, '--selector: unable to parse requirement'],
    [['pods', '--format', 'xml'], 2, '--format: no such value'],
  ] as const)('refuses %s', (args, exitCode, says) => {
    const answer = workspace.orrery('get', 'x.yaml', ...args);
    expect(answer.exitCode).toBe(exitCode);
    expect(answer.stderr).toContain(says);
  });
});
