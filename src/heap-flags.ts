/**
 * What is asked of V8's collector. Objects of a cluster live for long: with much room for young ones, fewer are copied in
 * vain. And it is not to guess which will live: what it lays down among the old ones at once keeps a whole cluster, after
 * its run, from being collected young. Half of that room and the other flag made a large run some 15 %
 * faster, and the other half some 7 % (`large.yaml`).
 *
 * The first line of main.ts says the same for the main thread, whose heap is laid out before any code is read.
 */
export const HEAP_FLAGS = [
  '--max-semi-space-size=128',
  '--min-semi-space-size=128',
  '--no-allocation-site-pretenuring',
] as const;

/**
 * The same for threads: half the room, as the runs of a sweep are no faster with more (`npm run bench -- sweep`), and each
 * thread takes it. The rest they have from the process.
 */
export const THREAD_HEAP_FLAGS = ['--max-semi-space-size=64', '--min-semi-space-size=64'] as const;
