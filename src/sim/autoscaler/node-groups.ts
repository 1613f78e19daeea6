import type { KubeNode } from '../api/core.ts';
import type { CloudProvider } from '../cloud/provider.ts';
import type { Instance, InstanceGroupSpec } from '../cloud/provider-spec.ts';
import type { Micros } from '../kernel/time.ts';

/** A node group that the autoscaler may change. */
export interface ScalableGroup extends InstanceGroupSpec {
  readonly autoscaling: { readonly min: number; readonly max: number };
}

/** The provider's groups as the autoscaler sees them. */
export class NodeGroups {
  readonly all: readonly ScalableGroup[];
  readonly #provider: CloudProvider;

  constructor(provider: CloudProvider) {
    this.#provider = provider;
    this.all = provider.groups.specs.filter((group): group is ScalableGroup => group.autoscaling !== undefined);
  }

  target({ name }: ScalableGroup): number {
    return this.#provider.groups.target(name);
  }

  price(group: ScalableGroup): number {
    return this.#provider.priceOf(group);
  }

  instances({ name }: ScalableGroup): readonly Instance[] {
    return this.#provider.instancesOf(name);
  }

  /** The group that a node's instance belongs to; undefined where the instance is gone or is not to be changed. */
  groupOf(node: string): ScalableGroup | undefined {
    const instance = this.#provider.instance(node);
    if (instance === undefined || instance.state === 'gone') return undefined;
    return this.all.find(({ name }) => name === instance.group);
  }

  /** When a node's instance was asked for. */
  launched(node: string): Micros {
    return this.#provider.instance(node)?.launched ?? 0;
  }

  shortage({ name }: ScalableGroup): ReturnType<CloudProvider['groups']['shortage']> {
    return this.#provider.groups.shortage(name);
  }

  /** A call that changes a group. False where the provider refuses calls at the time. */
  resize({ name }: ScalableGroup, target: number): boolean {
    if (!this.#provider.admits()) return false;
    this.#provider.groups.resize(name, target);
    return true;
  }

  /** Likewise, gives a node's instance back. */
  remove({ name }: ScalableGroup, node: string): boolean {
    if (!this.#provider.admits()) return false;
    this.#provider.groups.remove(name, node);
    return true;
  }

  /** What the group's next nodes would be like: templates, each in the zone that its instance would be launched in. */
  templates(group: ScalableGroup, count: number, prefix: string): readonly KubeNode[] {
    const counts = new Map(group.zones.map((zone) => [zone, 0]));
    for (const { zone } of this.instances(group)) counts.set(zone, (counts.get(zone) ?? 0) + 1);
    return Array.from({ length: count }, (_, index) => {
      let [next = ''] = group.zones;
      for (const zone of group.zones) if ((counts.get(zone) ?? 0) < (counts.get(next) ?? 0)) next = zone;
      counts.set(next, (counts.get(next) ?? 0) + 1);
      return templateNode(group, `${prefix}-${group.name}-${index}`, next);
    });
  }
}

/** A node of the group that is not there (yet), as it will be when it is Ready. */
export function templateNode(group: InstanceGroupSpec, name: string, zone: string): KubeNode {
  const draft = group.node(name, zone, true);
  return { ...draft, metadata: { ...draft.metadata, uid: name, resourceVersion: '' } } as unknown as KubeNode;
}
