/** `npm run generate`: writes every committed file that is made from the source, by the programs of scripts/generate/. */
import { runEachProgram } from './each-program.mjs';

const { ran, failed } = runEachProgram('scripts/generate', '.ts');
console.log(`\n${ran - failed.length} of ${ran} generators ran`);
if (failed.length > 0) process.exitCode = 1;
