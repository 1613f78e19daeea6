import { parseDuration } from '../../sim/durations.ts';
import { InputError } from '../input-error.ts';
import type { InputProblem } from '../input-error.ts';
import { nearest } from '../nearest.ts';
import { readInput } from '../yaml.ts';

/** A cell's text and the columns of the text before it, for positions. */
interface Cell {
  readonly text: string;
  readonly column: number;
}

/** Splits one line (RFC 4180 without line breaks inside quotes). Undefined where a quote is left open. */
function splitLine(line: string): readonly Cell[] | undefined {
  const cells: Cell[] = [];
  let at = 0;
  for (;;) {
    const column = at + 1;
    let text = '';
    if (line[at] === '"') {
      let end = at + 1;
      for (; ; end += 2) {
        const quote = line.indexOf('"', end);
        if (quote < 0) return undefined;
        text += line.slice(end, quote);
        end = quote;
        if (line[quote + 1] !== '"') break;
        text += '"';
      }
      at = end + 1;
      if (at < line.length && line[at] !== ',') return undefined;
    } else {
      const comma = line.indexOf(',', at);
      const end = comma < 0 ? line.length : comma;
      text = line.slice(at, end);
      at = end;
    }
    cells.push({ text, column });
    if (at >= line.length) return cells;
    at++;
  }
}

/** A row of a table: its cells by column, and its line in the file. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * A CSV file with a heading, read whole. Empty lines and lines that begin with # are left out; every row has as many
 * cells as the heading.
 */
export class CsvTable {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
  readonly #lines: readonly string[];
  readonly #headingLine: number;

  constructor(file: string, text: string) {
    this.file = file;
    this.#lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    const rows: CsvRow[] = [];
    let heading: CsvRow | undefined;
    for (const [index, line] of this.#lines.entries()) {
      if (line === '' || line.startsWith('#')) continue;
      const row = { line: index + 1, cells: this.#cellsOf(line, index + 1) };
      if (heading === undefined) heading = row;
      else if (row.cells.length === heading.cells.length) rows.push(row);
      else throw this.#wrongLength(row, heading.cells);
    }
    if (heading === undefined) {
      throw new InputError({ file, message: 'the file is empty', allowed: 'a heading and a row for each entry' });
    }
    this.columns = heading.cells.map((name) => name.trim());
    this.#headingLine = heading.line;
    this.rows = rows;
  }

  /** Index of a column, which must be there unless `optional` (then -1). */
  column(name: string, optional = false): number {
    const index = this.columns.indexOf(name);
    if (index >= 0 || optional) return index;
    const meant = nearest(name, this.columns);
    throw this.headingError(name, {
      message: 'this column is missing',
      found: this.columns.join(', '),
      allowed: name,
      ...(meant === undefined ? {} : { nearest: meant }),
    });
  }

  /** An error about a column's name. */
  headingError(name: string, problem: InputProblem): InputError {
    const cells = splitLine(this.#lines[this.#headingLine - 1] ?? '') ?? [];
    const column = cells[this.columns.indexOf(name)]?.column ?? 1;
    return new InputError({ file: this.file, line: this.#headingLine, column, path: name, ...problem });
  }

  /** The error of a table from which nothing can be taken. */
  noRows(): InputError {
    const allowed = 'a row for each entry below the heading';
    return new InputError({
      file: this.file,
      line: this.#headingLine,
      column: 1,
      message: 'the file has no rows',
      allowed,
    });
  }

  /** An error at a cell. */
  error(row: CsvRow, column: number, problem: InputProblem): InputError {
    const cells = splitLine(this.#lines[row.line - 1] ?? '') ?? [];
    const position = { line: row.line, column: cells[column]?.column ?? 1 };
    const path = this.columns[column];
    return new InputError({ file: this.file, ...position, ...(path === undefined ? {} : { path }), ...problem });
  }

  /** A whole number of at least `least`. */
  wholeNumber(row: CsvRow, column: number, least = 0): number {
    const text = row.cells[column] ?? '';
    const value = Number(text);
    if (/^\s*\d+\s*$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
    throw this.error(row, column, {
      message: 'not a whole number',
      found: text === '' ? 'nothing' : text,
      allowed: `a whole number of at least ${least}`,
    });
  }

  /** A duration in seconds. */
  duration(row: CsvRow, column: number): number {
    const text = row.cells[column] ?? '';
    const value = text.trim() === '' ? undefined : parseDuration(text);
    if (value !== undefined) return value;
    const allowed = 'seconds, or a duration such as 90s or 1h30m';
    throw this.error(row, column, { message: 'not a duration', found: text === '' ? 'nothing' : text, allowed });
  }

  #cellsOf(line: string, number: number): readonly string[] {
    if (!line.includes('"')) return line.split(',');
    const cells = splitLine(line);
    if (cells !== undefined) return cells.map((cell) => cell.text);
    throw new InputError({
      file: this.file,
      line: number,
      column: line.indexOf('"') + 1,
      message: 'a quoted cell does not end on its line, or goes on after its quote',
      allowed: 'quotes around a whole cell, doubled inside it',
    });
  }

  #wrongLength(row: CsvRow, heading: readonly string[]): InputError {
    return new InputError({
      file: this.file,
      line: row.line,
      column: 1,
      message: `this row has ${row.cells.length} cells, the heading ${heading.length}`,
      found: this.#lines[row.line - 1] ?? '',
      allowed: heading.join(','),
    });
  }
}

/** Reads a CSV file. */
export function readCsv(path: string): CsvTable {
  return new CsvTable(path, readInput(path));
}
