import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RunFolder } from './read-run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orrery-read-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it.each([
  ['nothing', {}, 'no results of a run'],
  ['a study', { 'runs.csv': '' }, 'these are the results of a study, not of a run'],
  ['half a summary', { 'summary.json': '{"scen' }, 'summary.json: not whole'],
  ['a summary without figures', { 'summary.json': '{}' }, 'summary.json: not whole'],
  ['no performance.json', { 'summary.json': '{"metrics": {}}' }, 'performance.json: no such file'],
])('a folder with %s is refused', (_, files, says) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  expect(() => new RunFolder(folder)).toThrow(says);
});
