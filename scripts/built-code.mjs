/**
 * For benches: what they import of src/ they get from dist/, as they are to measure what users run. From src/ it would be
 * changed on the way, so that each function is given its name again wherever it is made: that took upstream's preemption
 * workloads a quarter of their time (`npm run bench -- scheduler-perf`).
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// Hooks are called on a thread of their own, for which this module is loaded again.
if (isMainThread) register(import.meta.url);

const SOURCE = /\/src\/(.*)\.ts$/;

export function resolve(specifier, context, next) {
  return next(specifier.replace(SOURCE, '/dist/$1.js'), context);
}
