import { mean } from 'simple-statistics';
import type { ComparedRun } from '../compare/comparison.ts';
import type { Variant } from '../compare/variants.ts';
import { paretoFront } from '../sweep/pareto.ts';

import type { Constraint, Study } from './study.ts';

/** A variant by itself: its means, and what they say of the study's objectives and constraints. */
export interface VariantStanding {
  readonly variant: Variant;
  /** Over all seeds; metrics that were without a value on one of them are left out. */
  readonly means: Readonly<Record<string, number | undefined>>;
  /** Constraints that it does not keep, on the mean over its seeds. */
  readonly broken: readonly Constraint[];
  /** No other variant that keeps all constraints is at least as good in every objective and better in one. */
  readonly onFront: boolean;
}

/** Where every variant stands by the study's objectives and constraints. */
export function standings(
  { variants, objectives, constraints }: Study,
  runs: readonly ComparedRun[],
): readonly VariantStanding[] {
  const metrics = [...new Set([...objectives, ...constraints].map(({ metric }) => metric))];
  const rows = variants.map((variant) => {
    const own = runs.filter(({ variant: letter }) => letter === variant.letter);
    const means = Object.fromEntries(metrics.map((metric) => [metric, meanOf(own, metric)]));
    return { variant, means, broken: constraints.filter((constraint) => !keeps(means[constraint.metric], constraint)) };
  });
  const candidates = rows.filter(({ broken }) => broken.length === 0);
  const front =
    objectives.length === 0
      ? []
      : paretoFront(
          candidates.map(({ means }) => means),
          objectives,
        );
  const onFront = new Set(front.map((i) => candidates[i]));
  return rows.map((row) => ({ ...row, onFront: onFront.has(row) }));
}

function meanOf(runs: readonly ComparedRun[], metric: string): number | undefined {
  const values = runs.map(({ outcome }) => outcome.metrics[metric]);
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 || known.length < values.length ? undefined : mean(known);
}

function keeps(value: number | undefined, { atMost = Infinity, atLeast = -Infinity }: Constraint): boolean {
  return value !== undefined && value <= atMost && value >= atLeast;
}

/** `pods_never_scheduled ≤ 0`. */
export function constraintText({ metric, atMost, atLeast }: Constraint): string {
  const bounds = [atLeast === undefined ? '' : `≥ ${atLeast}`, atMost === undefined ? '' : `≤ ${atMost}`];
  return `${metric} ${bounds.filter((bound) => bound !== '').join(' and ')}`;
}
