import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { boolCoreTag, CORE_SCHEMA, intCoreTag, loadAll, mergeTag, NOT_RESOLVED, YAMLException } from 'js-yaml';
import type * as Yaml from 'yaml';
import type { Document, LineCounter, Node } from 'yaml';
import { InputError, printPath } from './input-error.ts';
import type { DocumentPath, InputProblem, Position } from './input-error.ts';

/**
 * Text to plain documents. The quick parser (js-yaml: 7,064 pods in 0.25 s, a fifth of the other's time) reads all
 * input; the other one (yaml), which keeps positions, reads a text again only to say where something is wrong. It is
 * loaded then only: 72 modules.
 */
const withPositions = (): typeof Yaml => createRequire(import.meta.url)('yaml') as typeof Yaml;

const BOOLEANS = new Map<string, boolean>();
for (const word of ['true', 'yes', 'on']) BOOLEANS.set(word, true);
for (const word of ['false', 'no', 'off']) BOOLEANS.set(word, false);

function inThreeCases(word: string): boolean {
  const rest = word.slice(1);
  return rest === rest.toLowerCase() || word === word.toUpperCase();
}

/**
 * The scalars kubectl's parser (YAML 1.1 as goyaml reads it) resolves beyond YAML 1.2: yes/no/on/off, and octal numbers
 * with a leading 0 (`defaultMode: 0644`). Left out, as surprises: one-letter booleans and base-60 numbers.
 */
const SCHEMA = CORE_SCHEMA.withTags(
  mergeTag,
  {
    ...boolCoreTag,
    implicitFirstChars: [...'yYnNtTfFoO'],
    resolve: (text: string) => {
      if (text.length > 5) return NOT_RESOLVED;
      const value = BOOLEANS.get(text.toLowerCase());
      return value === undefined || !inThreeCases(text) ? NOT_RESOLVED : value;
    },
  },
  {
    ...intCoreTag,
    resolve: (text: string, isExplicit: boolean, tagName: string) =>
      /^[-+]?0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : intCoreTag.resolve(text, isExplicit, tagName),
  },
);

/** Documents nested deeper than this are refused: no manifest comes near, and recursion stays shallow. */
const MAX_DEPTH = 100;
/** Aliases a document may use: enough for people, too few for a bomb. */
const MAX_ALIASES = 10_000;

function plainReason(text: string): string {
  const first = text.split('\n')[0] ?? text;
  return first.replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]$/, '');
}

/** Where a text inside another file begins, for positions in that file. */
export interface Embedding {
  /** Lines of the outer file before the inner text's first. */
  readonly lines: number;
  /** Columns before each inner line. */
  readonly columns: number;
}

/** Of a text that is a file of its own. */
export const TOP: Embedding = { lines: 0, columns: 0 };

/** A parsed text that can say where each of its values stands. */
export class YamlSource {
  /** The file's name as the user gave it. */
  readonly file: string;
  readonly text: string;
  readonly embedding: Embedding;
  readonly documents: readonly unknown[];
  #parsed: { readonly documents: readonly Document[]; readonly counter: LineCounter } | undefined;

  /** `documents`: what the text says, where that is known already. */
  constructor(file: string, text: string, embedding: Embedding = TOP, documents?: readonly unknown[]) {
    this.file = file;
    this.text = text;
    this.embedding = embedding;
    this.documents = documents ?? this.#parse();
  }

  /**
   * Line and column of what the path leads to; of the nearest ancestor where the text has no such thing. With `key`, of
   * the field's name instead of its value.
   */
  locate(document: number, path: DocumentPath, at: 'key' | 'value' = 'value'): Position {
    const { isMap, isScalar, isSeq } = withPositions();
    const { documents, counter } = this.#withPositions();
    const parsed = documents[document];
    let node: unknown = parsed?.contents;
    let offset = this.#startOf(parsed?.contents) ?? parsed?.range?.[0] ?? 0;
    for (const [index, step] of path.entries()) {
      let key: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
        key = pair?.key;
        node = pair?.value;
      } else if (isSeq(node) && typeof step === 'number') {
        node = node.items[step];
      } else {
        break;
      }
      const wantsKey = at === 'key' && index === path.length - 1;
      const start = wantsKey
        ? (this.#startOf(key) ?? this.#startOf(node))
        : (this.#startOf(node) ?? this.#startOf(key));
      if (start === undefined) break;
      offset = start;
    }
    const { line, col } = counter.linePos(offset);
    return this.#outer({ line, column: col });
  }

  /** An error at a place of this text; it is for the caller to throw. */
  error(document: number, path: DocumentPath, problem: InputProblem, at: 'key' | 'value' = 'value'): InputError {
    return new InputError({ file: this.file, ...this.locate(document, path, at), path: printPath(path), ...problem });
  }

  /** Where the lines of a literal block (`inline: |`) begin, so that a text in it can be located in this file. */
  embeddingOf(document: number, path: DocumentPath): Embedding {
    const { line } = this.locate(document, path);
    const lines = this.text.split('\n');
    const first = line - this.embedding.lines;
    const content = lines.slice(first).find((text) => text.trim() !== '') ?? '';
    const columns = content.length - content.trimStart().length;
    return { lines: line, columns: columns + this.embedding.columns };
  }

  #startOf(node: unknown): number | undefined {
    return (node as Node | undefined | null)?.range?.[0];
  }

  #outer(position: Position): Position {
    return { line: position.line + this.embedding.lines, column: position.column + this.embedding.columns };
  }

  #withPositions(): { readonly documents: readonly Document[]; readonly counter: LineCounter } {
    if (this.#parsed === undefined) {
      const { LineCounter, parseAllDocuments } = withPositions();
      const counter = new LineCounter();
      const documents = parseAllDocuments(this.text, { lineCounter: counter, merge: true, logLevel: 'silent' });
      this.#parsed = { documents: [...documents], counter };
    }
    return this.#parsed;
  }

  #parse(): readonly unknown[] {
    try {
      return loadAll(this.text, { schema: SCHEMA, maxDepth: MAX_DEPTH, maxAliases: MAX_ALIASES });
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      throw this.#syntaxError(error);
    }
  }

  /** The slow parser often knows better what is wrong; where it finds nothing, the quick one's word stands. */
  #syntaxError(error: YAMLException): InputError {
    for (const document of this.#withPositions().documents) {
      const first = document.errors[0];
      const place = first?.linePos?.[0];
      if (first === undefined || place === undefined) continue;
      const position = this.#outer({ line: place.line, column: place.col });
      const message = plainReason(first.message);
      return new InputError({ file: this.file, ...position, message: `not valid YAML: ${message}` }, { cause: error });
    }
    const position = this.#outer({ line: (error.mark?.line ?? 0) + 1, column: (error.mark?.column ?? 0) + 1 });
    return new InputError(
      { file: this.file, ...position, message: `not valid YAML: ${error.reason}` },
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'this is a folder, a file is wanted';
  if (code === 'EACCES') return 'no permission to read the file';
  return `the file cannot be read (${String(code)})`;
}

/** A file's text; messages call it `shownAs`. */
export function readInput(path: string, shownAs: string = path): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError({ file: shownAs, message: reasonOf(error) }, { cause: error });
  }
}
