/**
 * A vitest reporter whose one line, `N passed, N failed`, is the last thing a test run says, so that a script can read it.
 * A file that could not be loaded and an error that no test caught count as failures.
 */
import { writeSync } from 'node:fs';

export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      totals.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        totals[state === 'pending' ? 'skipped' : state] += 1;
      }
    }
    const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
    // Whatever the other reporters still have to say comes before the process ends.
    process.once('exit', () => writeSync(1, `\n${totals.passed} passed, ${totals.failed} failed${skipped}\n`));
  }
}
