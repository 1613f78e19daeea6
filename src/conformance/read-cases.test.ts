import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readCases } from './read-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-cases-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const POD = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }] } };
const GOOD = { id: 'a-1', group: 'a', kind: 'decision', input: { pod: POD }, expect: { queue: { gated: false } } };

function configuration(plugins: object): object {
  const head = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };
  return { ...head, profiles: [{ plugins }] };
}

function written(name: string, ...lines: (object | string)[]): string {
  const file = join(folder, name);
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

describe('reading reference cases', () => {
  it('takes JSON lines, plain and gzipped, and remembers where each stands', () => {
    for (const name of ['good.jsonl', 'good.jsonl.gz']) {
      const cases = readCases(written(name, GOOD, '', { ...GOOD, id: 'a-2' }));
      expect(cases.map(({ line, reference }) => [line, reference.id])).toEqual([
        [1, 'a-1'],
        [3, 'a-2'],
      ]);
    }
  });

  const node = { metadata: { name: 'n' }, status: { allocatable: { cpu: 'two' } } };
  it.each([
    ['no cases', [''], /bad\.jsonl: the file holds no cases/],
    ['broken JSON', [GOOD, '{"id": '], /bad\.jsonl:2:\d+: not valid JSON/],
    ['something else', ['[]'], /bad\.jsonl:1:1: not a reference case/],
    ['no id', [{ ...GOOD, id: undefined }], /bad\.jsonl:1:1: id: a name is wanted/],
    ['an unknown kind', [GOOD, { ...GOOD, kind: 'dance' }], /bad\.jsonl:2:1: kind: not a kind of case/],
    ['no pod', [{ ...GOOD, input: {} }], /input\.pod: a mapping is wanted/],
    ['no expectation', [{ ...GOOD, expect: {} }], /expect\.queue: a mapping is wanted/],
    [
      'a wrong quantity',
      [{ ...GOOD, input: { pod: POD, nodes: [node] } }],
      /nodes\[0\]\.status\.allocatable\.cpu:\s+not a quantity/,
    ],
    ['a wrong type', [{ ...GOOD, input: { pod: POD, nodes: {} } }], /input\.nodes: wrong type/],
    [
      'an object without name',
      [{ ...GOOD, input: { pod: POD, pods: [{ metadata: {} }] } }],
      /pods\[0\]\.metadata\.name/,
    ],
    [
      'a configuration with an unknown plugin',
      [
        GOOD,
        { ...GOOD, input: { pod: POD, config: configuration({ score: { enabled: [{ name: 'NodeAfinity' }] } }) } },
      ],
      /bad\.jsonl:2:1:\s+input\.config\.profiles\[0\]\.plugins\.score\.enabled\[0\]\.name:\s+no\s+such\s+plugin[^]*"NodeAffinity"/,
    ],
    [
      'a configuration with a misspelt field',
      [{ ...GOOD, input: { pod: POD, config: { ...configuration({}), profile: [] } } }],
      /bad\.jsonl:1:1:\s+input\.config\.profile:\s+unknown field[^]*"profiles"/,
    ],
    [
      'steps of another number',
      [{ ...GOOD, kind: 'sequence', input: { pending: [POD] }, expect: { steps: [] } }],
      /steps: not as many/,
    ],
  ])('refuses %s with the line', (_, lines, message) => {
    const file = written('bad.jsonl', ...lines);
    expect(() => readCases(file)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }),
    );
  });

  it('refuses a file that is not there, or not gzipped though it says so', () => {
    expect(() => readCases(join(folder, 'none.jsonl'))).toThrow('none.jsonl: no such file');
    expect(() => readCases(join(folder, 'none.jsonl.gz'))).toThrow('none.jsonl.gz: no such file');
    const file = join(folder, 'plain.jsonl.gz');
    writeFileSync(file, JSON.stringify(GOOD));
    expect(() => readCases(file)).toThrow('plain.jsonl.gz: not gzipped, or cut short');
  });
});
