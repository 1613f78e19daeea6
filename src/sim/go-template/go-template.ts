import { pipeline } from './expression.ts';
import type { Pipeline, Scope } from './expression.ts';
import { BUILT_IN, isTrue, printed } from './functions.ts';
import type { TemplateFunctions } from './functions.ts';
import { piecesOf } from './pieces.ts';
import type { Action, Piece } from './pieces.ts';
import { TemplateError } from './template-error.ts';

/** Writes a part of the result; answers how a loop around it goes on. */
type Part = (scope: Scope, out: string[]) => 'break' | 'continue' | undefined;

/** How a template is read. */
export interface TemplateOptions {
  /** Functions besides those that there always are. */
  readonly functions?: TemplateFunctions;
  /** Whether a value that is not there is printed as Go does (`<no value>`) or is an error. */
  readonly missing?: 'print' | 'error';
}

/**
 * Go's text/template: values, variables, pipelines, functions, if/else if/else, with, range, break, continue, comments and
 * trimmed white space; without define, template and block. Fields of what is not there are not there either.
 */
export class GoTemplate {
  /** Whether the text is the same whatever it is filled with. */
  readonly constant: boolean;
  readonly #parts: readonly Part[];

  /** Throws a `TemplateError` where the text is no template. */
  constructor(text: string, { functions = {}, missing = 'print' }: TemplateOptions = {}) {
    const pieces = piecesOf(text);
    this.constant = pieces.every((piece) => typeof piece === 'string');
    const reader = new BlockReader(pieces, { ...BUILT_IN, ...functions }, missing === 'error');
    this.#parts = reader.whole();
  }

  /** The text filled with data, which is `.` and `$`. Throws a `TemplateError` where it cannot be. */
  render(data: unknown): string {
    const out: string[] = [];
    run(this.#parts, { dot: data, variables: new Map([['$', data]]), outer: undefined }, out);
    return out.join('');
  }
}

function run(parts: readonly Part[], scope: Scope, out: string[]): 'break' | 'continue' | undefined {
  for (const part of parts) {
    const signal = part(scope, out);
    if (signal !== undefined) return signal;
  }
  return undefined;
}

function inner(outer: Scope, dot: unknown): Scope {
  return { dot, variables: new Map(), outer };
}

/** Sets a pipeline's variables to its value. */
function assign({ names, declares }: Pipeline, scope: Scope, values: readonly unknown[]): void {
  for (const [index, name] of names.entries()) {
    let owner: Scope | undefined = scope;
    if (!declares) while (owner !== undefined && !owner.variables.has(name)) owner = owner.outer;
    if (owner === undefined) throw new TemplateError(`undefined variable ${name}`);
    owner.variables.set(name, values[index]);
  }
}

const KEYWORD = /^(if|else|end|range|with|break|continue|define|template|block)\b\s*([\s\S]*)$/;

class BlockReader {
  readonly #pieces: readonly Piece[];
  readonly #functions: TemplateFunctions;
  readonly #strict: boolean;
  #at = 0;

  constructor(pieces: readonly Piece[], functions: TemplateFunctions, strict: boolean) {
    this.#pieces = pieces;
    this.#functions = functions;
    this.#strict = strict;
  }

  whole(): readonly Part[] {
    const parts = this.#block();
    const piece = this.#pieces[this.#at] as Action | undefined;
    if (piece !== undefined) throw new TemplateError('an {{end}} or {{else}} without an {{if}}', piece.offset);
    return parts;
  }

  /** Parts up to an `else` or `end`, which is left to the caller. */
  #block(): readonly Part[] {
    const parts: Part[] = [];
    for (; this.#at < this.#pieces.length; this.#at++) {
      const piece = this.#pieces[this.#at] as Piece;
      if (typeof piece === 'string') {
        parts.push((_scope, out) => {
          out.push(piece);
          return undefined;
        });
        continue;
      }
      const [, keyword = '', rest = ''] = KEYWORD.exec(piece.action) ?? [];
      if (keyword === 'else' || keyword === 'end') return parts;
      parts.push(this.#part(piece, keyword, rest));
    }
    return parts;
  }

  #part(piece: Action, keyword: string, rest: string): Part {
    switch (keyword) {
      case 'if':
      case 'with':
        return this.#condition(piece, rest, keyword);
      case 'range':
        return this.#range(piece, rest);
      case 'break':
      case 'continue':
        return () => keyword;
      case '':
        return this.#printed(piece);
      default:
        throw new TemplateError(`{{${keyword}}} cannot be used here`, piece.offset);
    }
  }

  #pipeline(text: string, { offset }: Action): Pipeline {
    return pipeline(text, this.#functions, offset);
  }

  #printed(piece: Action): Part {
    const line = this.#pipeline(piece.action, piece);
    if (line.names.length > 0) {
      return (scope) => {
        assign(line, scope, [line.value(scope)]);
        return undefined;
      };
    }
    const strict = this.#strict;
    return (scope, out) => {
      const value = line.value(scope);
      if (strict && value === undefined) throw new TemplateError(`no value for {{${piece.action}}}`, piece.offset);
      out.push(printed(value));
      return undefined;
    };
  }

  /** What stands up to the `end` of a block: its own parts, and those of its `else`. */
  #branches(piece: Action, keyword: string): readonly [readonly Part[], readonly Part[]] {
    this.#at++;
    const yes = this.#block();
    let no: readonly Part[] = [];
    const closing = this.#pieces[this.#at] as Action | undefined;
    if (closing === undefined) throw new TemplateError(`an {{${keyword}}} without an {{end}}`, piece.offset);
    const [, word = '', rest = ''] = KEYWORD.exec(closing.action) ?? [];
    if (word === 'else') {
      const [, again = '', test = ''] = KEYWORD.exec(rest) ?? [];
      // `else if` is a condition of its own, which shares the end.
      if (again !== '') no = [this.#condition(closing, test, again)];
      else {
        this.#at++;
        no = this.#block();
        if (this.#pieces[this.#at] === undefined) {
          throw new TemplateError(`an {{${keyword}}} without an {{end}}`, piece.offset);
        }
      }
    }
    return [yes, no];
  }

  #condition(piece: Action, text: string, keyword: string): Part {
    const test = this.#pipeline(text, piece);
    const [yes, no] = this.#branches(piece, keyword);
    return (scope, out) => {
      const within = inner(scope, scope.dot);
      const value = test.value(within);
      assign(test, within, [value]);
      if (!isTrue(value)) return run(no, within, out);
      return run(yes, keyword === 'with' ? { ...within, dot: value } : within, out);
    };
  }

  #range(piece: Action, text: string): Part {
    const over = this.#pipeline(text, piece);
    const [each, none] = this.#branches(piece, 'range');
    return (scope, out) => {
      const entries = entriesOf(over.value(scope), piece.offset);
      if (entries.length === 0) return run(none, inner(scope, scope.dot), out);
      for (const [key, value] of entries) {
        const within = inner(scope, value);
        assign(over, within, over.names.length > 1 ? [key, value] : [value]);
        if (run(each, within, out) === 'break') break;
      }
      return undefined;
    };
  }
}

/** What a range goes over: a list, a map in the order of its keys, so many whole numbers. */
function entriesOf(value: unknown, offset: number): readonly (readonly [unknown, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return [...(value as readonly unknown[]).entries()];
  if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index] as const);
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  throw new TemplateError(`range cannot go over ${printed(value)}`, offset);
}
