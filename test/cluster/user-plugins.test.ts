import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { clusterOptions } from '../../src/cluster-options.ts';
import { scenarioPolicies } from '../../src/scenario-policies.ts';
import type { Pod } from '../../src/sim/api/core.ts';
import { Cluster } from '../../src/sim/cluster.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { parseScenario } from '../../src/workloads/scenario.ts';

const CUSTOM = path.join(import.meta.dirname, '../../scenarios/custom-policies');
const failures: string[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'orrery-plugins-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function maker(yaml: string, file: string): Promise<() => Cluster> {
  const scenario = parseScenario(yaml, file);
  const policies = await scenarioPolicies(scenario, (failure) => failures.push(failure.message));
  return () => new Cluster(clusterOptions(scenario, {}, policies));
}

let modules = 0;

/** A cluster of two nodes and one pod, whose scheduler has a plugin with the given methods besides its own. */
async function withPlugin(methods: string): Promise<Cluster> {
  const name = `plugin-${modules++}.mjs`;
  const text = `export const policy = {
    family: 'scoring', name: 'mine', params: (z) => z.strictObject({}), create: () => ({ name: 'Mine', ${methods} }),
  };`;
  writeFileSync(path.join(folder, name), text);
  const yaml = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: plugins }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 2, capacity: { cpu: 4, memory: 8Gi } }] }
policies: { scoring: [{ use: default }, { use: ./${name} }] }
workloads:
  - name: w
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: { name: p }
      spec: { containers: [{ name: c, image: app:1, resources: { requests: { cpu: 1 } } }] }
`;
  const cluster = (await maker(yaml, path.join(folder, 's.yaml')))();
  cluster.start();
  return cluster;
}

function after(cluster: Cluster, time: number): Pod {
  cluster.run({ until: seconds(time) });
  return cluster.server.get<Pod>('Pod', 'default', 'p') as Pod;
}

function whyNot({ status }: Pod): string | undefined {
  return status.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
}

describe("a plugin of a user's own", () => {
  const REFUSE = "{ code: 'Unschedulable', reasons: ['not on a Sunday'] }";

  it('may filter nodes, one by one or whole columns', async () => {
    const plain = await withPlugin(`filter: (_cycle, _pod, node) => (node.name === 'n-0' ? ${REFUSE} : undefined)`);
    expect(after(plain, 5).spec.nodeName).toBe('n-1');
    const columns = await withPlugin(`
      filter: (_cycle, _pod, node) => (node.name === 'n-0' ? ${REFUSE} : undefined),
      filterRows({ statuses, table }, _pod, rows, count, verdicts) {
        for (let i = 0; i < count; i++) {
          if (verdicts[i] === 0 && table.names[rows[i]] === 'n-0') verdicts[i] = statuses.id('Mine', ${REFUSE});
        }
      }`);
    expect(after(columns, 5).spec.nodeName).toBe('n-1');
  });

  it('may refuse a pod before any node is looked at, and says why', async () => {
    const cluster = await withPlugin(`preFilter: () => (${REFUSE})`);
    const pod = after(cluster, 5);
    expect(pod.spec.nodeName).toBeUndefined();
    expect(whyNot(pod)).toMatch(/^0\/2 nodes are available: not on a Sunday\./);
  });

  it('may narrow the nodes that are looked at', async () => {
    const cluster = await withPlugin("preFilter: () => ({ nodeNames: new Set(['n-1']) })");
    expect(after(cluster, 5).spec.nodeName).toBe('n-1');
  });

  it('may nominate a node when there is none', async () => {
    const cluster = await withPlugin(
      `filter: () => (${REFUSE}), postFilter: () => ({ message: 'room is made', nominatedNode: 'n-0', victims: [] })`,
    );
    const pod = after(cluster, 2);
    expect(pod.status.nominatedNodeName).toBe('n-0');
    expect(whyNot(pod)).toMatch(/room is made$/);
  });

  it('may take part in binding: reserve, wait in Permit, write in PreBind', async () => {
    const cluster = await withPlugin(`
      reserve: ({ bindingState }, _pod, node) => void bindingState.set('Mine', node.name),
      preBind({ bindingState }, { pod }) {
        const node = bindingState.get('Mine');
        if (node === true) return undefined;
        bindingState.set('Mine', true);
        const patch = { metadata: { annotations: { 'example.com/reserved': node } } };
        const { namespace, name } = pod.metadata;
        const requests = [{ verb: 'patch', kind: 'Pod', namespace, name, patch }];
        return { code: 'Wait', timeoutSeconds: 10, pollSeconds: 0.5, requests };
      }`);
    const pod = after(cluster, 5);
    expect(pod.metadata.annotations?.['example.com/reserved']).toBe(pod.spec.nodeName);
  });

  it.each([
    ["filter: () => 'no'", 'filter() gave "no" where nothing, or {code, reasons}'],
    ["filter: () => ({ code: 'No', reasons: [] })", 'filter() gave the code "No" where nothing, or {code, reasons}'],
    ["preFilter: () => ({ code: 'Unschedulable' })", 'preFilter() gave reasons that are no list of texts'],
    ["permit: () => ({ code: 'Wait' })", 'permit() gave the code "Wait" where'],
    ['reserve: async () => undefined', 'reserve() gave a promise where'],
    [
      "score: () => 1, postFilter: () => 7, filter: () => ({ code: 'Unschedulable', reasons: ['x'] })",
      'postFilter() gave 7',
    ],
    ["preBind() { throw new Error('no disk'); }", 'preBind() threw'],
  ])('%s is told by its name', async (methods, says) => {
    const cluster = await withPlugin(methods);
    failures.length = 0;
    after(cluster, 1);
    expect(failures[0]).toContain(says);
  });
});

describe('gang.mjs, the example', () => {
  it('starts the workers of a job together, and saves and resumes while they wait', async () => {
    const file = path.join(CUSTOM, 'gang.yaml');
    const make = await maker(readFileSync(file, 'utf8'), file);
    const cluster = make();
    cluster.start();
    cluster.run({ until: seconds(10) });
    const branch = make();
    branch.restore(structuredClone(cluster.save()));
    for (const one of [cluster, branch]) {
      one.run({ until: seconds(60) });
      const bound = new Map<string, number>();
      for (const { metadata, spec } of one.server.list<Pod>('Pod').items) {
        const job = metadata.labels?.['batch.kubernetes.io/job-name'] ?? '';
        if ((spec.nodeName ?? '') !== '') bound.set(job, (bound.get(job) ?? 0) + 1);
      }
      // 28 places for jobs of eight: none has less than all of its workers.
      expect(bound.size).toBeGreaterThanOrEqual(2);
      expect(new Set(bound.values())).toEqual(new Set([8]));
    }
    expect(branch.server.hash).toBe(cluster.server.hash);
  });
});
