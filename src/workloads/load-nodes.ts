import type { KubeNode } from '../sim/api/core.ts';
import type { Draft } from '../sim/api/meta.ts';
import type { DocumentPath } from './input-error.ts';
import { unknownName } from './nearest.ts';
import { groupNodes } from './nodes/group-nodes.ts';
import type { LoadedNode } from './nodes/loaded-node.ts';
import { manifestNodes } from './nodes/manifest-nodes.ts';
import { sizedGroup } from './nodes/sized-group.ts';
import { referencedCsv, referencedYaml } from './referenced-file.ts';
import type { Scenario } from './scenario.ts';
import { openbNodes } from './traces/openb-nodes.ts';

/** The machines of a scenario, in order: groups, then manifests, then the trace. */
export interface NodeSet {
  /** Each with what the run knows of it besides. */
  readonly entries: readonly LoadedNode[];
  /** The Node objects alone, in the same order. */
  readonly nodes: readonly Draft<KubeNode>[];
  readonly warnings: readonly string[];
}

class Collector {
  readonly entries: LoadedNode[] = [];
  readonly #scenario: Scenario;
  readonly #names = new Map<string, string>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  add(nodes: readonly LoadedNode[], from: string, path: DocumentPath): void {
    for (const entry of nodes) {
      const before = this.#names.get(entry.name);
      if (before !== undefined) {
        throw this.#scenario.source.error(path, {
          message: 'two nodes have one name',
          found: `${entry.name}, in ${before} and in ${from}`,
          allowed: 'names that differ',
        });
      }
      this.#names.set(entry.name, from);
      this.entries.push(entry);
    }
  }
}

/** Reads the scenario's cluster. Throws InputError. */
export function loadNodes(scenario: Scenario): NodeSet {
  const { nodeGroups, manifests, trace } = scenario.cluster;
  const { maxPods } = scenario.components.kubelet;
  const { allowUnknown } = scenario.source;
  const collector = new Collector(scenario);
  const warnings: string[] = [];
  for (const [index, group] of nodeGroups.entries()) {
    collector.add(groupNodes(sizedGroup(scenario, group, index), maxPods), `node group ${group.name}`, [
      'cluster',
      'nodeGroups',
      index,
    ]);
  }
  for (const [index, given] of manifests.entries()) {
    const path = ['cluster', 'manifests', index];
    const read = manifestNodes(referencedYaml(scenario.source, path, given), maxPods, allowUnknown);
    collector.add(read.nodes, given, path);
    warnings.push(...read.warnings);
  }
  if (trace !== undefined) {
    const path = ['cluster', 'trace', 'nodes'];
    collector.add(openbNodes(referencedCsv(scenario.source, path, trace.nodes), trace.maxNodes), trace.nodes, path);
  }
  const grows = nodeGroups.some(({ autoscaling }) => autoscaling !== undefined);
  if (collector.entries.length === 0 && !grows) {
    throw scenario.source.error(['cluster'], { message: 'the cluster has no nodes', allowed: 'at least one node' });
  }
  checkFaults(scenario, collector.entries);
  return { entries: collector.entries, nodes: collector.entries.map((entry) => entry.node), warnings };
}

/** The nodes, zones and groups that faults name must be there. */
function checkFaults({ cluster, faults, source }: Scenario, entries: readonly LoadedNode[]): void {
  const names = new Set(entries.map((entry) => entry.name));
  const zones = new Set(entries.flatMap(({ zone }) => (zone === undefined ? [] : [zone])));
  const groups = new Set(entries.map((entry) => entry.group));
  // Groups that have no node yet may have some when it happens.
  for (const { name, autoscaling, zones: theirs } of cluster.nodeGroups) {
    if (autoscaling === undefined) continue;
    groups.add(name);
    for (const zone of theirs) zones.add(zone);
  }
  const refuse = (path: DocumentPath, what: string, name: string, known: ReadonlySet<string>): void => {
    if (!known.has(name)) throw source.error(path, unknownName(what, name, [...known]));
  };
  const { controlPlaneZone } = cluster;
  if (controlPlaneZone !== undefined) refuse(['cluster', 'controlPlaneZone'], 'zone', controlPlaneZone, zones);
  for (const [index, fault] of faults.entries()) {
    for (const [at, name] of (fault.nodes ?? []).entries()) refuse(['faults', index, 'nodes', at], 'node', name, names);
    for (const [at, name] of (fault.zones ?? []).entries()) refuse(['faults', index, 'zones', at], 'zone', name, zones);
    if (fault.zone !== undefined) refuse(['faults', index, 'zone'], 'zone', fault.zone, zones);
    if (fault.group !== undefined) refuse(['faults', index, 'group'], 'group', fault.group, groups);
  }
}
