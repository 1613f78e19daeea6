import type { KubeNode, Pod } from '../../api/core.ts';
import type { CSIDriver, PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from '../../api/storage.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { objectKey } from '../../apiserver/request.ts';
import type { ApiRequest } from '../../apiserver/request.ts';
import { MINUTE, SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { attachableVolume, needsAttachment, uniqueVolumeName } from '../../storage/drivers.ts';
import type { CsiVolume } from '../../storage/csi-translation.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { deleteObject } from '../requests.ts';
import { attachmentName, byAttachedNode, byVolume } from './attachments.ts';
import { ClaimUsers } from './claim-users.ts';
import { hasOutOfServiceTaint, isHealthy, mayBeAttachedTwice, needsVolumes } from './attachment-rules.ts';

const COMPONENT = 'attachdetach-controller';

/** How often the real controller compares what is with what should be. Source: ReconcilerLoopPeriod. */
const LOOP_PERIOD: Micros = SECOND / 10;

/** How long a node that is not well is waited for to unmount. Source: ReconcilerMaxWaitForUnmountDuration. */
const MAX_WAIT_FOR_UNMOUNT: Micros = 6 * MINUTE;

/**
 * The attach/detach controller: has volumes attached to the nodes whose pods use them, and detached when nothing on the
 * node does and its kubelet has unmounted them. Looks at a volume where something of it changed, in the rhythm of the real
 * loop. Source: pkg/controller/volume/attachdetach.
 */
export const attachDetachController: ControllerFactory = {
  name: 'attachdetach',
  create: (environment) => new AttachDetach(environment),
};

class AttachDetach implements Controller {
  readonly name = 'attachdetach';
  readonly workers = 10;
  readonly #environment: ControllerEnvironment;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #nodes: Informer<KubeNode>;
  readonly #drivers: Informer<CSIDriver>;
  readonly #attachments: Index<VolumeAttachment>;
  readonly #attachmentsOfNode: Index<VolumeAttachment>;
  readonly #users: ClaimUsers;
  /** By attachment: since when nothing on its node needs it. */
  #unwanted = new Map<string, Micros>();

  constructor(environment: ControllerEnvironment) {
    const { informers } = environment;
    this.#environment = environment;
    this.#drivers = informers.informer<CSIDriver>('CSIDriver');
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#volumes = informers.informer<PersistentVolume>('PersistentVolume');
    this.#claims = informers.informer<PersistentVolumeClaim>('PersistentVolumeClaim');
    const attachments = informers.informer<VolumeAttachment>('VolumeAttachment');
    this.#attachments = byVolume(attachments);
    this.#attachmentsOfNode = byAttachedNode(attachments);
    this.#users = new ClaimUsers(informers.informer<Pod>('Pod'), (claim) =>
      this.#look(this.#claims.get(claim)?.spec.volumeName),
    );
    this.#claims.on((_type, { spec }) => this.#look(spec.volumeName));
    this.#volumes.on((_type, { metadata }) => this.#look(metadata.name));
    attachments.on((type, { metadata, spec }) => {
      if (type === 'deleted') this.#unwanted.delete(metadata.name);
      this.#look(spec.source.persistentVolumeName);
      // A volume that waits for this one to leave its node, or a node that lists it.
    });
    this.#nodes.on((type, node, previous) => {
      if (type === 'modified' && !concernsVolumes(node, previous)) return;
      for (const { spec } of this.#attachmentsOfNode.get(node.metadata.name))
        this.#look(spec.source.persistentVolumeName);
    });
  }

  /** The volume is looked at in the next round of the loop. */
  #look(volume: string | undefined): void {
    if (volume === undefined || volume === '') return;
    const { kernel, queue } = this.#environment;
    queue.addAfter(volume, LOOP_PERIOD - (kernel.now % LOOP_PERIOD));
  }

  reconcile(name: string): Plan | undefined {
    const volume = this.#volumes.get(name);
    const csi = volume === undefined ? undefined : attachableVolume(volume);
    const { settings } = this.#environment;
    if (volume === undefined || csi === undefined) return undefined;
    if (!needsAttachment(settings.storage, csi.driver, this.#drivers.get(csi.driver))) return undefined;
    const wanted = this.#wanted(volume);
    const attachments = this.#attachments.get(name);
    const detaching: ApiRequest[] = [];
    const unlisting: ApiRequest[] = [];
    const attaching: ApiRequest[] = [];
    const listing: ApiRequest[] = [];
    let again: Micros | undefined;
    for (const attachment of attachments) {
      const { nodeName } = attachment.spec;
      if (attachment.metadata.deletionTimestamp !== undefined) continue;
      if (wanted.has(nodeName)) {
        this.#unwanted.delete(attachment.metadata.name);
        if (attachment.status?.attached === true)
          listing.push(...this.#listed(volume, csi, nodeName, wanted.get(nodeName)));
        continue;
      }
      const wait = this.#untilDetach(attachment, csi);
      if (wait > 0) {
        if (wait < Infinity) again = Math.min(again ?? Infinity, wait);
        continue;
      }
      unlisting.push(...this.#unlisted(csi, nodeName));
      detaching.push(deleteObject(attachment));
    }
    for (const [node, pods] of wanted) {
      if (attachments.some(({ spec }) => spec.nodeName === node)) continue;
      const others = attachments.filter(({ spec }) => spec.nodeName !== node);
      if (others.length > 0 && !mayBeAttachedTwice(volume)) this.#sayMultiAttach(volume, pods);
      else attaching.push(attachRequest(csi, volume, node));
    }
    // The node no longer calls it safe to mount before it is detached.
    const stages = [unlisting, detaching, attaching, listing].filter((stage) => stage.length > 0);
    if (stages.length === 0 && again === undefined) return undefined;
    return { stages, ...(again === undefined ? {} : { requeueAfterSeconds: again / SECOND }) };
  }

  /** The nodes on which pods need the volume, with the pods. */
  #wanted({ metadata, spec }: PersistentVolume): ReadonlyMap<string, readonly Pod[]> {
    const nodes = new Map<string, Pod[]>();
    if (spec.claimRef?.name === undefined) return nodes;
    const claim = this.#claims.get(objectKey(spec.claimRef.namespace, spec.claimRef.name));
    if (claim?.spec.volumeName !== metadata.name) return nodes;
    for (const pod of this.#users.of(objectKey(spec.claimRef.namespace, spec.claimRef.name))) {
      const { nodeName = '' } = pod.spec;
      if (nodeName === '' || !needsVolumes(pod)) continue;
      const pods = nodes.get(nodeName);
      if (pods === undefined) nodes.set(nodeName, [pod]);
      else pods.push(pod);
    }
    return nodes;
  }

  /** How long it is until the volume may be detached; Infinity: until its node says that it has unmounted it. */
  #untilDetach({ metadata, spec }: VolumeAttachment, csi: CsiVolume): Micros {
    const { now } = this.#environment.kernel;
    const since = this.#unwanted.get(metadata.name) ?? now;
    this.#unwanted.set(metadata.name, since);
    const node = this.#nodes.get(spec.nodeName);
    const mounted = node?.status.volumesInUse?.includes(uniqueVolumeName(csi)) !== false;
    if (node !== undefined && (!mounted || hasOutOfServiceTaint(node))) return 0;
    if (node !== undefined && isHealthy(node)) return Infinity;
    if (this.#environment.settings.controllerManager.disableForceDetachOnTimeout) return Infinity;
    return Math.max(0, since + MAX_WAIT_FOR_UNMOUNT - now);
  }

  /** Has the node's status list the volume as attached: then its kubelet may mount it. */
  #listed(
    volume: PersistentVolume,
    csi: CsiVolume,
    nodeName: string,
    pods: readonly Pod[] = [],
  ): readonly ApiRequest[] {
    const node = this.#nodes.get(nodeName);
    const attached = node?.status.volumesAttached ?? [];
    const name = uniqueVolumeName(csi);
    if (node === undefined || attached.some((one) => one.name === name)) return [];
    const text = `AttachVolume.Attach succeeded for volume "${volume.metadata.name}" `;
    for (const pod of pods) {
      this.#environment.events.record(COMPONENT, pod, 'Normal', 'SuccessfulAttachVolume', text);
    }
    return [attachedPatch(node, [...attached, { name, devicePath: '' }])];
  }

  #unlisted(csi: CsiVolume, nodeName: string): readonly ApiRequest[] {
    const node = this.#nodes.get(nodeName);
    const attached = node?.status.volumesAttached ?? [];
    const name = uniqueVolumeName(csi);
    if (node === undefined || !attached.some((one) => one.name === name)) return [];
    return [
      attachedPatch(
        node,
        attached.filter((one) => one.name !== name),
      ),
    ];
  }

  #sayMultiAttach({ metadata }: PersistentVolume, pods: readonly Pod[]): void {
    const text = `Multi-Attach error for volume "${metadata.name}" Volume is already exclusively attached to one node and can't be attached to another`;
    for (const pod of pods) this.#environment.events.record(COMPONENT, pod, 'Warning', 'FailedAttachVolume', text);
  }

  save(): unknown {
    return [...this.#unwanted];
  }

  restore(saved: unknown): void {
    this.#unwanted = new Map(saved as [string, Micros][]);
    this.#users.restored();
  }
}

/** Whether a node changed in anything that decides about detaching. */
function concernsVolumes(node: KubeNode, previous: KubeNode | undefined): boolean {
  if (previous === undefined) return true;
  return (
    node.status.volumesInUse !== previous.status.volumesInUse ||
    node.status.volumesAttached !== previous.status.volumesAttached ||
    node.spec.taints !== previous.spec.taints ||
    isHealthy(node) !== isHealthy(previous)
  );
}

function attachRequest(csi: CsiVolume, { metadata }: PersistentVolume, nodeName: string): ApiRequest {
  const name = attachmentName(csi, nodeName);
  const body = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name },
    spec: { attacher: csi.driver, nodeName, source: { persistentVolumeName: metadata.name } },
  };
  return { verb: 'create', kind: 'VolumeAttachment', namespace: '', name, body, ignore: ['AlreadyExists'] };
}

/** Refused where the node has moved on since it was read: another volume may have been added to the list. */
function attachedPatch({ metadata }: KubeNode, volumesAttached: readonly object[]): ApiRequest {
  const { name, resourceVersion } = metadata;
  const patch = { metadata: { resourceVersion }, status: { volumesAttached } };
  return { verb: 'patch', subresource: 'status', kind: 'Node', namespace: '', name, patch, ignore: ['NotFound'] };
}
