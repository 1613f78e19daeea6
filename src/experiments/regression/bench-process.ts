/** A process of its own in which cases are measured: `[names, slowed]` as JSON on its command line, ratios as JSON out. */
import { BENCH_CASES } from './cases.ts';
import { measure } from './measure.ts';

const [names, slowed] = JSON.parse(process.argv[2] ?? '[[], {}]') as [string[], Record<string, number>];
const ratios = await measure(
  BENCH_CASES.filter(({ name }) => names.includes(name)),
  slowed,
);
process.stdout.write(JSON.stringify(ratios));
