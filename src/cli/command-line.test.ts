import { describe, expect, it } from 'vitest';
import { execute } from './command-line.ts';

/** What a person types, and the lines that must stand in the answer. */
const REFUSED: readonly (readonly [line: string, answer: readonly string[]])[] = [
  ['', ['no command given', 'allowed: run, compare, validate, init']],
  ['rnu x.yaml', ['unknown command "rnu"', 'did you mean "run"?']],
  ['frobnicate', ['unknown command "frobnicate"', 'allowed: run, compare, validate, init']],
  ['run', ['an argument is missing', 'orrery run <scenario>']],
  ['validate', ['an argument is missing', 'orrery validate <files..>']],
  ['run x.yaml y.yaml', ['unexpected argument "y.yaml"']],
  ['run x.yaml --sede 3', ['unknown flag --sede', 'did you mean "--seed"?']],
  ['run x.yaml --sede=3', ['unknown flag --sede\n', 'did you mean "--seed"?']],
  ['run x.yaml --check-determinsm', ['unknown flag --check-determinsm', 'did you mean "--check-determinism"?']],
  ['run x.yaml --frobnicate', ['unknown flag --frobnicate', 'allowed: --seed, --set']],
  ['validate x.yaml --seed 3', ['unknown flag --seed', '--allow-unknown']],
  ['run x.yaml --seed', ['--seed: needs a value']],
  ['run x.yaml --seed abc', ['--seed: not a whole number', 'found:   "abc"']],
  ['run x.yaml --seed 1.5', ['--seed: not a whole number', 'found:   "1.5"']],
  ['run x.yaml --seed -5', ['--seed: not a whole number', 'found:   "-5"']],
  ['run x.yaml --seed 9007199254740993', ['--seed: not a whole number']],
  ['run x.yaml --seed 1 --seed 2', ['--seed: given more than once', 'found:   1, 2']],
  ['run x.yaml --out a --out b', ['--out: given more than once']],
  ['run x.yaml --out=', ['--out: needs a value']],
  ['run x.yaml --quiet=maybe', ['--quiet: is said or not said', 'found:   maybe', 'allowed: --quiet alone']],
  [
    'run x.yaml --until 40000d',
    ['--until: longer than the clock goes', 'found:   "40000d"', 'allowed: at most 12775d'],
  ],
];

describe('the command line', () => {
  it.each(REFUSED)('answers `orrery %s` with one clear message and exit code 2', async (line, answer) => {
    const error: unknown = await execute(line.split(' ').filter(Boolean), '1.2.3').catch((it: unknown) => it);
    expect(error).toMatchObject({ exitCode: 2 });
    for (const part of answer) expect((error as Error).message).toContain(part);
  });
});
