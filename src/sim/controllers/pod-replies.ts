import type { KubeObject } from '../api/meta.ts';
import type { EventRecorder } from '../apiserver/event-recorder.ts';
import type { ApiReply } from '../apiserver/request.ts';

/** Why a pod could not be created or deleted. */
export interface PodFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

/**
 * The event of a pod that was created or deleted for its owner, or could not be; the failure, where that is told. A pod to be
 * deleted that is not there is none. Source: pkg/controller/controller_utils.go RealPodControl.
 */
export function recordPodReply(
  events: EventRecorder,
  component: string,
  owner: KubeObject,
  { request, result }: ApiReply,
): PodFailure | undefined {
  const created = request.verb === 'create';
  if (result.ok) {
    const [reason, what] = created
      ? (['SuccessfulCreate', 'Created'] as const)
      : (['SuccessfulDelete', 'Deleted'] as const);
    events.record(component, owner, 'Normal', reason, `${what} pod: ${result.object.metadata.name}`);
    return undefined;
  }
  const { reason: refusal, message } = result.status;
  if (!created && refusal === 'NotFound') return undefined;
  const [reason, what] = created ? (['FailedCreate', 'creating'] as const) : (['FailedDelete', 'deleting'] as const);
  events.record(component, owner, 'Warning', reason, `Error ${what}: ${message}`);
  return { reason, message };
}
