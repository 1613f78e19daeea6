import { parquetWriteBuffer } from 'hyparquet-writer';
import { CsvTable } from '../../reporting/csv-table.ts';
import type { Cell } from '../../reporting/csv-table.ts';
import type { OutputFolder } from '../../reporting/output-folder.ts';
import type { ComparedRun } from '../compare/comparison.ts';
import type { Variant } from '../compare/variants.ts';

/** A column of the table of runs; absent values are null in Parquet and empty in CSV. */
interface Column {
  readonly name: string;
  readonly type: 'STRING' | 'DOUBLE';
  readonly cells: readonly Cell[];
}

/**
 * All runs, a row each, as runs.csv and runs.parquet: what each was (its variant and parameters, seed, hash of the scenario,
 * version of the code), a hash of all that happened, and every figure.
 */
export function writeRuns(folder: OutputFolder, variants: readonly Variant[], runs: readonly ComparedRun[]): void {
  const columns = columnsOf(variants, runs);
  const table = new CsvTable(
    folder.file('runs.csv'),
    columns.map(({ name }) => name),
  );
  for (const i of runs.keys()) table.row(columns.map(({ cells }) => cells[i]));
  table.end();
  const parquet = parquetWriteBuffer({
    columnData: columns.map(({ name, type, cells }) => ({
      name,
      type,
      data: cells.map((cell) => cell ?? null),
      nullable: true,
    })),
    kvMetadata: [{ key: 'creator', value: 'orrery' }],
  });
  folder.writeBytes('runs.parquet', new Uint8Array(parquet));
}

function columnsOf(variants: readonly Variant[], runs: readonly ComparedRun[]): readonly Column[] {
  const byLetter = new Map(variants.map((variant) => [variant.letter, variant]));
  const text = (name: string, cell: (run: ComparedRun) => string | undefined): Column => ({
    name,
    type: 'STRING',
    cells: runs.map(cell),
  });
  const number = (name: string, cell: (run: ComparedRun) => number | undefined): Column => ({
    name,
    type: 'DOUBLE',
    cells: runs.map(cell),
  });
  const parameters = [...new Set(variants.flatMap((variant) => Object.keys(variant.parameters)))];
  const metrics = [...new Set(runs.flatMap(({ outcome }) => Object.keys(outcome.metrics)))];
  return [
    text('run', ({ variant, seed }) => runName(variant, seed)),
    text('variant', ({ variant }) => variant),
    text('settings', ({ variant }) => byLetter.get(variant)?.settings.join(' ')),
    ...parameters.map((name) => text(`parameter_${name}`, ({ variant }) => byLetter.get(variant)?.parameters[name])),
    text('seed', ({ seed }) => seed),
    text('scenario_hash', ({ outcome }) => outcome.scenarioHash),
    text('event_stream_hash', ({ outcome }) => outcome.eventStreamHash),
    text('code_version', ({ outcome }) => outcome.version),
    number('simulated_seconds', ({ outcome }) => outcome.simulatedSeconds),
    ...metrics.map((metric) => number(metric, ({ outcome }) => outcome.metrics[metric] ?? undefined)),
  ];
}

/** What a run of a study is called: `B-7`. */
export function runName(variant: string, seed: string): string {
  return `${variant}-${seed}`;
}
