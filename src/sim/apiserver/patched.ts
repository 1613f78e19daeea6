import type { KubeObject } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { jsonPatch, JsonPatchError } from './json-patch.ts';
import type { JsonPatchOperation } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import type { PatchRequest } from './request.ts';
import { strategicMerge } from './strategic-merge.ts';

/** The object as a patch leaves it, of whatever type the patch is; a refusal where it cannot be applied. */
export function patched(object: KubeObject, { patch, patchType = 'merge' }: PatchRequest): KubeObject | ApiStatus {
  if (patchType === 'merge') return mergePatch(object, patch) as KubeObject;
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
