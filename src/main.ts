#!/usr/bin/env -S node --max-semi-space-size=128 --min-semi-space-size=128 --no-allocation-site-pretenuring
/**
 * The `orrery` executable: the command line in, an exit code out. The flags of the first line are HEAP_FLAGS, which are
 * set once more for threads, and for those who begin with `node dist/main.js` as far as V8 takes them by then.
 */
import { setFlagsFromString } from 'node:v8';
import { execute } from './cli/command-line.ts';
import { report } from './cli/failure.ts';
import { HEAP_FLAGS } from './heap-flags.ts';
import { VERSION } from './version.ts';

for (const flag of HEAP_FLAGS) setFlagsFromString(flag);

/** A reader that has seen enough (`orrery --help | head -3`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : report(error));
});
process.on('uncaughtException', (error) => process.exit(report(error)));

try {
  process.exitCode = await execute(process.argv.slice(2), VERSION);
} catch (error) {
  process.exitCode = report(error);
}
