import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const ENGINE = new URL('../../dist/experiments/engine.js', import.meta.url).href;

/** Threads that are closed at several moments of their loading, as bad input has them closed. */
const SCRIPT = `
import { setTimeout as after } from 'node:timers/promises';
const { onThreads } = await import(${JSON.stringify(ENGINE)});
for (const milliseconds of [0, 150, 250, 350]) {
  const engine = onThreads(2);
  await after(milliseconds);
  await engine.close();
}
`;

it('threads can be closed while they load', { timeout: 60_000 }, () => {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
