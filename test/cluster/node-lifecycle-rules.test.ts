/** Rules of the node-lifecycle and taint-eviction controllers that no timeline has. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeNode, Pod, Taint } from '../../src/sim/api/core.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { SECOND, seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

const tolerating = (name: string, tolerations: string): string => `
      apiVersion: v1
      kind: Pod
      metadata: { name: ${name} }
      spec: { containers: [{ name: c, image: c }], tolerations: [${tolerations}] }
      ---`;

const SCENARIO = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: rules }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 1, capacity: { cpu: 8, memory: 16Gi } }] }
components: { kubelet: { imagesPresent: all } }
workloads:
  - name: pods
    inline: |${tolerating('never', '')}${tolerating('ten', '{ key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 10 }, { key: b, operator: Exists, effect: NoExecute, tolerationSeconds: 100 }')}${tolerating('ever', '{ key: a, operator: Exists }')}
`;

let cluster: Cluster;

beforeEach(async () => {
  cluster = (await clusterMaker(SCENARIO))();
  cluster.start();
  cluster.run({ until: seconds(60) });
});

function taint(...taints: readonly Pick<Taint, 'key'>[]): void {
  const patch = { spec: { taints: taints.map(({ key }) => ({ key, effect: 'NoExecute' })) } };
  cluster.server.handle({ verb: 'patch', kind: 'Node', namespace: '', name: 'n-0', patch });
}

/** Pods that are there and not being deleted, after a time. */
function left(after: number): string[] {
  cluster.run({ until: cluster.kernel.now + after * SECOND });
  return cluster.server
    .list<Pod>('Pod')
    .items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);
}

describe('a NoExecute taint', () => {
  it('evicts at once what does not tolerate it, later what tolerates it for a time, and never what tolerates it', () => {
    taint({ key: 'a' });
    expect(left(1)).toEqual(['ten', 'ever']);
    expect(left(8.9)).toEqual(['ten', 'ever']);
    expect(left(0.3)).toEqual(['ever']);
  });

  it('that goes in time evicts nothing', () => {
    taint({ key: 'a' });
    left(5);
    taint();
    expect(left(100)).toEqual(['ten', 'ever']);
  });

  it('that another one follows leaves a timer that runs as it is', () => {
    taint({ key: 'b' });
    expect(left(50)).toEqual(['ten']);
    // Of 100 s for the first one 50 have passed; the second one's 10 s do not count.
    taint({ key: 'b' }, { key: 'a' });
    expect(left(49)).toEqual(['ten']);
    expect(left(2)).toEqual([]);
  });
});

describe('a node that never says how it is', () => {
  it('is unknown after --node-startup-grace-period, 60 s, at the next pass', () => {
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'mute' }, status: { capacity: { cpu: '1' } } };
    cluster.server.handle({ verb: 'create', kind: 'Node', namespace: '', name: 'mute', body });
    const ready = () =>
      cluster.server.get<KubeNode>('Node', '', 'mute')?.status.conditions?.find(({ type }) => type === 'Ready');
    cluster.run({ until: seconds(119) });
    expect(ready()).toBeUndefined();
    cluster.run({ until: seconds(131) });
    expect(ready()).toMatchObject({ status: 'Unknown', reason: 'NodeStatusNeverUpdated' });
  });
});

describe('a pod that was to be disrupted and lives on', () => {
  it('is told so after two minutes', () => {
    const lastTransitionTime = cluster.calendar.timestamp(cluster.kernel.now);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      lastTransitionTime,
    };
    const target = { kind: 'Pod', namespace: 'default', name: 'ever' };
    const conditions = [...(cluster.server.get<Pod>('Pod', 'default', 'ever')?.status.conditions ?? []), condition];
    cluster.server.handle({ ...target, verb: 'patch', subresource: 'status', patch: { status: { conditions } } });
    const status = () =>
      cluster.server
        .get<Pod>('Pod', 'default', 'ever')
        ?.status.conditions?.find(({ type }) => type === 'DisruptionTarget')?.status;
    cluster.run({ until: seconds(179) });
    expect(status()).toBe('True');
    cluster.run({ until: seconds(181) });
    expect(status()).toBe('False');
  });
});
