import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { HEAP_FLAGS } from './heap-flags.ts';

it('the flags of the heap are those that the executable begins with', () => {
  const [firstLine] = readFileSync(new URL('./main.ts', import.meta.url), 'utf8').split('\n');
  expect(firstLine).toBe(`#!/usr/bin/env -S node ${HEAP_FLAGS.join(' ')}`);
});
