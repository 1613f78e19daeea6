import { describe, expect, it } from 'vitest';
import { InputError } from './input-error.ts';
import { YamlSource } from './yaml.ts';

function problemOf(text: string): InputError['problem'] {
  try {
    // oxlint-disable-next-line no-new
    new YamlSource('x.yaml', text);
  } catch (error) {
    if (error instanceof InputError) return error.problem;
    throw error;
  }
  throw new Error('was accepted');
}

describe('YAML', () => {
  it('resolves scalars as kubectl does', () => {
    const source = new YamlSource('x.yaml', 'a: 0644\nb: yes\nc: Off\nd: 1:30\ne: 2026-01-05T00:00:00Z\nf: 1\ng: y\n');
    expect(source.documents).toEqual([
      { a: 0o644, b: true, c: false, d: '1:30', e: '2026-01-05T00:00:00Z', f: 1, g: 'y' },
    ]);
  });

  it('merges maps with <<', () => {
    const source = new YamlSource('x.yaml', 'a: &a {x: 1}\nb: {<<: *a, y: 2}\n');
    expect(source.documents).toEqual([{ a: { x: 1 }, b: { x: 1, y: 2 } }]);
  });

  it('reads several documents, empty ones as null, and JSON', () => {
    const source = new YamlSource('x.yaml', '# a\n---\na: 1\n---\n---\nb: 2\n');
    expect(source.documents).toEqual([{ a: 1 }, null, { b: 2 }]);
    expect(source.locate(2, ['b'])).toEqual({ line: 6, column: 4 });
    expect(new YamlSource('x.json', '{"a": [1, "b"]}').documents).toEqual([{ a: [1, 'b'] }]);
  });

  it('says where a value and a key stand, in any document', () => {
    const source = new YamlSource('x.yaml', 'a: 1\n---\nlist:\n  - b: 2\n    c: {d: 3}\n');
    expect(source.locate(1, ['list', 0, 'c', 'd'])).toEqual({ line: 5, column: 12 });
    expect(source.locate(1, ['list', 0, 'c', 'd'], 'key')).toEqual({ line: 5, column: 9 });
  });

  it('names the nearest ancestor of what is not there', () => {
    const source = new YamlSource('x.yaml', 'a:\n  b: 1\n');
    expect(source.locate(0, ['a', 'missing'])).toEqual({ line: 2, column: 3 });
  });

  it('locates the lines of a block inside another file', () => {
    const outer = new YamlSource('x.yaml', 'a: 1\ntext: |\n  b: 1\n  c: 2\n');
    const inner = new YamlSource('x.yaml', 'b: 1\nc: 2\n', outer.embeddingOf(0, ['text']));
    expect(inner.locate(0, ['c'])).toEqual({ line: 4, column: 6 });
  });

  it.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', 3, 1],
    ['a tab', 'a:\n\tb: 1\n', 2, 1],
    ['bad indentation', 'a:\n  b: 1\n c: 2\n', 3, 1],
    ['an open list', 'a: [1, 2\nb: 3\n', 2, 1],
    ['an unknown alias', 'a: *nothing\n', 1, 5],
    ['an unknown tag', 'a: !thing 1\n', 1, 4],
  ])('places %s', (_, text, line, column) => {
    expect(problemOf(text)).toMatchObject({ file: 'x.yaml', line, column });
  });

  it('refuses a document of endless depth', () => {
    expect(() => new YamlSource('x.yaml', '['.repeat(5000))).toThrow(InputError);
  });
});
