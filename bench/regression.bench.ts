/**
 * Has the program become slower? Cases of kernel, store, scheduler, controllers and whole runs against the committed
 * baseline, in units of a calibration in the same process: `orrery bench --compare bench/baseline.json`. After a change that
 * is meant to be slower, or to be faster: `orrery bench --save bench/baseline.json`.
 */
import { benchForRegressions } from '../src/cli/bench-regression.ts';

process.exitCode = await benchForRegressions({
  compare: 'bench/baseline.json',
  threshold: 0.05,
  only: undefined,
  save: undefined,
  markdown: undefined,
});
