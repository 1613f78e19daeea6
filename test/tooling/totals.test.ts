import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const FILES = {
  'good.test.mjs': `import { expect, it } from 'vitest';\nit('a', () => expect(1).toBe(1));\nit('b', () => expect(1).toBe(1));\n`,
  'bad.test.mjs': `import { expect, it } from 'vitest';\nit('c', () => expect(1).toBe(2));\nit.skip('d', () => {});\nit.todo('e');\n`,
  'broken.test.mjs': `import './missing.mjs';\n`,
};

function lastLineOfRun(files: readonly (keyof typeof FILES)[]): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-totals-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const file of files) writeFileSync(join(folder, file), FILES[file]);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporter = `--reporter=${join(root, 'scripts', 'totals-reporter.mjs')}`;
  const { stdout } = spawnSync(process.execPath, [vitest, 'run', '--root', folder, '--reporter=dot', reporter], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', VITEST: '' },
  });
  rmSync(folder, { recursive: true });
  return stdout.trimEnd().split('\n').at(-1);
}

it('ends a run of passing tests with their number', () => {
  expect(lastLineOfRun(['good.test.mjs'])).toBe('2 passed, 0 failed');
});

it('counts a file that cannot be loaded as a failure, and tests that did not run as skipped', () => {
  expect(lastLineOfRun(['good.test.mjs', 'bad.test.mjs', 'broken.test.mjs'])).toBe('2 passed, 2 failed, 2 skipped');
});
