/** Steps from a document's root: field names and list indexes. */
export type DocumentPath = readonly (string | number)[];

/** What is wrong with an input, and where. */
export interface InputProblem {
  /** The file's name as the user gave it, or what else the input came from (`--set`). */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** Where in the document, e.g. `workloads[0].manifests`. */
  readonly path?: string;
  /** One sentence without a full stop. */
  readonly message: string;
  /** The value or name as it stands in the input. */
  readonly found?: string;
  /** What could have stood there. */
  readonly allowed?: string;
  /** The known name that was probably meant. */
  readonly nearest?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A place in a text, both 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const WIDTH = 80;

/** Breaks text at spaces so that no line passes the terminal's width; a word longer than that stays whole. */
function wrap(text: string, first: string, indent: string): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  lines.push(line);
  return lines.join('\n');
}

/** `file:line:column`, as editors and terminals make clickable. */
function placeOf(problem: InputProblem): string {
  if (problem.file === undefined) return '';
  if (problem.line === undefined) return problem.file;
  return `${problem.file}:${problem.line}:${problem.column ?? 1}`;
}

function layOut(problem: InputProblem): string {
  const place = placeOf(problem);
  const prefix = place === '' ? '' : `${place}: `;
  const path = problem.path === undefined || problem.path === '' ? '' : `${problem.path}: `;
  const lines = [wrap(`${path}${problem.message}`, prefix, '  ')];
  if (problem.found !== undefined) lines.push(wrap(problem.found, '  found:   ', '           '));
  if (problem.allowed !== undefined) lines.push(wrap(problem.allowed, '  allowed: ', '           '));
  if (problem.nearest !== undefined) lines.push(`  did you mean "${problem.nearest}"?`);
  if (problem.hint !== undefined) lines.push(wrap(problem.hint, '  ', '  '));
  return lines.join('\n');
}

/**
 * An input that cannot be used. Its message is one block for a person at a terminal: the place, the path in the document
 * and the sentence; then what was found, what is allowed and the nearest known name. The process exits with 2.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly exitCode = 2;
  readonly problem: InputProblem;

  constructor(problem: InputProblem, options?: ErrorOptions) {
    super(layOut(problem), options);
    this.problem = problem;
  }
}

const PLAIN_STEP = /^[A-Za-z_$][\w$-]*$/;

/** A path as people write it: `spec.containers[0].resources`, with quotes where a name has dots of its own. */
export function printPath(path: DocumentPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!PLAIN_STEP.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

const SHOWN = 120;

/** A value as it is shown in a message: short, on one line. */
export function printValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

/** A value with its type in YAML's words: `the text "3"`, `a list`, `nothing`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing (null)';
  if (Array.isArray(value)) return `a list, ${printValue(value)}`;
  if (typeof value === 'object') return `a mapping, ${printValue(value)}`;
  if (typeof value === 'string') return `the text ${printValue(value)}`;
  if (typeof value === 'number') return `the number ${printValue(value)}`;
  return printValue(value);
}
