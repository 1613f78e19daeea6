import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputFolder } from './output-folder.ts';
import { makeFolder, writeWhole } from './write-whole.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orrery-write-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a file that is written whole', () => {
  it('replaces the one that was there, and leaves nothing beside it', () => {
    const path = join(folder, 'a.csv');
    writeFileSync(path, 'before');
    writeWhole(path, 'after');
    expect(readFileSync(path, 'utf8')).toBe('after');
    expect(readdirSync(folder)).toEqual(['a.csv']);
  });

  it.each(['folder', 'missing/a.csv'])('is refused under its own name where it cannot be: %s', (name) => {
    mkdirSync(join(folder, 'folder'));
    const path = join(folder, name);
    expect(() => writeWhole(path, 'text')).toThrow(expect.objectContaining({ path }));
    expect(readdirSync(folder)).toEqual(['folder']);
  });
});

describe('a folder of results', () => {
  it('is refused before a run where one of its files is a folder', () => {
    makeFolder(join(folder, 'pods.csv'));
    const results = new OutputFolder(folder);
    expect(() => results.file('pods.csv')).toThrow(
      expect.objectContaining({ code: 'EISDIR', path: join(folder, 'pods.csv') }),
    );
    expect(readdirSync(folder)).toEqual(['pods.csv']);
  });

  it('is made with those above it, and is a file nowhere', () => {
    makeFolder(join(folder, 'a', 'b'));
    makeFolder(join(folder, 'a', 'b'));
    writeFileSync(join(folder, 'a', 'c'), '');
    expect(() => makeFolder(join(folder, 'a', 'c'))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(readdirSync(join(folder, 'a'))).toEqual(['b', 'c']);
  });

  it.runIf(process.platform === 'linux')('is refused where the system has none', () => {
    expect(() => makeFolder('/proc/orrery')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
