import type { KubeObject } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { jsonPatch, JsonPatchError } from './json-patch.ts';
import type { JsonPatchOperation } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import type { PatchRequest } from './request.ts';
import type { Stored } from './stored-object.ts';
import { strategicMerge } from './strategic-merge.ts';

/** The object as a patch leaves it, of whatever type the patch is; a refusal where it cannot be applied. */
export function patched(
  object: Stored,
  { patch, patchType = 'merge', subresource }: PatchRequest,
): KubeObject | ApiStatus {
  if (patchType === 'merge') {
    return (subresource === 'status' ? statusPatched(object, patch) : mergePatch(object, patch)) as KubeObject;
  }
  if (patchType === 'strategic') return strategicMerge(object, patch) as KubeObject;
  if (!Array.isArray(patch)) {
    return failure('BadRequest', 'json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  try {
    return jsonPatch(object, patch as readonly JsonPatchOperation[]) as KubeObject;
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    // Source: apiserver endpoints/handlers/patch.go; what was wrong with it is not told.
    return failure('Invalid', 'the server rejected our request due to an error in our request');
  }
}

/** What counts of a write to the status alone: the status, and what the patch demands of the metadata. */
function statusPatched(object: Stored, patch: object): object {
  const { metadata = {}, status } = patch as { readonly metadata?: object; readonly status?: unknown };
  return { metadata, status: status === undefined ? object.status : mergePatch(object.status, status) };
}
