import type { Pod, PodTemplateSpec } from '../../api/core.ts';
import type { LabelSelector, StringMap } from '../../api/meta.ts';
import type { Job } from '../../api/workloads.ts';
import type { ApiRequest, CreateRequest } from '../../apiserver/request.ts';
import { createPod } from '../requests.ts';

/** Holds a finished pod until its Job has counted it. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';
const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';

const selectors = new WeakMap<Job['metadata'], LabelSelector>();

/** A Job's own selector, or else the one the server would have generated: the Job's UID as a label. */
export function jobSelector(job: Job): LabelSelector {
  if (job.spec.selector !== undefined) return job.spec.selector;
  let selector = selectors.get(job.metadata);
  if (selector === undefined) {
    selector = { matchLabels: { [CONTROLLER_UID]: job.metadata.uid } };
    selectors.set(job.metadata, selector);
  }
  return selector;
}

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** The completion index a pod works on. */
export function completionIndex(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[COMPLETION_INDEX];
  return text === undefined ? undefined : Number(text);
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) === true;
}

/** The pod template with the labels that the server adds to a Job's. Source: pkg/registry/batch/job/strategy.go. */
export function jobTemplate(job: Job): PodTemplateSpec {
  const { template } = job.spec;
  const { name, uid } = job.metadata;
  const labels = {
    ...template.metadata?.labels,
    [CONTROLLER_UID]: uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  return { ...template, metadata: { ...template.metadata, labels } };
}

/**
 * Creates a Job's pod. One of an Indexed Job carries its index; the hostname of the index, which nothing here can look
 * up, is left out, so that all pods share one spec.
 */
export function createJobPod(
  job: Job,
  template: PodTemplateSpec,
  index: number | undefined,
  annotations: StringMap = {},
): CreateRequest {
  const finalizers = [...(template.metadata?.finalizers ?? []), TRACKING_FINALIZER];
  if (index === undefined) return createPod(job, template, { metadata: { finalizers } });
  const metadata = {
    generateName: `${job.metadata.name}-${index}-`,
    labels: { ...template.metadata?.labels, [COMPLETION_INDEX]: String(index) },
    annotations: { ...template.metadata?.annotations, [COMPLETION_INDEX]: String(index), ...annotations },
    finalizers,
  };
  return createPod(job, template, { metadata });
}

/** Lets a pod go that was counted. */
export function removeFinalizer(pod: Pod): ApiRequest {
  const { namespace = '', name, uid } = pod.metadata;
  const finalizers = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING_FINALIZER);
  const patch = { metadata: { uid, finalizers } };
  return { verb: 'patch', kind: 'Pod', namespace, name, patch, ignore: ['NotFound', 'Conflict'] };
}
