/**
 * For benches: what they import of src/ they get from dist/, as they are to measure what users run. What is compiled on the
 * way, with the name of each function given to it again wherever it is made, is slower: upstream's preemption workloads
 * took a fifth longer and more (`npm run bench -- scheduler-perf`).
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// Hooks are called on a thread of their own, for which this module is loaded again.
if (isMainThread) register(import.meta.url);

const SOURCE = /\/src\/(.*)\.ts$/;

export function resolve(specifier, context, next) {
  return next(specifier.replace(SOURCE, '/dist/$1.js'), context);
}
