import { stringify } from 'csv-stringify/sync';
import type { OutputFile } from './output-folder.ts';

/** A cell; undefined is empty. Times are seconds, numbers are written as short as they can be read back. */
export type Cell = string | number | undefined;

/** Rows gathered before they are turned into text. */
const BATCH = 2_000;

/** A lone carriage return ends a line for some readers. */
const QUOTING = { quoted_match: /\r/ };

/** A table written row by row. */
export class CsvTable {
  readonly #file: OutputFile;
  #rows: (readonly Cell[])[];

  constructor(file: OutputFile, columns: readonly string[]) {
    this.#file = file;
    this.#rows = [columns];
  }

  row(cells: readonly Cell[]): void {
    this.#rows.push(cells);
    if (this.#rows.length >= BATCH) this.end();
  }

  /** Writes what is gathered. */
  end(): void {
    if (this.#rows.length === 0) return;
    this.#file.write(stringify(this.#rows as Cell[][], QUOTING));
    this.#rows = [];
  }
}

/** Microseconds as seconds; undefined stays empty. */
export function inSeconds(micros: number | undefined): number | undefined {
  return micros === undefined ? undefined : micros / 1e6;
}

/** A number with so many decimals at most, so that sums do not show the last bits of their rounding. */
export function rounded(value: number, decimals = 6): number {
  return Number(value.toFixed(decimals));
}
