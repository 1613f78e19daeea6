import type { KubeNode } from '../api/core.ts';
import { cidrSets } from '../network/cidr-set.ts';
import type { CidrSet } from '../network/cidr-set.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Purpose } from '../kernel/random.ts';
import { csiNodeOf } from '../storage/drivers.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import { HEALTHY, NO_NETWORK, nodeConditions, nodeDraft } from './node-object.ts';
import type { NodeHealth } from './node-object.ts';

/** From registration to Ready: the runtime's network comes up, looked at every 100 ms. No constant upstream. */
const NETWORK_READY = SECOND;

/**
 * Registers nodes and reports their status: every --node-status-report-frequency, and at the next look
 * (--node-status-update-frequency) after something changed. Source: pkg/kubelet/kubelet_node_status.go.
 */
export class NodeReporter {
  readonly #environment: Environment;
  readonly #phases: Purpose;
  readonly #report: HandlerId;
  /** Whether the manager gives nodes their ranges, and the sets it has. */
  readonly #allocates: boolean;
  readonly #sets: readonly CidrSet[];
  /** Nodes of which stages report. */
  readonly #isSilent: (node: NodeRecord) => boolean;

  constructor(environment: Environment, state: KubeletState, isSilent: (node: NodeRecord) => boolean) {
    const { kernel } = environment;
    this.#environment = environment;
    this.#isSilent = isSilent;
    this.#phases = kernel.random.purpose('node-report');
    const { controllerManager } = environment.settings;
    this.#allocates = controllerManager.allocateNodeCIDRs;
    this.#sets = this.#allocates ? cidrSets(controllerManager) : [];
    this.#report = kernel.register('kubelet/node-report', (index, reports) => {
      const node = state.nodes[index] as NodeRecord;
      if (node.reports === reports) this.#reportNow(node);
    });
    // What the kubelet's watch of its own node would tell it. No watch, as nearly all changes of nodes are reports.
    environment.server.observe(({ kind, key, object, previous }) => {
      if (kind !== 'Node') return;
      const [is, was] = [object as KubeNode, previous as KubeNode | undefined];
      if (isUnknown(is) && !isUnknown(was)) {
        const node = state.byName.get(key);
        if (node !== undefined) this.changed(node);
      } else if (
        this.#allocates &&
        was !== undefined &&
        was.spec.podCIDR === undefined &&
        is.spec.podCIDR !== undefined
      ) {
        const node = state.byName.get(key);
        if (node?.state === 'running' && !node.paused && !node.cut) this.#next(node, NETWORK_READY);
      }
    });
  }

  /** The node was there and Ready before the run began. */
  exists(node: NodeRecord): void {
    const { server, calendar, kernel } = this.#environment;
    const ranges = this.#initialRanges(node.index);
    const health = this.#healthOf(node, ranges?.length === 0 ? NO_NETWORK : HEALTHY);
    const body = nodeDraft(node.machine.node, node.index, ranges, health, calendar, kernel.now);
    const result = server.handle({ verb: 'create', kind: 'Node', namespace: '', name: node.name, body });
    node.registered = true;
    const csiNode = csiNodeOf(node.name, this.#environment.settings.storage);
    if (csiNode !== undefined)
      server.handle({ verb: 'create', kind: 'CSINode', namespace: '', name: node.name, body: csiNode });
    if (!result.ok) throw new RangeError(`node "${node.name}": ${result.status.message}`);
    this.#next(node, this.#phases.uniform(node.identity, 0) * this.#frequency);
  }

  /** The kubelet has started: the node is created where it is not there, not ready at first, Ready a moment later. */
  registers(node: NodeRecord): void {
    const { server, calendar, kernel } = this.#environment;
    node.registered = true;
    if (server.get('Node', '', node.name) === undefined) {
      const ranges = this.#allocates ? [] : undefined;
      const health = this.#healthOf(node, NO_NETWORK);
      const body = nodeDraft(node.machine.node, node.index, ranges, health, calendar, kernel.now);
      node.client.request({ verb: 'create', kind: 'Node', namespace: '', name: node.name, body });
    }
    const csiNode = csiNodeOf(node.name, this.#environment.settings.storage);
    if (csiNode !== undefined && server.get('CSINode', '', node.name) === undefined)
      node.client.request({ verb: 'create', kind: 'CSINode', namespace: '', name: node.name, body: csiNode });
    this.#next(node, NETWORK_READY);
  }

  /** The kubelet can be heard again: it reports at its next look at itself. */
  resume(node: NodeRecord): void {
    const look = seconds(this.#environment.settings.kubelet.nodeStatusUpdateFrequencySeconds);
    this.#next(node, this.#phases.uniform(node.identity, 2 * node.reports + 1) * look);
  }

  /** An image was pulled: the kubelet reports at its next look at itself, not only when its time has come. */
  pulled(node: NodeRecord): void {
    if (node.imagesChanged) return;
    node.imagesChanged = true;
    this.changed(node);
  }

  /** Volumes came into use or out of it: the same. */
  volumesChanged(node: NodeRecord): void {
    if (node.volumesChanged) return;
    node.volumesChanged = true;
    this.changed(node);
  }

  /** Something that its status tells has changed: the kubelet reports at its next look at itself. */
  changed(node: NodeRecord): void {
    const speaks = node.state === 'running' && (!node.paused || node.stalled) && !node.cut;
    if (speaks && node.registered) this.resume(node);
  }

  /** Likewise, but at once. */
  now(node: NodeRecord): void {
    if (node.registered) this.#next(node, 0);
  }

  stop(node: NodeRecord): void {
    node.reports++;
  }

  /** What a node that was there before the run had been given, as long as there was something. */
  #initialRanges(index: number): readonly string[] | undefined {
    if (!this.#allocates) return undefined;
    return this.#sets.every(({ size }) => index < size) ? this.#sets.map((set) => set.range(index)) : [];
  }

  #healthOf(node: NodeRecord, health: NodeHealth): NodeHealth | undefined {
    return this.#isSilent(node) ? undefined : health;
  }

  get #frequency(): number {
    return seconds(this.#environment.settings.kubelet.nodeStatusReportFrequencySeconds);
  }

  /** Plans the next report and makes void what was planned before. */
  #next(node: NodeRecord, delay: number): void {
    if (this.#isSilent(node)) return;
    node.reports++;
    this.#environment.kernel.after(Math.round(delay), this.#report, node.index, node.reports);
  }

  #reportNow(node: NodeRecord): void {
    if (node.state !== 'running' || (node.paused && !node.stalled) || node.cut) return;
    const { server, calendar, kernel, settings } = this.#environment;
    const look = seconds(settings.kubelet.nodeStatusUpdateFrequencySeconds);
    const known = server.get<KubeNode>('Node', '', node.name);
    if (known !== undefined) {
      const health =
        this.#allocates && known.spec.podCIDR === undefined ? { ...NO_NETWORK, pressure: node.pressure } : node;
      const conditions = nodeConditions(known.status.conditions ?? [], health, calendar, kernel.now);
      const patch = {
        status: {
          conditions,
          ...(node.imagesChanged ? { images: imagesOf(node) } : {}),
          ...(node.volumesChanged ? { volumesInUse: [...node.volumes.keys()].sort() } : {}),
        },
      };
      node.client.request({
        verb: 'patch',
        subresource: 'status',
        kind: 'Node',
        namespace: '',
        name: node.name,
        patch,
      });
      if (server.space.full) {
        // Refused: it tries again at every look at itself. Source: kubelet_node_status.go (syncNodeStatus).
        this.#next(node, look);
        return;
      }
      if (node.volumesChanged) node.reportedVolumes = [...node.volumes.keys()];
      node.imagesChanged = false;
      node.volumesChanged = false;
    }
    this.#next(node, this.#frequency + this.#phases.uniform(node.identity, 2 * node.reports) * look);
  }
}

/** Whether somebody else has said of the node that nobody knows how it is. */
function isUnknown(node: KubeNode | undefined): boolean {
  return node?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'Unknown') === true;
}

/** Images that a node's status lists at most. Source: --node-status-max-images. */
const MAX_IMAGES = 50;

/** The node's images, largest first. Source: pkg/kubelet/images/image_gc_manager.go GetImageList. */
function imagesOf({ images }: NodeRecord): KubeNode['status']['images'] {
  return [...images]
    .sort(([a, bytesOfA], [b, bytesOfB]) => bytesOfB - bytesOfA || (a < b ? -1 : 1))
    .slice(0, MAX_IMAGES)
    .map(([name, sizeBytes]) => ({ names: [name], sizeBytes }));
}
