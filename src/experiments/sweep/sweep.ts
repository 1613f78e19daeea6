import type { Comparison } from '../compare/compare.ts';
import { onEngine } from '../choose-engine.ts';
import type { EngineChoice } from '../choose-engine.ts';
import type { CheckStudy } from '../engine.ts';
import type { Shard, StudyHooks } from '../study/run-study.ts';

/** A sweep that is asked for. */
export interface SweepRequest extends EngineChoice {
  /** The experiment's file. */
  readonly file: string;
  /** Seeds in place of the file's. */
  readonly seeds?: number;
  /** Folder for the results [reports/<experiment>]. */
  readonly out?: string;
  /** Keep the runs that an earlier, broken-off sweep has written there. */
  readonly resume?: boolean;
  /** Only a part of the runs, for their journal; a sweep with `resume` in the same folder puts the parts together. */
  readonly shard?: Shard;
  /** The command that would repeat it, for the report. */
  readonly command?: string;
}

/** Runs an experiment from its file. Everything is checked before the first run. */
export async function sweep(request: SweepRequest, hooks: StudyHooks = {}): Promise<Comparison> {
  return onEngine(
    request,
    (check) => prepare(request, check),
    ({ name, description, study, conclude }, engine) => {
      const { out = `reports/${name}`, resume = false, shard, command = '' } = request;
      return conclude(study, { engine, out, resume, shard }, { command, title: name, description }, hooks);
    },
  );
}

async function prepare(request: SweepRequest, check: CheckStudy) {
  const { loadExperiment } = await import('./load-experiment.ts');
  const { name, description, study } = loadExperiment(request.file);
  const seeds = request.seeds ?? study.seeds;
  const [checked, { conclude }] = await Promise.all([
    check({ ...study, seeds }, { seeds: 'seeds', variants: 'axes' }),
    import('../study/conclude.ts'),
  ]);
  return { name, description, study: checked, conclude };
}
