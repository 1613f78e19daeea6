/**
 * `npm run bench [-- kernel]`: runs the programs bench/*.bench.ts, or those whose names hold one of the given words, on the
 * code that was built.
 */
import { runEachProgram } from './each-program.mjs';

const { ran, failed } = runEachProgram('bench', '.bench.ts', process.argv.slice(2), [
  new URL('built-code.mjs', import.meta.url).href,
]);
if (ran === 0) console.error('No bench in bench/ has such a name.');
if (failed.length > 0) console.error(`\nFailed: ${failed.join(', ')}`);
if (ran === 0 || failed.length > 0) process.exitCode = 1;
