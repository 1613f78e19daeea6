import type { MachineSpec } from '../node/machines.ts';

/** Who knows the machines; the kubelets' component does. */
export interface Roster {
  /** All there ever were, in order: those of the start, then those that were launched. */
  readonly specs: readonly MachineSpec[];
  /** Whether the machine is an instance that is gone: it never comes back. */
  isRetired(node: string): boolean;
  /** How many of them are. */
  readonly retired: number;
  /** Has it said, in constructors only, when a machine is launched. */
  onLaunch(listener: (machine: MachineSpec) => void): void;
  /** Has it said, in constructors only, when a machine is retired, after whatever did it has come to its end. */
  onRetired(listener: (node: string) => void): void;
}

/** The machines that can be struck now: all but those that are gone for good. */
export function present(roster: Roster): readonly MachineSpec[] {
  const { specs, retired } = roster;
  return retired === 0 ? specs : specs.filter(({ node }) => !roster.isRetired(node.metadata.name ?? ''));
}

/** Those of the nodes that are not gone for good. */
export function stillThere(roster: Roster, nodes: readonly string[]): readonly string[] {
  return roster.retired === 0 ? nodes : nodes.filter((node) => !roster.isRetired(node));
}
