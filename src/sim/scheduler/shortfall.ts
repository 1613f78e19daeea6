import type { PodInfo } from './pod-class.ts';
import type { NodeView } from './node-view.ts';
import { CycleError, PluginError } from './plugin-error.ts';
import type { SchedulingCycle } from './scheduling-cycle.ts';
import type { PluginStatus, Status } from './status.ts';

/** A resource of which a node has too little left for a pod; in millicores or whole units. */
export interface Lack {
  readonly resource: string;
  readonly wanted: number;
  readonly free: number;
  readonly allocatable: number;
}

/** All that keeps a pod from a node: not the first plugin's word alone, which is all that the cycle needs. */
export interface Shortfall {
  readonly node: string;
  readonly refusals: readonly PluginStatus[];
  readonly lacks: readonly Lack[];
}

/** Asks every filter about every node, for the nodes that some filter turns away. Empty where PreFilter refuses the pod. */
export function shortfalls(cycle: SchedulingCycle, pod: PodInfo): readonly Shortfall[] {
  const { table } = cycle;
  const skipped = new Uint8Array(cycle.plugins.length);
  const shared = cycle.cycle(skipped);
  const { refused, by, names } = cycle.preFilter(shared, pod, skipped);
  if (refused !== undefined) return [];
  const filters = cycle.plugins.filter(({ plugin, index }) => plugin.filter !== undefined && skipped[index] !== 1);
  const found: Shortfall[] = [];
  for (const row of table.order) {
    const view = table.views[row] as NodeView;
    const refusals: PluginStatus[] = [];
    if (names?.has(view.name) === false) {
      const reasons = [`not among the nodes that ${by.join(', ')} leaves`];
      refusals.push({ plugin: by[0] ?? 'PreFilter', code: 'UnschedulableAndUnresolvable', reasons });
    }
    for (const { plugin } of filters) {
      const status = told(() => plugin.filter?.(shared, pod, view));
      if (status !== undefined) refusals.push({ ...status, plugin: plugin.name });
    }
    if (refusals.length > 0) found.push({ node: view.name, refusals, lacks: lacksOf(pod, view) });
  }
  return found;
}

function told(ask: () => Status | undefined): Status | undefined {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof CycleError || error instanceof PluginError)) throw error;
    return { code: 'Error', reasons: [error.message] };
  }
}

function lacksOf({ podClass }: PodInfo, view: NodeView): readonly Lack[] {
  const lacks: Lack[] = [];
  const compare = (resource: string, wanted: number): void => {
    const allocatable = view.allocatable(resource);
    const free = allocatable - view.requested(resource);
    if (wanted > 0 && wanted > free) lacks.push({ resource, wanted, free, allocatable });
  };
  for (const [resource, wanted] of podClass.spec.requests.amounts) compare(resource, wanted);
  compare('pods', 1);
  return lacks;
}
