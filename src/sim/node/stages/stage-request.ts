import type { KubeObject } from '../../api/meta.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { patched } from '../../apiserver/patched.ts';
import type { ApiRequest, PatchRequest } from '../../apiserver/request.ts';
import type { StageFinalizers } from './stage-document.ts';
import type { CompiledStep } from './stage.ts';
import type { StagePlace } from './stage-template.ts';

/** What a step asks of the API server for an object as it is; undefined: nothing, or what is so already. */
export function requestOf(step: CompiledStep, object: KubeObject, place: StagePlace): ApiRequest | undefined {
  const { name, namespace = '', uid } = object.metadata;
  const target = { kind: object.kind, namespace, name };
  if (step.delete === true) {
    return { ...target, verb: 'delete', options: { gracePeriodSeconds: 0, preconditions: { uid } } };
  }
  if (step.finalizers !== undefined) {
    const finalizers = finalizersAfter(object.metadata.finalizers ?? [], step.finalizers);
    if (sameJson(finalizers, object.metadata.finalizers ?? [])) return undefined;
    return { ...target, verb: 'patch', patch: { metadata: { finalizers } } };
  }
  if (step.patch === undefined) return undefined;
  const { status, root, type: patchType, template } = step.patch;
  const patch = rooted(root, patchType, template(object, place)) as object;
  const request: PatchRequest = { ...target, verb: 'patch', patch, patchType };
  if (sameJson(patched(object, request), object)) return undefined;
  return status ? { ...request, subresource: 'status' } : request;
}

/** The patch as one of the whole object. */
function rooted(root: string, type: PatchRequest['patchType'], patch: unknown): unknown {
  if (root === '') return patch;
  if (type !== 'json') return { [root]: patch };
  const operations = patch as readonly { readonly path: string }[];
  return operations.map((operation) => ({ ...operation, path: `/${root}${operation.path}` }));
}

/** Source: kwok pkg/utils/lifecycle/finalizers.go. */
function finalizersAfter(
  before: readonly string[],
  { add = [], remove = [], empty = false }: StageFinalizers,
): readonly string[] {
  const gone = remove.map(({ value }) => value);
  const kept = empty ? [] : before.filter((one) => !gone.includes(one));
  return [...kept, ...add.map(({ value }) => value).filter((one) => !kept.includes(one))];
}
