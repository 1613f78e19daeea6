import type { Comparison } from '../compare/compare.ts';
import { writeComparison } from '../compare/write-comparison.ts';
import { runStudy } from './run-study.ts';
import type { StudyHooks, StudyPlace } from './run-study.ts';
import type { CheckedStudy } from './study.ts';
import { standings } from './verdict.ts';

/** Runs a study, says what it came to, and writes the results, unless it was only a part of it. */
export async function conclude(
  study: CheckedStudy,
  place: StudyPlace,
  told: { readonly command: string; readonly title?: string; readonly description?: string },
  hooks: StudyHooks,
): Promise<Comparison> {
  const { seeds, runs, compared, partial, warmUp } = await runStudy(study, place, hooks);
  const result: Omit<Comparison, 'files'> = {
    scenario: told.title ?? study.name,
    description: told.description ?? '',
    variants: study.variants,
    seeds,
    runs,
    compared,
    standings: standings(study, runs),
    objectives: study.objectives,
    constraints: study.constraints,
    metrics: study.metrics,
    margin: study.margin,
    confidence: study.confidence,
    warmUp,
    command: told.command,
    out: place.out,
    partial,
  };
  return { ...result, files: place.shard === undefined ? writeComparison(place.out, result) : [] };
}
