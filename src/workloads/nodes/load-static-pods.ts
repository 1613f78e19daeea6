import type { Pod, PodSpec } from '../../sim/api/core.ts';
import type { Draft } from '../../sim/api/meta.ts';
import type { StaticPodDrafts } from '../../sim/node/static-pods.ts';
import type { DocumentPath, InputProblem } from '../input-error.ts';
import { ManifestReader, PLAIN_READING } from '../manifests/manifests.ts';
import type { ManifestObject } from '../manifests/manifests.ts';
import { manifestSources } from '../manifests/manifest-sources.ts';
import { SpecPool } from '../manifests/spec-pool.ts';
import type { Scenario } from '../scenario.ts';

/** Volumes that are objects of the API server's, which a kubelet's own pods may not have. */
const OF_THE_SERVER = ['persistentVolumeClaim', 'configMap', 'secret', 'ephemeral', 'projected'];

/** The static pods of a scenario's node groups. Throws InputError. */
export function loadStaticPods({ cluster, source }: Scenario): StaticPodDrafts {
  const drafts = new Map<string, readonly Draft<Pod>[]>();
  for (const [index, { name, staticPods }] of cluster.nodeGroups.entries()) {
    if (staticPods === undefined) continue;
    const base = ['cluster', 'nodeGroups', index, 'staticPods'];
    const reader = new ManifestReader({ ...PLAIN_READING, allowUnknown: source.allowUnknown }, new SpecPool());
    const read = manifestSources(source, staticPods, base).flatMap((from) => reader.read(from));
    for (const one of read) check(one);
    refuseTwins(read);
    if (read.length === 0)
      throw source.error(base, { message: 'there are no static pods', allowed: 'at least one Pod' });
    drafts.set(
      name,
      read.map(({ object }) => object as Draft<Pod>),
    );
  }
  return drafts;
}

function fail({ source, document, path }: ManifestObject, at: DocumentPath, problem: InputProblem): Error {
  return source.error(document, [...path, ...at], problem);
}

/** What a kubelet takes from its folder: pods with names that need nothing of the API server. Source: kubelet config/common.go. */
function check(one: ManifestObject): void {
  const { kind, metadata } = one.object;
  if (kind !== 'Pod') {
    throw fail(one, ['kind'], { message: 'a kubelet runs nothing but pods of itself', found: kind, allowed: 'Pod' });
  }
  if ((metadata.name ?? '') === '') {
    throw fail(one, ['metadata', 'name'], { message: 'a static pod needs a name', allowed: 'metadata.name' });
  }
  const { spec } = one.object as unknown as { readonly spec: PodSpec & { readonly serviceAccountName?: string } };
  if ((spec.serviceAccountName ?? '') !== '') {
    throw fail(one, ['spec', 'serviceAccountName'], { message: 'static pods have no service account' });
  }
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const reference = OF_THE_SERVER.find((name) => volume[name] !== undefined);
    if (reference === undefined) continue;
    throw fail(one, ['spec', 'volumes', index, reference], {
      message: 'static pods cannot refer to objects of the API server',
      found: reference,
    });
  }
}

function refuseTwins(read: readonly ManifestObject[]): void {
  const seen = new Set<string>();
  for (const one of read) {
    const { name = '', namespace = '' } = one.object.metadata;
    if (seen.has(`${namespace}/${name}`)) {
      throw fail(one, ['metadata', 'name'], { message: 'a second static pod of this name', found: name });
    }
    seen.add(`${namespace}/${name}`);
  }
}
