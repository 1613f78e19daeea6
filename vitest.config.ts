import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Tests of whole programs take longest, so they come first: no core is left with one of them at the end. */
class WholeProgramsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const folder = `${this.ctx.config.root}/test/`;
    const rank = ({ moduleId }: TestSpecification): number => Number(!moduleId.startsWith(folder));
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // Files share what they import: reading the simulation anew for each of them took a seventh of the time. So no test may
    // leave anything behind in a module, the environment or the working directory.
    isolate: false,
    // The default leaves one core idle, which on two cores is half of the machine.
    maxWorkers: '100%',
    sequence: { sequencer: WholeProgramsFirst },
    // Against hangs only: no test asserts time, and a busy machine may be ten times slower than a quiet one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: [process.env['CI'] ? 'dot' : 'default', './scripts/totals-reporter.mjs'],
  },
});
