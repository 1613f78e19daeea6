import { availableParallelism } from 'node:os';
import { InputError } from '../workloads/input-error.ts';
import { defineCommand } from './command.ts';
import { duration, wholeNumber } from './flags.ts';
import { watchForInterruption } from './interruption.ts';

export const worker = defineCommand({
  usage: 'worker',
  summary: 'Do the runs of sweeps that wait in a Redis, until it is stopped',
  positionals: {},
  options: {
    redis: { type: 'string', requiresArg: true, describe: 'Address of the Redis: redis://host:port' },
    threads: { type: 'string', requiresArg: true, describe: 'Runs at once, a thread each [one a processor]' },
    lock: {
      type: 'string',
      requiresArg: true,
      describe: 'A worker that is silent for so long has lost its runs [10s]',
    },
    quiet: { type: 'boolean', describe: 'Print errors only' },
  },
  examples: [['worker --redis redis://db:6379', 'in the folder in which the sweep is started, on any machine']],
  run: async ({ redis: url, threads, lock, quiet }) => {
    if (url === undefined) {
      throw new InputError({ path: '--redis', message: 'is missing', allowed: 'its address, as redis://host:port' });
    }
    const lockSeconds = duration('lock', lock);
    const { serveRuns } = await import('../experiments/redis/worker.ts');
    const { codeVersion } = await import('../code-version.ts');
    const interruption = watchForInterruption();
    const say = (text: string): void => {
      if (quiet !== true) console.error(text);
    };
    try {
      await serveRuns({
        url,
        version: codeVersion(),
        threads: wholeNumber('threads', threads) ?? availableParallelism(),
        signal: interruption.signal,
        onNotice: say,
        ...(lockSeconds === undefined ? {} : { lockMilliseconds: 1000 * lockSeconds }),
      });
      return 0;
    } finally {
      interruption.end();
    }
  },
});
