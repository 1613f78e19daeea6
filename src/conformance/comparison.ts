import { canonicalText } from '../sim/scheduler/canonical.ts';

/** What is compared, in the order of the scheduling cycle; each is a column of the report. */
export const ASPECTS = [
  'queue',
  'prefilter',
  'filter',
  'scorers',
  'raw',
  'normalized',
  'weighted',
  'best',
  'chosen',
  'message',
  'preemption',
  'victims',
  'node',
  'repeat',
] as const;

export type Aspect = (typeof ASPECTS)[number];

/** What an aspect is about. */
export const ASPECT_MEANINGS: Readonly<Record<Aspect, string>> = {
  queue: 'ignored or held back before scheduling, with plugin and reasons',
  prefilter: 'code, plugin, reasons and the nodes that PreFilter leaves',
  filter: 'verdict of a node: plugin, code, reasons',
  scorers: 'plugins that score, with weights, and those that PreScore skips',
  raw: 'score of a plugin for a node',
  normalized: 'the same after normalisation',
  weighted: 'the same times the weight, and the sum for the node',
  best: 'the nodes with the highest total',
  chosen: 'the cycle as simulations run it: node, total, feasible nodes',
  message: "text of the pod's condition, or of an error",
  preemption: 'result, code and text; candidates and the other nodes tried',
  victims: 'the pods that have to go',
  node: 'the nominated node',
  repeat: 'the same again from the caches',
};

/** Something that differs from the reference. */
export interface Difference {
  readonly aspect: Aspect;
  /** Node, plugin or step. */
  readonly where: string;
  readonly found: unknown;
  readonly expected: unknown;
}

/** Compares one case and keeps count. */
export class Comparison {
  readonly compared = new Map<Aspect, number>();
  readonly differences: Difference[] = [];

  /** The order of a mapping's entries does not count, that of a list does. */
  equal(aspect: Aspect, where: string, found: unknown, expected: unknown): void {
    this.holds(aspect, where, canonicalText(found ?? null) === canonicalText(expected ?? null), found, expected);
  }

  holds(aspect: Aspect, where: string, agrees: boolean, found: unknown, expected: unknown): void {
    this.compared.set(aspect, (this.compared.get(aspect) ?? 0) + 1);
    if (!agrees) this.differences.push({ aspect, where, found, expected });
  }
}
