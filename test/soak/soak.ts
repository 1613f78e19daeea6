import type { KubeNode, Pod } from '../../src/sim/api/core.ts';
import type { DaemonSet, Deployment, StatefulSet } from '../../src/sim/api/workloads.ts';
import { Invariants } from '../../src/sim/checks/invariants.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { chaosScenario, EVICTABLE, FLAKY, RECOVERY } from './chaos.ts';
import type { ChaosSize } from './chaos.ts';

/** What a soak came to. */
export interface SoakResult {
  readonly seed: number;
  /** Faults that began, repairs left out. */
  readonly faults: number;
  readonly kinds: readonly string[];
  readonly events: number;
  /** Writes at which the invariants were checked. */
  readonly checked: number;
  /** Seconds after the last fault at which all was as it should be; undefined: not within twenty minutes. */
  readonly recovered: number | undefined;
  /** What was not, at the end. */
  readonly wrong: readonly string[];
}

const isReady = ({ status }: KubeNode | Pod): boolean =>
  status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;

/** What of the cluster is not as its objects want it. */
export function whatIsWrong({ server }: Cluster): readonly string[] {
  const wrong: string[] = [];
  const say = (kind: string, name: string, has: number | undefined, wants: number | undefined): void => {
    if ((has ?? 0) !== (wants ?? 0)) wrong.push(`${kind} ${name}: ${has ?? 0} of ${wants ?? 0}`);
  };
  for (const node of server.list<KubeNode>('Node').items) {
    if (!isReady(node)) wrong.push(`Node ${node.metadata.name} is not Ready`);
    const { taints = [], unschedulable } = node.spec;
    if (unschedulable === true) wrong.push(`Node ${node.metadata.name} is cordoned`);
    for (const { key } of taints)
      if (!key.endsWith('-pressure')) wrong.push(`Node ${node.metadata.name}: taint ${key}`);
  }
  for (const { metadata, spec, status } of server.list<Deployment>('Deployment').items) {
    if (metadata.name !== FLAKY) say('Deployment', metadata.name, status?.availableReplicas, spec.replicas);
  }
  for (const { metadata, spec, status } of server.list<StatefulSet>('StatefulSet').items) {
    say('StatefulSet', metadata.name, status?.readyReplicas, spec.replicas);
  }
  for (const { metadata, status } of server.list<DaemonSet>('DaemonSet').items) {
    if (metadata.name !== EVICTABLE)
      say('DaemonSet', metadata.name, status?.numberReady, status?.desiredNumberScheduled);
  }
  return wrong;
}

/** Runs one seed, and looks every minute after the last fault whether all is in order again. */
export async function soak(size: ChaosSize, onHour: (hour: number) => void = () => undefined): Promise<SoakResult> {
  const cluster = (await clusterMaker(chaosScenario(size)))();
  let faults = 0;
  const kinds = new Set<string>();
  cluster.faults.observe(({ phase, kind }) => {
    if (phase !== 'begin' || kind === 'reboot' || kind === 'replace') return;
    faults++;
    kinds.add(kind);
  });
  cluster.start();
  const invariants = new Invariants(cluster.server);
  for (let hour = 1; hour <= size.hours; hour++) {
    cluster.run({ until: seconds(hour * 3600) });
    onHour(hour);
  }
  let recovered: number | undefined;
  let wrong: readonly string[] = [];
  for (let after = 60; after <= RECOVERY; after += 60) {
    cluster.run({ until: seconds(size.hours * 3600 + after) });
    wrong = whatIsWrong(cluster);
    if (wrong.length > 0) continue;
    recovered = after;
    break;
  }
  const { dispatched: events } = cluster.kernel;
  return { seed: size.seed, faults, kinds: [...kinds].sort(), events, checked: invariants.checked, recovered, wrong };
}
