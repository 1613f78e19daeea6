/** A filter of jq, taken apart. */
export type Filter =
  | { readonly kind: 'identity' }
  | { readonly kind: 'literal'; readonly value: unknown }
  /** `.name`, `.[0]`, `.["name"]`: of what the inner filter gives. */
  | { readonly kind: 'index'; readonly of: Filter; readonly key: Filter }
  /** `.[]` */
  | { readonly kind: 'each'; readonly of: Filter }
  /** `?`: without what fails. */
  | { readonly kind: 'try'; readonly of: Filter }
  | { readonly kind: 'pipe' | 'comma' | 'alternative' | 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'operator'; readonly operator: string; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Filter[] }
  /** `[…]` */
  | { readonly kind: 'list'; readonly of: Filter };

/** A text that is none of the filters read here. */
export class JqError extends Error {
  override readonly name = 'JqError';
  /** Where in the text, counted from 0. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Functions by name with the number of arguments each takes. */
export const FUNCTION_ARITY: Readonly<Record<string, readonly number[]>> = {
  select: [1],
  map: [1],
  not: [0],
  length: [0],
  keys: [0],
  has: [1],
  any: [0, 1],
  all: [0, 1],
  first: [0, 1],
  last: [0],
  empty: [0],
  type: [0],
  tostring: [0],
  tonumber: [0],
  ascii_downcase: [0],
  ascii_upcase: [0],
  startswith: [1],
  endswith: [1],
  contains: [1],
  test: [1],
  split: [1],
  join: [1],
  ltrimstr: [1],
  rtrimstr: [1],
};

interface Token {
  readonly text: string;
  readonly offset: number;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|\.[A-Za-z_]\w*|\/\/|==|!=|<=|>=|[<>+\-|,?()[\].:]|\d+(?:\.\d+)?|[A-Za-z_]\w*)/y;

/** Reads a filter. Throws a `JqError`. Source: jq's manual, in the precedence it gives. */
export function parseJq(text: string): Filter {
  return new FilterReader(text).whole();
}

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

class FilterReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    let end = 0;
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
      end = TOKEN.lastIndex;
      const token = match[1] as string;
      tokens.push({ text: token, offset: end - token.length });
    }
    this.#tokens = tokens;
    if (text.slice(end).trim() !== '') throw new JqError('not a filter of jq', end);
  }

  whole(): Filter {
    const filter = this.#pipe();
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return filter;
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  #unexpected(): JqError {
    const token = this.#tokens[this.#at];
    if (token === undefined) return new JqError('the filter ends too early', this.#text.length);
    return new JqError(`"${token.text}" does not belong here`, token.offset);
  }

  #takes(text: string): boolean {
    if (this.#next !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw this.#unexpected();
  }

  #pipe(): Filter {
    const left = this.#comma();
    return this.#takes('|') ? { kind: 'pipe', left, right: this.#pipe() } : left;
  }

  #comma(): Filter {
    let left = this.#alternative();
    while (this.#takes(',')) left = { kind: 'comma', left, right: this.#alternative() };
    return left;
  }

  #alternative(): Filter {
    const left = this.#or();
    return this.#takes('//') ? { kind: 'alternative', left, right: this.#alternative() } : left;
  }

  #or(): Filter {
    let left = this.#and();
    while (this.#takes('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Filter {
    let left = this.#comparison();
    while (this.#takes('and')) left = { kind: 'and', left, right: this.#comparison() };
    return left;
  }

  #comparison(): Filter {
    const left = this.#sum();
    const operator = this.#next;
    if (operator === undefined || !COMPARISONS.includes(operator)) return left;
    this.#at++;
    return { kind: 'operator', operator, left, right: this.#sum() };
  }

  #sum(): Filter {
    let left = this.#postfix();
    for (let operator = this.#next; operator === '+' || operator === '-'; operator = this.#next) {
      this.#at++;
      left = { kind: 'operator', operator, left, right: this.#postfix() };
    }
    return left;
  }

  #postfix(): Filter {
    let filter = this.#term();
    for (;;) {
      const next = this.#next;
      if (next === '?') {
        this.#at++;
        filter = { kind: 'try', of: filter };
      } else if (next === '[') filter = this.#bracket(filter);
      else if (next !== undefined && /^\.\w/.test(next)) {
        this.#at++;
        filter = { kind: 'index', of: filter, key: { kind: 'literal', value: next.slice(1) } };
      } else if (next === '.' && ['[', '"'].includes(this.#tokens[this.#at + 1]?.text[0] ?? '')) {
        this.#at++;
        filter = this.#next === '[' ? this.#bracket(filter) : this.#quoted(filter);
      } else return filter;
    }
  }

  /** `."name"` */
  #quoted(of: Filter): Filter {
    const token = this.#tokens[this.#at++]?.text ?? '';
    return { kind: 'index', of, key: { kind: 'literal', value: JSON.parse(token) as string } };
  }

  #bracket(of: Filter): Filter {
    this.#expect('[');
    if (this.#takes(']')) return { kind: 'each', of };
    const key = this.#pipe();
    this.#expect(']');
    return { kind: 'index', of, key };
  }

  #term(): Filter {
    const token = this.#next;
    if (token === undefined) throw this.#unexpected();
    this.#at++;
    if (token === '.')
      return this.#next?.startsWith('"') === true ? this.#quoted({ kind: 'identity' }) : { kind: 'identity' };
    if (token.startsWith('.')) {
      return { kind: 'index', of: { kind: 'identity' }, key: { kind: 'literal', value: token.slice(1) } };
    }
    if (token === '(') {
      const filter = this.#pipe();
      this.#expect(')');
      return filter;
    }
    if (token === '[') return this.#listed();
    if (token.startsWith('"')) return { kind: 'literal', value: JSON.parse(token) as string };
    if (/^\d/.test(token)) return { kind: 'literal', value: Number(token) };
    if (token === '-' && /^\d/.test(this.#next ?? ''))
      return { kind: 'literal', value: -Number(this.#tokens[this.#at++]?.text) };
    if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
    if (token === 'null') return { kind: 'literal', value: null };
    this.#at--;
    return this.#call();
  }

  #listed(): Filter {
    if (this.#takes(']')) return { kind: 'literal', value: [] };
    const of = this.#pipe();
    this.#expect(']');
    return { kind: 'list', of };
  }

  #call(): Filter {
    const { text: name, offset } = this.#tokens[this.#at] as Token;
    const arities = Object.hasOwn(FUNCTION_ARITY, name) ? FUNCTION_ARITY[name] : undefined;
    if (arities === undefined) {
      throw /^[A-Za-z_]/.test(name) ? new JqError(`no function "${name}"`, offset) : this.#unexpected();
    }
    this.#at++;
    const args: Filter[] = [];
    if (this.#takes('(')) {
      args.push(this.#pipe());
      this.#expect(')');
    }
    if (!arities.includes(args.length)) throw new JqError(`${name} takes ${arities.join(' or ')} arguments`, offset);
    return { kind: 'call', name, args };
  }
}
