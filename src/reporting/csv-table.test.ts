import { stringify } from 'csv-stringify/sync';
import { describe, expect, it } from 'vitest';
import { CsvTable, inSeconds, rounded } from './csv-table.ts';
import type { Cell } from './csv-table.ts';

/** What a table writes, piece by piece. */
function table(columns: readonly string[]): { readonly csv: CsvTable; readonly pieces: string[] } {
  const pieces: string[] = [];
  return { csv: new CsvTable({ write: (text) => pieces.push(text) }, columns), pieces };
}

function lineOf(...cells: readonly Cell[]): string {
  const { csv, pieces } = table([]);
  csv.end();
  csv.row(cells);
  csv.end();
  return pieces[1] ?? '';
}

describe('a CSV table', () => {
  it('has its columns on top and its rows in order, cells in the order of the columns', () => {
    const { csv, pieces } = table(['pod', 'attempts']);
    csv.row(['a', 2]);
    csv.row(['b', 1]);
    csv.end();
    expect(pieces.join('')).toBe('pod,attempts\na,2\nb,1\n');
  });

  it('has its columns where it has no row', () => {
    const { csv, pieces } = table(['pod', 'node']);
    csv.end();
    expect(pieces.join('')).toBe('pod,node\n');
  });

  it('leaves cells empty that have no value, and only those', () => {
    expect(lineOf(undefined, '', 0, 'x', undefined)).toBe(',,0,x,\n');
  });

  it('quotes what would end a cell or a line, and doubles quotes', () => {
    expect(lineOf('a,b', 'say "no"', 'two\nlines', 'old\rMac', 'plain text')).toBe(
      '"a,b","say ""no""","two\nlines","old\rMac",plain text\n',
    );
  });

  it('is what csv-stringify makes of all its rows, whichever of them have something to quote', () => {
    const cells: Cell[] = ['plain', 'a,b', '"', 'x\ny', 'x\rz', '', undefined, 0, -0, 1.5, -1e-9, NaN, Infinity];
    const rows = Array.from({ length: 500 }, (_, i) =>
      Array.from({ length: 4 }, (_unused, j) => cells[(i * (j + 3) + j) % (i % 3 === 0 ? 1 : cells.length)]),
    );
    const { csv, pieces } = table(['w', 'x', 'y', 'z']);
    for (const row of rows) csv.row(row);
    csv.end();
    expect(pieces.join('')).toBe(stringify([['w', 'x', 'y', 'z'], ...rows], { quoted_match: /\r/ }));
  });

  it('writes numbers so that they are read back the same', () => {
    const numbers = [0.1, 1 / 3, 1e21, 1e-7, 86_400.000001, 2 ** 53];
    expect(
      lineOf(...numbers)
        .trimEnd()
        .split(',')
        .map(Number),
    ).toEqual(numbers);
  });

  it('goes to its file in batches, not as one text at the end, and loses or repeats nothing on the way', () => {
    const { csv, pieces } = table(['i']);
    for (let i = 0; i < 5000; i++) csv.row([i]);
    const before = pieces.length;
    expect(before).toBeGreaterThan(1);
    csv.end();
    csv.end();
    expect(pieces).toHaveLength(before + 1);
    expect(pieces.join('')).toBe(`i\n${Array.from({ length: 5000 }, (_, i) => `${i}\n`).join('')}`);
  });
});

describe('numbers in cells', () => {
  it('are seconds where they were microseconds, and nothing where there was none', () => {
    expect([inSeconds(1_500_000), inSeconds(1), inSeconds(0), inSeconds(undefined)]).toEqual([1.5, 1e-6, 0, undefined]);
  });

  it('do not show the last bits of a sum', () => {
    expect(rounded(0.1 + 0.2)).toBe(0.3);
    expect(rounded(2 / 3, 2)).toBe(0.67);
    expect(rounded(5)).toBe(5);
  });
});
