import type { KubeNode, NodeSelectorTerm } from '../../api/core.ts';
import type { PersistentVolumeClaim, StorageClass } from '../../api/storage.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { identityOf } from '../../kernel/random.ts';
import { segmentOf } from '../../storage/drivers.ts';

/** What decides where a new volume lies. */
interface Placing {
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass;
  /** The node that was chosen for it; undefined where it may lie anywhere. */
  readonly node: KubeNode | undefined;
  readonly nodes: Informer<KubeNode>;
  readonly topologyKeys: readonly string[];
}

/**
 * The node affinity of a new volume. It lies where the chosen node is; without one, in one of the places that the class
 * allows and that have nodes, by a hash of the claim's name, so that the members of a StatefulSet are spread. Undefined: it is
 * reached from everywhere; 'none': there is no place for it.
 * Source: external-provisioner pkg/controller/topology.go, getPVCNameHashAndIndexOffset.
 */
export function topologyOf(placing: Placing): readonly NodeSelectorTerm[] | undefined | 'none' {
  const { node, nodes, storageClass, topologyKeys } = placing;
  if (topologyKeys.length === 0) return undefined;
  if (node !== undefined) return termOf(segmentOf(node, topologyKeys));
  const segments = new Map<string, ReadonlyMap<string, string>>();
  for (const one of nodes.list()) {
    const segment = segmentOf(one, topologyKeys);
    if (segment.size > 0 && allowed(segment, storageClass)) segments.set([...segment.values()].join(' '), segment);
  }
  if (segments.size === 0) return (storageClass.allowedTopologies?.length ?? 0) > 0 ? 'none' : undefined;
  const names = [...segments.keys()].sort();
  const place = names[placeOf(placing.claim.metadata.name, names.length)] as string;
  return termOf(segments.get(place) ?? new Map());
}

function termOf(segment: ReadonlyMap<string, string>): readonly NodeSelectorTerm[] | undefined {
  if (segment.size === 0) return undefined;
  const matchExpressions = [...segment].map(([key, value]) => ({ key, operator: 'In' as const, values: [value] }));
  return [{ matchExpressions }];
}

function allowed(segment: ReadonlyMap<string, string>, { allowedTopologies = [] }: StorageClass): boolean {
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(segment.get(key) as string)),
  );
}

/** Claims that are named alike but for a number at the end take one place after the other. */
function placeOf(name: string, places: number): number {
  const [, base = name, number = '0'] = /^(.*)-(\d+)$/.exec(name) ?? [];
  return (identityOf(base) + Number(number)) % places;
}
