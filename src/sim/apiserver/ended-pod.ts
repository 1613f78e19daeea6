import type { Pod } from '../api/core.ts';
import type { UpdateRequest } from './request.ts';
import type { Stored } from './stored-object.ts';

/**
 * What a kubelet writes of a pod that somebody has declared ended while the write was on its way: the end stands. The real
 * kubelet sends a patch from the status it knows to the one it has, which says nothing of a phase that is the same in both.
 * Source: pkg/util/pod/pod.go PatchPodStatus.
 */
export function withEnd(current: Stored, { body, asPatch }: UpdateRequest): Stored {
  const given = body as Stored;
  if (asPatch !== true) return given;
  const { phase, reason, message } = (current as Pod).status;
  const status = (given as Pod).status;
  if ((phase !== 'Failed' && phase !== 'Succeeded') || status.phase === phase) return given;
  return { ...given, status: { ...status, phase, reason, message } } as Stored;
}
