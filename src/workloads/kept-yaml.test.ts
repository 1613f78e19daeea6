/** Texts that one thread has parsed, and another one is told of. */
import { loadAll } from 'js-yaml';
import { beforeEach, expect, it, vi } from 'vitest';
import type * as KeptYaml from './kept-yaml.ts';
import { keepYaml, parsedYaml, shareYaml } from './kept-yaml.ts';

vi.mock('js-yaml', { spy: true });
const parsed = vi.mocked(loadAll);

const TEXT = `
kind: Pod
metadata: &m {name: a, labels: {"__proto__": x, mode: 0644, when: 2026-01-05, on: yes}}
again: *m
---
[1, 2.5, -0.0, .inf, null, ~, "text", [deep, {er: true}]]
---
`;

/** The module as another thread has it: without what this one keeps. */
async function onAnotherThread(): Promise<typeof KeptYaml> {
  vi.resetModules();
  return import('./kept-yaml.ts');
}

keepYaml();
beforeEach(() => parsed.mockClear());

it('says the same there, and is not parsed again', async () => {
  const here = parsedYaml('pods.yaml', TEXT);
  const other = await onAnotherThread();
  other.adoptYaml(shareYaml());
  parsed.mockClear();
  const there = other.parsedYaml('pods.yaml', TEXT);
  expect(parsed).not.toHaveBeenCalled();
  expect(there.documents).toStrictEqual(here.documents);
  expect(Object.keys((there.documents[0] as { metadata: { labels: object } }).metadata.labels)).toContain('__proto__');
  const { metadata, again } = there.documents[0] as { metadata: unknown; again: unknown };
  expect(again).toBe(metadata);
});

it('knows where its values stand there, also inside another file', async () => {
  const embedding = { lines: 40, columns: 6 };
  const here = parsedYaml('scenario.yaml', TEXT, embedding);
  const other = await onAnotherThread();
  other.adoptYaml(shareYaml());
  const there = other.parsedYaml('scenario.yaml', TEXT, embedding);
  for (const path of [['metadata', 'labels', 'mode'], ['again'], ['nothing']])
    expect(there.locate(0, path)).toEqual(here.locate(0, path));
  expect(there.locate(0, ['kind'])).toEqual({ line: 42, column: 13 });
});

it('is parsed where it says something else, or stands elsewhere', async () => {
  parsedYaml('pods.yaml', TEXT);
  const other = await onAnotherThread();
  other.adoptYaml(shareYaml());
  for (const [name, text, lines] of [
    ['pods.yaml', `${TEXT}{}`, 0],
    ['other.yaml', TEXT, 0],
    ['pods.yaml', TEXT, 1],
  ] as const) {
    parsed.mockClear();
    other.parsedYaml(name, text, { lines, columns: 0 });
    expect(parsed).toHaveBeenCalledTimes(1);
  }
});
