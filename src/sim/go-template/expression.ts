import { isTrue } from './functions.ts';
import type { TemplateFunctions } from './functions.ts';
import { TemplateError } from './template-error.ts';

/** What an action is evaluated in: the dot, and the variables that can be seen. */
export interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
  readonly outer: Scope | undefined;
}

/** A compiled pipeline. */
export type Expression = (scope: Scope) => unknown;

/** A pipeline, with the variables that it sets. */
export interface Pipeline {
  readonly names: readonly string[];
  /** `:=` makes variables, `=` changes those that are there. */
  readonly declares: boolean;
  readonly value: Expression;
}

interface Token {
  readonly text: string;
  /** Follows the token before it without a space: `.Field` then belongs to it. */
  readonly joined: boolean;
}

const TOKEN = /(\s*)("(?:[^"\\\n]|\\.)*"|`[^`]*`|:=|[()|,=]|\$\w*|\.[A-Za-z_]\w*|\.|-?\d+(?:\.\d+)?|[A-Za-z_]\w*)/y;
const CONSTANTS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['nil', undefined],
]);

/** Reads `$a, $b := one | another`. Throws a `TemplateError`. Source: text/template/parse/parse.go. */
export function pipeline(text: string, functions: TemplateFunctions, offset: number): Pipeline {
  return new PipelineReader(text, functions, offset).whole();
}

/** The variable of a name, from the innermost scope that has it. */
function variable(name: string, offset: number): Expression {
  return (scope) => {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      if (at.variables.has(name)) return at.variables.get(name);
    }
    throw new TemplateError(`undefined variable ${name}`, offset);
  };
}

function field(of: Expression, name: string): Expression {
  return (scope) => {
    const value = of(scope);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Record<string, unknown>)[name];
  };
}

class PipelineReader {
  readonly #text: string;
  readonly #functions: TemplateFunctions;
  readonly #offset: number;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, functions: TemplateFunctions, offset: number) {
    this.#text = text;
    this.#functions = functions;
    this.#offset = offset;
    this.#tokens = this.#split();
  }

  #split(): readonly Token[] {
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    let end = 0;
    for (let match = TOKEN.exec(this.#text); match !== null; match = TOKEN.exec(this.#text)) {
      tokens.push({ text: match[2] as string, joined: match[1] === '' && tokens.length > 0 });
      end = TOKEN.lastIndex;
    }
    if (this.#text.slice(end).trim() !== '') throw this.#unreadable();
    return tokens;
  }

  #unreadable(why = ''): TemplateError {
    return new TemplateError(`cannot read {{${this.#text}}}${why}`, this.#offset);
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  whole(): Pipeline {
    const names = this.#declared();
    const declares = this.#tokens[this.#at - 1]?.text === ':=';
    const value = this.#pipe();
    if (this.#at < this.#tokens.length) throw this.#unreadable();
    return { names, declares, value };
  }

  /** `$a :=`, `$a, $b :=` or `$a =`, if the pipeline begins so. */
  #declared(): readonly string[] {
    const names: string[] = [];
    let at = 0;
    for (; this.#tokens[at]?.text.startsWith('$') === true; at++) {
      names.push(this.#tokens[at]?.text as string);
      if (this.#tokens[at + 1]?.text !== ',') break;
      at++;
    }
    const sign = this.#tokens[at + 1]?.text;
    if (sign !== ':=' && sign !== '=') return [];
    this.#at = at + 2;
    return names;
  }

  #pipe(): Expression {
    let value = this.#command(undefined);
    while (this.#peek() === '|') {
      this.#at++;
      value = this.#command(value);
    }
    return value;
  }

  /** A function with its arguments, the piped value last; or a single operand. */
  #command(piped: Expression | undefined): Expression {
    const head = this.#peek();
    const last = piped === undefined ? [] : [piped];
    if (head !== undefined && /^[A-Za-z_]/.test(head) && !CONSTANTS.has(head)) {
      this.#at++;
      return this.#call(head, [...this.#arguments(), ...last]);
    }
    const value = this.#operand();
    const next = this.#peek();
    if (piped !== undefined || (next !== undefined && next !== '|' && next !== ')')) throw this.#unreadable();
    return value;
  }

  #arguments(): Expression[] {
    const given: Expression[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      given.push(this.#operand());
    }
    return given;
  }

  #call(name: string, given: readonly Expression[]): Expression {
    if (name === 'or' || name === 'and') {
      // Neither evaluates more than it needs, and each comes to one of its arguments.
      return (scope) => {
        let value: unknown;
        for (const one of given) {
          value = one(scope);
          if (isTrue(value) === (name === 'or')) break;
        }
        return value;
      };
    }
    const apply = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (apply === undefined) throw this.#unreadable(`: there is no function ${name}`);
    return (scope) => {
      const args = given.map((one) => one(scope));
      try {
        return apply(...args);
      } catch (error) {
        if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
        throw new TemplateError(`{{${this.#text}}}: ${error.message}`, this.#offset);
      }
    };
  }

  #operand(): Expression {
    const token = this.#tokens[this.#at++]?.text;
    if (token === undefined) throw this.#unreadable();
    if (token === '(') {
      const inner = this.#pipe();
      if (this.#tokens[this.#at++]?.text !== ')') {
        throw new TemplateError(`a bracket is not closed in {{${this.#text}}}`, this.#offset);
      }
      return this.#fields(inner);
    }
    if (token === '.') return (scope) => scope.dot;
    if (token.startsWith('.')) return this.#fields(field((scope) => scope.dot, token.slice(1)));
    if (token.startsWith('$')) return this.#fields(variable(token, this.#offset));
    if (/^-?\d/.test(token)) return () => Number(token);
    if (token.startsWith('"')) {
      const text = JSON.parse(token) as string;
      return () => text;
    }
    if (token.startsWith('`')) return () => token.slice(1, -1);
    if (CONSTANTS.has(token)) return () => CONSTANTS.get(token);
    if (/^[A-Za-z_]/.test(token)) return this.#call(token, []);
    throw this.#unreadable();
  }

  /** `.Field`s that follow an operand without a space. */
  #fields(of: Expression): Expression {
    let value = of;
    for (
      let next = this.#tokens[this.#at];
      next?.joined === true && /^\.\w/.test(next.text);
      next = this.#tokens[this.#at]
    ) {
      value = field(value, next.text.slice(1));
      this.#at++;
    }
    return value;
  }
}
