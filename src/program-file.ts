import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where a part of the program stands that a thread or a process of its own begins with; named from the top, without its
 * ending: compiled where this file is, or as it is in the source tree. It holds in one file made of many as well, as long as
 * that stands at the top, too.
 */
export function programFile(name: string): URL {
  return new URL(`./${name}${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
}
