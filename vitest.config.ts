import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // The default leaves one core idle, which on two cores is half of the machine.
    maxWorkers: '100%',
    // Against hangs only: no test asserts time, and a busy machine may be ten times slower than a quiet one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: [process.env['CI'] ? 'dot' : 'default', './scripts/totals-reporter.mjs'],
  },
});
