import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('the nearest known name', () => {
  const fields = ['name', 'manifests', 'inline', 'generator', 'trace', 'at', 'every', 'copies'];

  it.each([
    ['manifest', 'manifests'],
    ['generatr', 'generator'],
    ['naem', 'name'],
    ['Trace', 'trace'],
    ['generatorSpec', 'generator'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, fields)).toBe(meant);
  });

  it('says nothing rather than something far-fetched', () => {
    expect(nearest('zzzzzz', fields)).toBeUndefined();
    expect(nearest('x', fields)).toBeUndefined();
  });

  it('counts a swap of neighbours as one slip', () => {
    expect(editDistance('naem', 'name')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});
