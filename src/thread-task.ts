import { rememberCodeVersion } from './code-version.ts';
import { InputError } from './workloads/input-error.ts';
import type { InputProblem } from './workloads/input-error.ts';
import { adoptYaml, shareYaml } from './workloads/kept-yaml.ts';
import { readManifests } from './workloads/manifests/manifest-sources.ts';
import { loadScenario } from './workloads/scenario.ts';
import { failureOf, runTask } from './experiments/run-task.ts';
import type { RunFailure, RunOutcome, RunTask } from './experiments/run-task.ts';
import { checkStudy } from './experiments/study/study.ts';
import type { CheckedStudy, Study, StudyPlaces } from './experiments/study/study.ts';

/** What is done on a worker thread: studies are looked at and runs are done where the simulation is loaded anyway. */

/** A study to look at, and where its parts were given. */
export interface CheckTask {
  readonly study: Study;
  readonly where: StudyPlaces;
}

/** A study that can be run. */
export interface CheckOutcome {
  readonly study: CheckedStudy;
  /** What its files say, for the other threads (`shareYaml`). */
  readonly yaml: SharedArrayBuffer;
}

/** A run that is asked of a thread, with what is known already. */
export interface ThreadTask {
  readonly task: RunTask;
  readonly codeVersion: string;
  readonly yaml: SharedArrayBuffer | undefined;
}

/** Whether the study's files are known on this thread. */
let read = false;

/** Looks at a study, and reads the files of its baseline, which are those of most variants. */
export async function checkOnThread({ study, where }: CheckTask): Promise<CheckOutcome | InputProblem | RunFailure> {
  try {
    const checked = await checkStudy(study, where);
    readFiles(checked);
    return { study: checked, yaml: shareYaml() };
  } catch (error) {
    return error instanceof InputError ? error.problem : failureOf(error);
  }
}

function readFiles({ file, set, variants, allowUnknown }: Study): void {
  read = true;
  try {
    readManifests(loadScenario(file, { set: [...set, ...(variants[0]?.settings ?? [])], allowUnknown }));
  } catch {
    // The run itself says what is wrong.
  }
}

/** Does one run. */
export async function runOnThread({ task, codeVersion, yaml }: ThreadTask): Promise<RunOutcome | RunFailure> {
  rememberCodeVersion(codeVersion);
  if (!read && yaml !== undefined) adoptYaml(yaml);
  read = true;
  return runTask(task);
}
