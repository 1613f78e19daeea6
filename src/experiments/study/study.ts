import { checkPolicies } from '../../scenario-policies.ts';
import { InputError } from '../../workloads/input-error.ts';
import { keepYaml } from '../../workloads/kept-yaml.ts';
import { loadScenario } from '../../workloads/scenario.ts';
import type { Variant } from '../compare/variants.ts';
import type { Objective } from '../sweep/pareto.ts';

/** What a variant must keep, on the mean over its seeds. */
export interface Constraint {
  readonly metric: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Variants of a scenario, seeds, and what is asked of them: what `compare` and `sweep` both come down to. */
export interface Study {
  /** The scenario's file. */
  readonly file: string;
  /** The first one is the baseline. */
  readonly variants: readonly Variant[];
  /** How many seeds, counted from `firstSeed`; at least 2. */
  readonly seeds: number;
  readonly firstSeed: number;
  /** `path=value` texts for all variants. */
  readonly set: readonly string[];
  readonly untilSeconds: number | undefined;
  readonly allowUnknown: boolean;
  readonly metrics: readonly string[];
  readonly objectives: readonly Objective[];
  readonly constraints: readonly Constraint[];
  /** Share of the baseline below which a difference does not matter. */
  readonly margin: number;
  readonly confidence: number;
  /** Add seeds until every interval is narrower than this share of the baseline to either side. */
  readonly stopWhen: number | undefined;
  /** Seeds at most where they are added. */
  readonly maxSeeds: number;
  /** `mser`: found out by runs of the baseline; else the scenario's own counts. */
  readonly warmUp: 'scenario' | 'mser';
}

/** A study whose input has been looked at. */
export interface CheckedStudy extends Study {
  readonly name: string;
  /** The hash of each variant's scenario. */
  readonly hashes: readonly string[];
}

/** Where a study's parts were given, for messages. */
export interface StudyPlaces {
  readonly seeds: string;
  readonly variants: string;
}

/** Loads every variant once, so that whatever is wrong is told before anything runs. */
export async function checkStudy(study: Study, where: StudyPlaces): Promise<CheckedStudy> {
  const { file, set, allowUnknown, variants, seeds } = study;
  if (seeds < 2) {
    throw new InputError({
      path: where.seeds,
      message: 'one seed is an anecdote',
      found: String(seeds),
      allowed: '2 or more',
    });
  }
  keepYaml();
  const hashes: string[] = [];
  let name = '';
  for (const { letter, settings } of variants) {
    const varied = { givenBy: where.variants, settings };
    const scenario = loadScenario(file, { set, varied, seed: 0, allowUnknown });
    await checkPolicies(scenario);
    const same = hashes.indexOf(scenario.hash);
    if (same >= 0) {
      const other = variants[same] as Variant;
      throw new InputError({
        path: where.variants,
        message: `the variants ${other.letter} and ${letter} are the same scenario`,
        found: `${other.settings.join(' ')} and ${settings.join(' ')}`,
      });
    }
    hashes.push(scenario.hash);
    name = scenario.metadata.name;
  }
  return { ...study, name, hashes };
}
