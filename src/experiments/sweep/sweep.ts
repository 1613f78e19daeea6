import type { Comparison } from '../compare/compare.ts';
import { chooseEngine } from '../choose-engine.ts';
import type { EngineChoice } from '../choose-engine.ts';
import { conclude } from '../study/conclude.ts';
import type { Shard, StudyHooks } from '../study/run-study.ts';
import { checkStudy } from '../study/study.ts';
import { loadExperiment } from './load-experiment.ts';

/** A sweep that is asked for. */
export interface SweepRequest extends EngineChoice {
  /** The experiment's file. */
  readonly file: string;
  /** Seeds in place of the file's. */
  readonly seeds?: number;
  /** Folder for the results. */
  readonly out: string;
  /** Keep the runs that an earlier, broken-off sweep has written there. */
  readonly resume?: boolean;
  /** Only a part of the runs, for their journal; a sweep with `resume` in the same folder puts the parts together. */
  readonly shard?: Shard;
  /** The command that would repeat it, for the report. */
  readonly command?: string;
}

/** Runs an experiment from its file. Everything is checked before the first run. */
export async function sweep(request: SweepRequest, hooks: StudyHooks = {}): Promise<Comparison> {
  const { name, description, study } = loadExperiment(request.file);
  const seeds = request.seeds ?? study.seeds;
  const checked = await checkStudy({ ...study, seeds }, { seeds: 'seeds', variants: 'axes' });
  const engine = await chooseEngine(request);
  const place = { engine, out: request.out, resume: request.resume ?? false, shard: request.shard };
  try {
    return await conclude(checked, place, { command: request.command ?? '', title: name, description }, hooks);
  } finally {
    await engine.close();
  }
}
