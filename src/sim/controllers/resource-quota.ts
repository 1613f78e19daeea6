import type { Pod } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ResourceQuota } from '../api/workloads.ts';
import { printAmount } from '../apiserver/admission/limit-ranger.ts';
import { quotaCovers, quotaUsage } from '../apiserver/admission/quota-usage.ts';
import { byNamespace } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import { keyOf } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { isFinished } from './pod-state.ts';
import { updateStatus } from './requests.ts';

/** Kinds that quotas are about. Source: pkg/quota/v1/evaluator/core/registry.go, and count/… for the rest. */
const COUNTED: readonly Kind[] = [
  'Pod',
  'Service',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'ReplicationController',
  'ResourceQuota',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
];

/**
 * The ResourceQuota controller: counts what is used of each quota, when something goes that was counted, and all anew from
 * time to time. What comes is counted by admission. Source: pkg/controller/resourcequota.
 */
export const resourceQuotaController: ControllerFactory = {
  name: 'resourcequota',
  create: (environment) => new ResourceQuotas(environment),
};

class ResourceQuotas implements Controller {
  readonly name = 'resourcequota';
  readonly workers: number;
  readonly #resyncSeconds: number;
  readonly #quotas: Informer<ResourceQuota>;
  readonly #counted: readonly Index<KubeObject>[];

  constructor({ informers, queue, settings }: ControllerEnvironment) {
    this.workers = settings.controllerManager.concurrentResourceQuotaSyncs;
    this.#resyncSeconds = settings.controllerManager.resourceQuotaSyncPeriodSeconds;
    this.#quotas = informers.informer<ResourceQuota>('ResourceQuota');
    const inNamespace = byNamespace(this.#quotas);
    this.#quotas.on((type, quota, previous) => {
      // Its status is admission's as well: only a change of the spec is news.
      if (type !== 'deleted' && !sameJson(previous?.spec, quota.spec)) queue.add(keyOf(quota));
    });
    this.#counted = COUNTED.map((kind) => {
      const informer = informers.informer<KubeObject>(kind);
      informer.on((type, object, previous) => {
        const namespace = object.metadata.namespace ?? '';
        if (inNamespace.count(namespace) === 0 || !frees(type === 'deleted', object, previous)) return;
        for (const quota of inNamespace.get(namespace)) queue.add(keyOf(quota));
      });
      return byNamespace(informer);
    });
  }

  reconcile(key: string): Plan | undefined {
    const quota = this.#quotas.get(key);
    if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return undefined;
    const hard = quota.spec.hard ?? {};
    const amounts = new Map(Object.keys(hard).map((resource) => [resource, 0]));
    for (const index of this.#counted) {
      for (const object of index.get(quota.metadata.namespace ?? '')) {
        if (!quotaCovers(quota, object)) continue;
        for (const [resource, amount] of quotaUsage(object)) {
          const before = amounts.get(resource);
          if (before !== undefined) amounts.set(resource, before + amount);
        }
      }
    }
    const used: Record<string, string> = {};
    for (const [resource, amount] of amounts) used[resource] = printAmount(resource, amount);
    const requeueAfterSeconds = this.#resyncSeconds;
    const status = { hard, used };
    if (sameJson(quota.status, status)) return { stages: [], requeueAfterSeconds };
    const write = updateStatus(quota as ResourceQuota & { readonly status: unknown }, status);
    // Refused where admission has charged the quota meanwhile: then it is counted again.
    const { resourceVersion } = quota.metadata;
    const body = { ...write.body, metadata: { ...(write.body as KubeObject).metadata, resourceVersion } };
    return { stages: [[{ ...write, body }]], requeueAfterSeconds };
  }

  /** Nothing but what its queue holds. */
  save(): null {
    return null;
  }

  restore(): void {
    // Nothing to restore.
  }
}

/** Whether a change gives something back to quotas: what is gone, and pods that have ended. */
function frees(gone: boolean, object: KubeObject, previous: KubeObject | undefined): boolean {
  if (gone) return true;
  if (object.kind !== 'Pod') return false;
  return previous !== undefined && isFinished(object as Pod) && !isFinished(previous as Pod);
}
