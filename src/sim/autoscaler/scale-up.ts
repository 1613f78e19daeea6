import type { KubeNode, Pod } from '../api/core.ts';
import { amounts } from '../api/pod-requests.ts';
import type { PodInfo } from '../scheduler/pod-class.ts';
import type { ClusterAutoscalerSettings } from '../settings.ts';
import type { ClusterSnapshot } from './cluster-snapshot.ts';
import type { ExpansionOption, NodeShape } from './expander.ts';
import type { NodeGroups, ScalableGroup } from './node-groups.ts';
import { movesElsewhere } from './pod-kinds.ts';
import { byUrgency, likeness } from './pod-order.ts';

/** What can be done for pods that wait. */
export interface ScaleUpPlan {
  /** Pods that nothing there or on its way takes. */
  readonly helpless: readonly Pod[];
  readonly options: readonly ExpansionOption[];
}

/**
 * Looks for room: on nodes that are there, on nodes that are on their way, and then on nodes that each group could have more of.
 * Source: autoscaler core/podlistprocessor/filter_out_schedulable.go, core/scaleup/orchestrator, estimator/binpacking_estimator.go.
 */
export class ScaleUpPlanner {
  readonly #snapshot: ClusterSnapshot;
  readonly #groups: NodeGroups;
  readonly #settings: ClusterAutoscalerSettings;

  constructor(snapshot: ClusterSnapshot, groups: NodeGroups, settings: ClusterAutoscalerSettings) {
    this.#snapshot = snapshot;
    this.#groups = groups;
    this.#settings = settings;
  }

  /**
   * @param upcoming - nodes that are on their way, as templates
   * @param drained - nodes that are being removed: their pods will need room as well
   * @param canGrow - groups that may be asked for more
   */
  plan(
    pending: readonly Pod[],
    upcoming: readonly KubeNode[],
    drained: readonly string[],
    canGrow: readonly ScalableGroup[],
  ): ScaleUpPlan {
    const snapshot = this.#snapshot;
    return snapshot.simulate(() => {
      for (const node of upcoming) snapshot.add(node);
      const nodes = [...snapshot.nodes.list()].map(({ metadata }) => metadata.name);
      const waiting = [...pending]
        .sort(byUrgency)
        .map((pod) => snapshot.info(pod))
        .concat(drained.flatMap((node) => this.#taken(node)));
      const helpless = snapshot.place(waiting, [...nodes, ...upcoming.map(({ metadata }) => metadata.name)]);
      if (helpless.length === 0) return { helpless: [], options: [] };
      const options = canGrow.flatMap((group) => this.#option(group, helpless) ?? []);
      return { helpless: helpless.map(({ pod }) => pod), options };
    });
  }

  /** The pods of a node that is being drained, as if they were gone from it; those of DaemonSets go with it. */
  #taken(node: string): readonly PodInfo[] {
    const records = this.#snapshot.view(node)?.pods ?? [];
    return records
      .filter(({ pod }) => movesElsewhere(pod))
      .map(({ key, pod }) => ({ key, pod }))
      .sort((a, b) => byUrgency(a.pod, b.pod))
      .flatMap(({ key }) => this.#snapshot.take(key) ?? []);
  }

  /** How many more nodes of a group would take how many of the pods: first fit, the pods that need most first. */
  #option(group: ScalableGroup, pods: readonly PodInfo[]): ExpansionOption | undefined {
    const snapshot = this.#snapshot;
    const free = group.autoscaling.max - this.#groups.target(group);
    const most = Math.min(free, this.#settings.maxNodesPerScaleUp, pods.length);
    if (most <= 0) return undefined;
    return snapshot.simulate(() => {
      const [template] = this.#groups.templates(group, 1, 'template');
      const shape = shapeOf(template as KubeNode);
      const templates = this.#groups.templates(group, most, 'new');
      const added: string[] = [];
      const taken: PodInfo[] = [];
      const hopeless = new Set<string>();
      // Where the search for like pods goes on: the nodes before are full for them.
      const from = new Map<string, number>();
      for (const pod of largestFirst(pods, shape)) {
        const like = likeness(pod);
        if (hopeless.has(like)) continue;
        const begin = from.get(like) ?? 0;
        let node = snapshot.firstFit(pod, added.slice(begin));
        if (node === undefined && added.length < most) {
          const next = templates[added.length] as KubeNode;
          const { name } = next.metadata;
          const fits = snapshot.attempt(() => {
            snapshot.add(next);
            return snapshot.firstFit(pod, [name]) !== undefined;
          });
          if (fits) {
            added.push(name);
            node = name;
          }
        }
        if (node === undefined) {
          hopeless.add(like);
          continue;
        }
        from.set(like, added.indexOf(node));
        snapshot.put(pod, node);
        taken.push(pod);
      }
      if (added.length === 0) return undefined;
      return {
        group: group.name,
        nodes: added.length,
        pods: taken.map(({ pod }) => pod),
        node: shape,
        spot: group.spot,
        instanceType: group.type,
        pricePerHour: this.#groups.price(group),
        requested: requestedBy(taken),
      };
    });
  }
}

function shapeOf({ status }: KubeNode): NodeShape {
  const all = amounts(status.capacity);
  return { cpuCores: (all.get('cpu') ?? 0) / 1000, memoryBytes: all.get('memory') ?? 0 };
}

function requestsOf({ podClass }: PodInfo): NodeShape {
  const { amounts: asked } = podClass.spec.requests;
  return { cpuCores: (asked.get('cpu') ?? 0) / 1000, memoryBytes: asked.get('memory') ?? 0 };
}

function requestedBy(pods: readonly PodInfo[]): NodeShape {
  let cpuCores = 0;
  let memoryBytes = 0;
  for (const pod of pods) {
    const one = requestsOf(pod);
    cpuCores += one.cpuCores;
    memoryBytes += one.memoryBytes;
  }
  return { cpuCores, memoryBytes };
}

/** By the sum of the shares of a node that they ask for; in their order where that is the same. */
function largestFirst(pods: readonly PodInfo[], node: NodeShape): readonly PodInfo[] {
  const share = (pod: PodInfo): number => {
    const { cpuCores, memoryBytes } = requestsOf(pod);
    return cpuCores / Math.max(node.cpuCores, 1e-9) + memoryBytes / Math.max(node.memoryBytes, 1);
  };
  const scored = pods.map((pod) => ({ pod, share: share(pod) }));
  return scored.sort((a, b) => b.share - a.share).map(({ pod }) => pod);
}
