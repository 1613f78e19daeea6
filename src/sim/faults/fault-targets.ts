import type { Pod } from '../api/core.ts';
import { matchesSelector } from '../api/selectors.ts';
import { identityOfObject } from '../api/uid.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { MachineSpec } from '../node/machines.ts';
import type { FailureGroup, FailureModelEntry, FailureSubject } from './failure-model.ts';
import type { TimedFault } from './timed-fault.ts';

/** A machine's name. */
export function machineName({ node }: MachineSpec): string {
  return node.metadata.name ?? '';
}

/** So many of the items, each as likely to be among them, in the order they had. */
function some<T>(items: readonly T[], count: number, draw: (item: T) => number): readonly T[] {
  if (items.length <= count) return items;
  const drawn = items.map((item, index) => ({ index, draw: draw(item) }));
  drawn.sort((a, b) => a.draw - b.draw || a.index - b.index);
  const chosen = drawn.slice(0, count).map(({ index }) => index);
  return chosen.sort((a, b) => a - b).map((index) => items[index] as T);
}

/** Whether a fault says anything of nodes. */
function choosesNodes({ nodes, selector, zone, group }: TimedFault): boolean {
  return nodes !== undefined || selector !== undefined || zone !== undefined || group !== undefined;
}

function isChosen({ nodes, selector, zone, group }: TimedFault, machine: MachineSpec): boolean {
  return (
    (nodes === undefined || nodes.includes(machineName(machine))) &&
    (selector === undefined || matchesSelector(selector, machine.node.metadata.labels)) &&
    (zone === undefined || machine.zone === zone) &&
    (group === undefined || machine.group === group)
  );
}

/** Names of the nodes that the fault number `index` strikes. */
export function faultNodes(
  fault: TimedFault,
  index: number,
  machines: readonly MachineSpec[],
  draws: Purpose,
): string[] {
  const chosen = machines.filter((machine) => isChosen(fault, machine)).map(machineName);
  if (fault.count === undefined || fault.kind === 'pod-kill') return chosen;
  return [...some(chosen, fault.count, (name) => draws.uniform(identityOf(name), index))];
}

/** The pods that a pod-kill strikes. */
export function faultPods(
  fault: TimedFault,
  index: number,
  nodes: readonly string[],
  server: ApiServer,
  draws: Purpose,
): readonly Pod[] {
  const { namespace, selector } = fault.pods ?? {};
  const on = choosesNodes(fault) ? new Set(nodes) : undefined;
  const { items } = server.list<Pod>('Pod', {
    ...(namespace === undefined ? {} : { namespace }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
  });
  const chosen = items.filter(({ spec }) => on === undefined || on.has(spec.nodeName ?? ''));
  if (fault.count === undefined) return chosen;
  return some(chosen, fault.count, (pod) => draws.uniform(identityOfObject(pod), index));
}

/** What a model makes fail: each of its machines, or those together that share a zone or a label, or all. */
export function subjectsOf(
  { model, nodes, groups: ofGroups }: FailureModelEntry,
  machines: readonly MachineSpec[],
): FailureSubject[] {
  const struck = machines.filter(
    ({ node, group }) =>
      (nodes === undefined || matchesSelector(nodes, node.metadata.labels)) &&
      (ofGroups === undefined || ofGroups.has(group)),
  );
  const { strikes = 'node' } = model;
  if (strikes === 'node') {
    return struck.map((machine) => {
      const name = machineName(machine);
      return { name, identity: identityOf(name), zone: machine.zone, nodes: [name] };
    });
  }
  const what = typeof strikes === 'string' ? strikes : `label ${strikes.label}`;
  const groups = new Map<string, string[]>();
  for (const machine of struck) {
    const group = groupOf(machine, strikes);
    if (group === undefined) continue;
    const names = groups.get(group);
    if (names === undefined) groups.set(group, [machineName(machine)]);
    else names.push(machineName(machine));
  }
  return [...groups].map(([name, names]) => ({
    name,
    identity: identityOf(`${what} ${name}`),
    zone: strikes === 'zone' ? name : '',
    nodes: names,
  }));
}

/** What a machine fails together with; undefined for one without the label. */
function groupOf({ node, zone }: MachineSpec, strikes: FailureGroup): string | undefined {
  if (strikes === 'zone') return zone;
  if (typeof strikes === 'string') return 'all';
  return node.metadata.labels?.[strikes.label];
}
