import type { DocumentPath, InputProblem } from '../input-error.ts';

/** Something wrong inside a manifest; the reader of the file adds file, line and column. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
  /** From where the check began. */
  readonly path: DocumentPath;
  readonly problem: InputProblem;
  /** Whether the complaint is about a field's name, not its value. */
  readonly at: 'key' | 'value';

  constructor(path: DocumentPath, problem: InputProblem, at: 'key' | 'value' = 'value') {
    super(problem.message);
    this.path = path;
    this.problem = problem;
    this.at = at;
  }
}

/** Runs a check of a part; what is wrong there is told with the part's own path before it. */
export function within<T>(path: DocumentPath, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof Misfit) throw new Misfit([...path, ...error.path], error.problem, error.at);
    throw error;
  }
}
