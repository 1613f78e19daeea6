import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file that appears when it is whole: under a temporary name first. What is there and is no plain file
 * (`/dev/stdout`) is written to as it is. A failure names the file that was asked for.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const known = statSync(path, { throwIfNoEntry: false });
  if (known !== undefined && !known.isFile()) {
    writeFileSync(path, content);
    return;
  }
  const temporary = `${path}.partial`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw Object.assign(error as Error, { path });
  }
}

/** Makes a folder and those above it. Node's own way goes round for ever where the system refuses one as under /proc. */
export function makeFolder(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
