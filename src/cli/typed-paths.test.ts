import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromScenarioFolder } from './typed-paths.ts';

describe('paths typed at a shell', () => {
  let here: string;

  beforeAll(() => {
    here = mkdtempSync(join(tmpdir(), 'orrery-typed-'));
    mkdirSync(join(here, 'scenarios'));
    for (const name of ['mine.mjs', 'both.mjs', 'scenarios/both.mjs', 'scenarios/theirs.mjs', 'trace.csv', 'least']) {
      writeFileSync(join(here, name), '');
    }
  });

  afterAll(() => rmSync(here, { recursive: true }));

  it.each([
    ['from the current folder', 'policies.scoring=least,./mine.mjs', 'policies.scoring=least,../mine.mjs'],
    ['without a dot', 'policies.scoring=mine.mjs', 'policies.scoring=../mine.mjs'],
    ['within the scenario folder', 'policies.scoring=scenarios/theirs.mjs', 'policies.scoring=./theirs.mjs'],
    [
      'deep in a value',
      'a=[{use: ./mine.mjs, weight: 2},"trace.csv"]',
      'a=[{use: ../mine.mjs, weight: 2},"../trace.csv"]',
    ],
    ['that the scenario has too', 'policies.scoring=./both.mjs', 'policies.scoring=./both.mjs'],
    ['of the scenario alone', 'policies.scoring=./theirs.mjs', 'policies.scoring=./theirs.mjs'],
    ['of no file', 'policies.scoring=./nowhere.mjs', 'policies.scoring=./nowhere.mjs'],
    ['which are none', 'policies.scoring=least', 'policies.scoring=least'],
    ['before the equals sign', 'trace.csv=1', 'trace.csv=1'],
  ])('%s', (_, typed, written) => {
    expect(fromScenarioFolder([typed], 'scenarios/s.yaml', here)).toEqual([written]);
  });
});
