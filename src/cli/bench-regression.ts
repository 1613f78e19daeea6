import colors from 'picocolors';
import { BENCH_CASES } from '../experiments/regression/cases.ts';
import { runBenches } from '../experiments/regression/run-benches.ts';
import type { BenchFile } from '../experiments/regression/run-benches.ts';
import { benchMarkdown, compareBenches, percent } from '../experiments/regression/verdict.ts';
import type { BenchComparison } from '../experiments/regression/verdict.ts';
import { writeWhole } from '../reporting/write-whole.ts';
import { InputError } from '../workloads/input-error.ts';
import { readInput } from '../workloads/yaml.ts';

export interface RegressionOptions {
  /** Baseline's file. */
  readonly compare: string | undefined;
  readonly threshold: number;
  readonly only: string | undefined;
  readonly save: string | undefined;
  readonly markdown: string | undefined;
}

/** Environment variable with `{"case": factor}`: makes cases slower, to see that it is found. */
const SLOWED = 'ORRERY_BENCH_SLOWED';

/** Measures the cases and compares them with a baseline; exit code 1 where something has become slower. */
export async function benchForRegressions(options: RegressionOptions): Promise<number> {
  const { compare, threshold, only = '', save, markdown } = options;
  const base = compare === undefined ? undefined : baseline(compare);
  const names = BENCH_CASES.map(({ name }) => name).filter((name) => name.includes(only));
  if (names.length === 0) {
    const allowed = BENCH_CASES.map(({ name }) => name).join(', ');
    throw new InputError({ path: '--only', message: 'no case has such a name', found: only, allowed });
  }
  const slowed = JSON.parse(process.env[SLOWED] ?? '{}') as Record<string, number>;
  const now = runBenches({
    names,
    tolerance: threshold / 2,
    slowed,
    onProcess: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${done} processes`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  if (save !== undefined) writeWhole(save, `${JSON.stringify(now, undefined, 1)}\n`);
  const rows = compareBenches(base ?? now, now, threshold);
  for (const row of rows) console.log(base === undefined ? plainLine(row, now) : comparedLine(row));
  if (base === undefined) return 0;
  if (markdown !== undefined) writeWhole(markdown, benchMarkdown(rows, threshold));
  const slower = rows.filter(({ verdict }) => verdict === 'slower');
  const count = `${slower.length} of ${rows.length} cases`;
  console.log(slower.length === 0 ? colors.green('nothing has become slower') : colors.red(`slower: ${count}`));
  return slower.length === 0 ? 0 : 1;
}

function baseline(path: string): BenchFile {
  const text = readInput(path);
  try {
    const file = JSON.parse(text) as Partial<BenchFile>;
    if (Array.isArray(file.figures)) return file as BenchFile;
  } catch {
    // Told below.
  }
  throw new InputError({ file: path, message: 'not a baseline', allowed: 'what orrery bench --save wrote' });
}

function plainLine({ name, milliseconds }: BenchComparison, { figures }: BenchFile): string {
  const logarithms = figures.find((figure) => figure.name === name)?.logarithms ?? [];
  const ratio = Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length);
  return `${name.padEnd(28)}${milliseconds.toFixed(1).padStart(9)} ms  ${ratio.toFixed(3).padStart(8)} × calibration`;
}

function comparedLine(row: BenchComparison): string {
  const { name, change, low, high, p, verdict, milliseconds, instructions } = row;
  const start = `${name.padEnd(28)}${milliseconds.toFixed(1).padStart(8)} ms `;
  if (verdict === 'new') return `${start}${'new'.padStart(9)}`;
  const word = { slower: colors.red('slower'), faster: colors.green('faster'), same: 'same' }[verdict];
  const sure = p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(3)}`;
  const counted = instructions === undefined ? '' : `\n${''.padEnd(28)}instructions ${percent(instructions)}`;
  const interval = `${percent(low)} … ${percent(high)}`.padEnd(19);
  return `${start}${percent(change).padStart(9)}  ${interval}${word} ${colors.dim(sure)}${counted}`;
}
