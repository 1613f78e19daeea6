import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from './version.ts';

let known: string | undefined;

/**
 * The version and a hash of the program's own files: what two machines must have in common for their results to be the
 * same, and what tells results of yesterday's working tree from today's. Read once a process; some 20 ms.
 */
export function codeVersion(): string {
  known ??= `${VERSION}+${hashOfFiles(fileURLToPath(new URL('.', import.meta.url)))}`;
  return known;
}

/** Takes another thread's word for it. */
export function rememberCodeVersion(version: string): void {
  known = version;
}

function hashOfFiles(folder: string): string {
  const hash = createHash('sha256');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(js|ts)$/.test(path) && !/\.(test|d)\.ts$/.test(path))
    .sort();
  for (const path of paths) {
    hash.update(path.split(sep).join('/'));
    hash.update(readFileSync(join(folder, path)));
  }
  return hash.digest('hex').slice(0, 12);
}
