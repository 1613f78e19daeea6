import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programFile } from '../../program-file.ts';
import { HEAP_FLAGS } from '../../heap-flags.ts';

/** The command that runs a program of this folder as a process of its own, with a value as JSON on its command line. */
export function processOf(name: 'bench-process' | 'count-process', input: unknown): readonly string[] {
  const script = fileURLToPath(programFile(`experiments/regression/${name}`));
  const source = extname(script) === '.ts' ? ['--import', 'tsx'] : [];
  return [process.execPath, ...HEAP_FLAGS, ...source, script, JSON.stringify(input)];
}
