import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ENGINE = new URL('../../dist/experiments/engine.js', import.meta.url).href;
const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;
const SCENARIO = fileURLToPath(new URL('../../scenarios/quickstart.yaml', import.meta.url));

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

/** What is wrong with a study, as a thread has found it. */
const WRONG = `
const { compare, InputError } = await import(${JSON.stringify(LIBRARY)});
for (const vary of ['policies.scoring=default,NodeAfinity', 'policies.scoring=default,./nowhere.mjs']) {
  await compare({ file: ${JSON.stringify(SCENARIO)}, vary: [vary], seeds: 2, threads: 2, out: 'nowhere' }).catch((error) => {
    console.log(error instanceof InputError, error.exitCode, error.problem?.file, error.problem?.message);
  });
}
`;

it('what a thread finds wrong with a study is an InputError here as well', { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', WRONG], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^true 2 --vary policies.scoring=NodeAfinity \w/),
    expect.stringMatching(/^true 2 --vary policies.scoring=.\/nowhere.mjs \w/),
    '',
  ]);
  expect(status).toBe(0);
});
