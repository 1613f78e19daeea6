import type { CsvRow, CsvTable } from './csv-table.ts';

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The name in a cell, which must be one that the API server takes. */
export function checkPodName(table: CsvTable, row: CsvRow, column: number): string {
  const name = row.cells[column] ?? '';
  if (NAME.test(name)) return name;
  const allowed = 'lower-case letters, digits, "-" and "."';
  throw table.error(row, column, { message: 'not a name', found: name === '' ? 'nothing' : name, allowed });
}
