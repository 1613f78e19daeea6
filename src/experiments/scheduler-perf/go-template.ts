/** What a template is filled with: `.Index`, `.Count` and the workload's parameters. */
export type TemplateValues = Readonly<Record<string, number | string | boolean>>;

/** A template that makes no sense; the message says where. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

type Value = number | string | boolean | undefined;
type Expression = (values: TemplateValues) => Value;
type Part = (values: TemplateValues) => string;

/** Two spellings of two ages of the benchmark. Source: test/integration/scheduler_perf/create.go, `getTemplateFuncs`. */
const FUNCTIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  div: (a, b) => Math.trunc(a / b),
  DivideInt: (a, b) => Math.trunc(a / b),
  mod: (a, b) => a % b,
  Mod: (a, b) => a % b,
  AddInt: (a, b) => a + b,
};

const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/gs;
const TOKEN = /\s*([()]|"[^"]*"|[^\s()]+)/gy;

/** The part of Go's text/template that the benchmark's files use: values, functions of whole numbers, if/else/end. */
export class GoTemplate {
  /** Whether the text is the same whatever the values. */
  readonly constant: boolean;
  readonly #parts: readonly Part[];

  constructor(text: string) {
    const pieces: (string | { readonly action: string })[] = [];
    let at = 0;
    for (const match of text.matchAll(ACTION)) {
      pieces.push(trimmedEnd(text.slice(at, match.index), match[0]), { action: match[1] ?? '' });
      at = match.index + match[0].length;
    }
    pieces.push(text.slice(at));
    this.constant = pieces.length === 1;
    const reader = { pieces, at: 0 };
    this.#parts = block(reader, []);
    if (reader.at < pieces.length) throw new TemplateError('an {{end}} or {{else}} without an {{if}}');
  }

  render(values: TemplateValues): string {
    return this.#parts.map((part) => part(values)).join('');
  }
}

/** `{{-` takes the white space before it away. */
function trimmedEnd(text: string, action: string): string {
  return action.startsWith('{{-') ? text.trimEnd() : text;
}

interface Reader {
  readonly pieces: readonly (string | { readonly action: string })[];
  at: number;
}

/** Parts up to one of the closing actions, which is left to the caller. */
function block(reader: Reader, closing: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (; reader.at < reader.pieces.length; reader.at++) {
    const piece = reader.pieces[reader.at] as string | { readonly action: string };
    if (typeof piece === 'string') {
      if (piece !== '') parts.push(() => piece);
      continue;
    }
    const { action } = piece;
    if (action === 'else' || action === 'end') {
      if (closing.includes(action)) return parts;
      break;
    }
    if (action.startsWith('if ')) parts.push(condition(reader, expression(action.slice(3))));
    else if (!action.startsWith('/*')) parts.push(printed(expression(action), action));
  }
  if (closing.length > 0) throw new TemplateError('an {{if}} without an {{end}}');
  return parts;
}

function condition(reader: Reader, test: Expression): Part {
  reader.at++;
  const yes = block(reader, ['else', 'end']);
  let no: Part[] = [];
  if ((reader.pieces[reader.at] as { action: string }).action === 'else') {
    reader.at++;
    no = block(reader, ['end']);
  }
  return (values) => {
    const value = test(values);
    const holds = value !== undefined && value !== 0 && value !== '' && value !== false;
    return (holds ? yes : no).map((part) => part(values)).join('');
  };
}

function printed(value: Expression, action: string): Part {
  return (values) => {
    const result = value(values);
    if (result === undefined) throw new TemplateError(`no value for {{${action}}}`);
    return String(result);
  };
}

/** `.name`, a number, a text, or a function of two of them, in brackets where it is itself an argument. */
function expression(text: string): Expression {
  const tokens = [...text.matchAll(TOKEN)].map(([, token]) => token as string);
  const reader = { tokens, at: 0 };
  const result = call(reader, text);
  if (reader.at < tokens.length) throw new TemplateError(`cannot read {{${text}}}`);
  return result;
}

function call(reader: { tokens: string[]; at: number }, text: string): Expression {
  const head = reader.tokens[reader.at];
  const apply = head === undefined ? undefined : FUNCTIONS[head];
  if (apply === undefined) return operand(reader, text);
  reader.at++;
  const [a, b] = [operand(reader, text), operand(reader, text)];
  return (values) => apply(Number(a(values)), Number(b(values)));
}

function operand(reader: { tokens: string[]; at: number }, text: string): Expression {
  const token = reader.tokens[reader.at++];
  if (token === '(') {
    const inner = call(reader, text);
    if (reader.tokens[reader.at++] !== ')') throw new TemplateError(`a bracket is not closed in {{${text}}}`);
    return inner;
  }
  if (token?.startsWith('.') === true) {
    const name = token.slice(1);
    return (values) => values[name];
  }
  if (token !== undefined && /^-?\d+$/.test(token)) return () => Number(token);
  if (token?.startsWith('"') === true) return () => token.slice(1, -1);
  throw new TemplateError(`cannot read {{${text}}}: functions are ${Object.keys(FUNCTIONS).join(', ')}`);
}
