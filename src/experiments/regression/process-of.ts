import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HEAP_FLAGS } from '../../heap-flags.ts';

/** The command that runs a program of this folder as a process of its own, with a value as JSON on its command line. */
export function processOf(name: 'bench-process' | 'count-process', input: unknown): readonly string[] {
  // Of this file's own kind: compiled, or as it stands in the source tree.
  const kind = extname(fileURLToPath(import.meta.url));
  const source = kind === '.ts' ? ['--import', 'tsx'] : [];
  const script = fileURLToPath(new URL(`./${name}${kind}`, import.meta.url));
  return [process.execPath, ...HEAP_FLAGS, ...source, script, JSON.stringify(input)];
}
