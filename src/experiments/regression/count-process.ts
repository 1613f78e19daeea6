/** A process in which a case is called so many times, for a counter outside: `[name, calls]` as JSON on its command line. */
import { BENCH_CASES } from './cases.ts';

const [name, calls] = JSON.parse(process.argv[2] ?? '["", 0]') as [string, number];
const work = await BENCH_CASES.find((one) => one.name === name)?.prepare();
for (let i = 0; i < calls; i++) work?.();
