import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './write-whole.ts';

/** A file that is written under a temporary name until it is whole. */
export interface OutputFile {
  write(text: string): void;
}

/** Characters gathered before they go to the disk. */
const CHUNK = 1 << 18;

/** Writes; a failure (a full disk) tells which file it was, as Node does not once a file is open. */
export function writingTo(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (error instanceof Error && !('path' in error)) Object.assign(error, { path });
    throw error;
  }
}

class PendingFile implements OutputFile {
  readonly path: string;
  readonly temporary: string;
  readonly #descriptor: number;
  #pending: string[] = [];
  #size = 0;
  #open = true;

  constructor(path: string) {
    this.path = path;
    this.temporary = `${path}.partial`;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw Object.assign(new Error('a folder stands in its place'), { code: 'EISDIR', path });
    }
    this.#descriptor = openSync(this.temporary, 'w');
  }

  write(text: string): void {
    this.#pending.push(text);
    this.#size += text.length;
    if (this.#size >= CHUNK) this.#flush();
  }

  bytes(bytes: Uint8Array): void {
    this.#flush();
    writingTo(this.path, () => writeSync(this.#descriptor, bytes));
  }

  #flush(): void {
    if (this.#size > 0) writingTo(this.path, () => writeSync(this.#descriptor, this.#pending.join('')));
    this.#pending = [];
    this.#size = 0;
  }

  close(): void {
    this.#flush();
    this.#end();
  }

  /** Takes it back, whole or not. */
  discard(): void {
    this.#end();
    rmSync(this.temporary, { force: true });
  }

  #end(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }
}

/** The folder of a run's results. Files appear in it when all of them are whole, and replace those of an earlier run. */
export class OutputFolder {
  readonly path: string;
  readonly #files: PendingFile[] = [];
  readonly #names: string[] = [];

  constructor(path: string) {
    this.path = path;
    makeFolder(path);
  }

  /** Names of the files, in the order in which they were begun. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Begins a file. */
  file(name: string): OutputFile {
    return this.#begin(name);
  }

  #begin(name: string): PendingFile {
    const file = new PendingFile(join(this.path, name));
    this.#files.push(file);
    this.#names.push(name);
    return file;
  }

  /** Writes a whole file of bytes. */
  writeBytes(name: string, bytes: Uint8Array): void {
    this.#begin(name).bytes(bytes);
  }

  /** Writes a whole file. */
  write(name: string, text: string): void {
    this.file(name).write(text);
  }

  /** All files are whole: gives them their names. */
  commit(): void {
    for (const file of this.#files) file.close();
    for (const file of this.#files.splice(0)) renameSync(file.temporary, file.path);
  }

  /** Takes back what was begun. */
  abandon(): void {
    for (const file of this.#files.splice(0)) file.discard();
  }
}
