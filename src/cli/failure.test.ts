import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../workloads/input-error.ts';
import { report } from './failure.ts';

function reported(error: unknown): { exitCode: number; text: string } {
  const lines: string[] = [];
  const exitCode = report(error, (line) => lines.push(line));
  return { exitCode, text: lines.join('\n') };
}

describe('a failure', () => {
  it('of the input is its own message, without a stack, and exits with 2', () => {
    const { exitCode, text } = reported(
      new InputError({ file: 'a.yaml', line: 3, column: 5, message: 'unknown field' }),
    );
    expect(exitCode).toBe(2);
    expect(text).toBe('a.yaml:3:5: unknown field');
  });

  it('that carries another exit code keeps it', () => {
    expect(reported(Object.assign(new Error('stopped'), { exitCode: 130 }))).toEqual({
      exitCode: 130,
      text: 'stopped',
    });
  });

  it('of a path that cannot be opened names the path and the reason', () => {
    const folder = mkdtempSync(join(tmpdir(), 'orrery-failure-'));
    const missing = join(folder, 'missing.yaml');
    try {
      readFileSync(missing);
    } catch (error) {
      expect(reported(error)).toEqual({ exitCode: 2, text: `${missing}: no such file or folder (open)` });
    }
    rmSync(folder, { recursive: true });
    expect.assertions(1);
  });

  it('of a file that stands where a folder is to be made says so', () => {
    const error = Object.assign(new Error('EEXIST'), { code: 'EEXIST', syscall: 'mkdir', path: 'out' });
    expect(reported(error)).toEqual({ exitCode: 2, text: 'out: it is a file, not a folder (mkdir)' });
  });

  it.each([new TypeError('x is not a function'), 'a thrown string', undefined])(
    'that nobody foresaw asks for a report and exits with 3: %s',
    (error) => {
      const { exitCode, text } = reported(error);
      expect(exitCode).toBe(3);
      expect(text).toContain('Please report it');
      if (error instanceof Error) expect(text).toContain('failure.test.ts');
    },
  );
});
