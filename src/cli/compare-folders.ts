import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Wall-clock figures: what may differ from run to run has a file of its own. */
const MAY_DIFFER = 'performance.json';

/** What two runs' folders have in common. */
export interface FolderComparison {
  readonly files: number;
  readonly bytes: number;
  /** One sentence for each file that is not the same. */
  readonly differences: readonly string[];
}

/** Compares the named files of two folders byte by byte; only names that either run wrote are looked at. */
export function compareFolders(first: string, second: string, names: readonly string[]): FolderComparison {
  const differences: string[] = [];
  const others = readdirSync(second).filter((name) => !names.includes(name));
  let bytes = 0;
  const compared = [...names, ...others].filter((name) => name !== MAY_DIFFER).sort();
  for (const name of compared) {
    const a = read(join(first, name));
    const b = read(join(second, name));
    bytes += a?.length ?? 0;
    if (a === undefined || b === undefined) {
      differences.push(`${name}: written by the ${a === undefined ? 'second' : 'first'} run only`);
    } else if (!a.equals(b)) {
      differences.push(`${name}: ${firstDifference(a, b)}`);
    }
  }
  return { files: compared.length, bytes, differences };
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const SHOWN = 60;

/** Where two texts part, and what stands there in each. */
function firstDifference(a: Buffer, b: Buffer): string {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  const lineStart = a.lastIndexOf(10, at - 1) + 1;
  const line = a.subarray(0, at).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1);
  const from = Math.max(lineStart, at - SHOWN / 2);
  const shown = (text: Buffer): string =>
    JSON.stringify(
      text
        .subarray(from, from + SHOWN)
        .toString()
        .split('\n')[0],
    );
  return `differs from line ${line}, byte ${at - lineStart + 1} on:\n  first:  ${shown(a)}\n  second: ${shown(b)}`;
}
