import { stringify } from 'csv-stringify/sync';
import type { OutputFile } from './output-folder.ts';

/** A cell; undefined is empty. Times are seconds, numbers are written as short as they can be read back. */
export type Cell = string | number | undefined;

/** Rows gathered before they go to the file. */
const BATCH = 2_000;

/** A lone carriage return ends a line for some readers. */
const QUOTING = { quoted_match: /\r/ };

/** What a cell must not hold to stand in its row as it is. */
const TO_QUOTE = /[",\n\r]/;

/**
 * A table written row by row. csv-stringify sees to the rows with something to quote; the others, nearly all, are their
 * cells with commas between, which is a tenth of the work.
 */
export class CsvTable {
  readonly #file: OutputFile;
  #text = '';
  /** Rows gathered, and the latest of them that are still to be quoted. */
  #rows = 0;
  #toQuote: Cell[][] = [];

  constructor(file: OutputFile, columns: readonly string[]) {
    this.#file = file;
    this.row(columns);
  }

  row(cells: readonly Cell[]): void {
    const line = plainLine(cells);
    if (line === undefined) {
      this.#toQuote.push([...cells]);
    } else {
      if (this.#toQuote.length > 0) this.#quote();
      this.#text += line;
    }
    if (++this.#rows >= BATCH) this.end();
  }

  /** Writes what is gathered. */
  end(): void {
    if (this.#rows === 0) return;
    if (this.#toQuote.length > 0) this.#quote();
    this.#file.write(this.#text);
    this.#text = '';
    this.#rows = 0;
  }

  #quote(): void {
    this.#text += stringify(this.#toQuote, QUOTING);
    this.#toQuote = [];
  }
}

/** The row as a line, undefined where a cell is to be quoted. */
function plainLine(cells: readonly Cell[]): string | undefined {
  let line = '';
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (i > 0) line += ',';
    if (cell === undefined) continue;
    if (typeof cell === 'string' && TO_QUOTE.test(cell)) return undefined;
    line += cell;
  }
  return `${line}\n`;
}

/** Microseconds as seconds; undefined stays empty. */
export function inSeconds(micros: number | undefined): number | undefined {
  return micros === undefined ? undefined : micros / 1e6;
}

/** A number with so many decimals at most, so that sums do not show the last bits of their rounding. */
export function rounded(value: number, decimals = 6): number {
  return Number(value.toFixed(decimals));
}
