import type { KubeNode } from '../../sim/api/core.ts';
import type { Draft, StringMap } from '../../sim/api/meta.ts';
import { ManifestReader, PLAIN_READING } from '../manifests/manifests.ts';
import type { ManifestObject } from '../manifests/manifests.ts';
import { SpecPool } from '../manifests/spec-pool.ts';
import type { YamlSource } from '../yaml.ts';
import type { LoadedNode } from './loaded-node.ts';
import { HOSTNAME, PLAIN_LABELS, REGION, ZONE } from './well-known-labels.ts';

function readNode({ object, source, document, path }: ManifestObject, maxPods: number): LoadedNode {
  const draft = object as Draft<KubeNode>;
  const name = draft.metadata.name ?? '';
  const status = (draft.status ?? {}) as KubeNode['status'];
  const given = status.capacity ?? status.allocatable;
  for (const resource of ['cpu', 'memory']) {
    if (given?.[resource] !== undefined) continue;
    throw source.error(document, [...path, 'status', 'capacity', resource], {
      message: `this field is missing (Node ${name})`,
      allowed: 'a quantity such as 8 (cpu) or 32Gi (memory)',
    });
  }
  const capacity = Object.freeze({ ...given, pods: given?.['pods'] ?? String(maxPods) });
  const allocatable = Object.freeze({ ...capacity, ...status.allocatable });
  const kept: KubeNode['status'] = Object.freeze({
    capacity,
    allocatable,
    ...(status.images === undefined ? {} : { images: status.images }),
  });
  const labels: StringMap = Object.freeze({ [HOSTNAME]: name, ...PLAIN_LABELS, ...draft.metadata.labels });
  const spec = (draft as { readonly spec?: KubeNode['spec'] }).spec ?? {};
  const metadata = Object.freeze({ ...draft.metadata, labels });
  return {
    name,
    group: 'manifests',
    zone: labels[ZONE],
    region: labels[REGION],
    cloud: (spec.providerID ?? '') !== '',
    devices: [],
    node: Object.freeze({ apiVersion: 'v1', kind: 'Node', metadata, spec, status: kept }),
  };
}

/** The Nodes of a manifest file. Conditions are not taken over: the simulated kubelets report their own. */
export function manifestNodes(
  source: YamlSource,
  maxPods: number,
  allowUnknown: boolean,
): { readonly nodes: LoadedNode[]; readonly warnings: readonly string[] } {
  const reader = new ManifestReader({ ...PLAIN_READING, allowUnknown }, new SpecPool());
  const objects = reader.read(source);
  const others = objects.filter(({ object }) => object.kind !== 'Node');
  const warnings = [...reader.warnings];
  if (others.length > 0) {
    warnings.push(
      `${source.file}: ${others.length} objects that are no Nodes are left out here; workloads[].manifests takes them`,
    );
  }
  const nodes = objects.filter(({ object }) => object.kind === 'Node').map((object) => readNode(object, maxPods));
  return { nodes, warnings };
}
