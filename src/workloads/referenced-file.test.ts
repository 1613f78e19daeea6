/** Files that are named run by run: read once, as long as they say the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManifestReader, PLAIN_READING } from './manifests/manifests.ts';
import type { ManifestObject } from './manifests/manifests.ts';
import { SpecPool } from './manifests/spec-pool.ts';
import { keepYaml } from './kept-yaml.ts';
import { referencedYaml } from './referenced-file.ts';
import { parseScenario } from './scenario.ts';
import type { YamlSource } from './yaml.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-referenced-'));
const file = join(folder, 'pods.yaml');
const pod = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: i}]${more}}\n`;

const scenario = parseScenario(
  'apiVersion: orrery.dev/v1alpha1\nkind: Scenario\nmetadata: {name: s}\nduration: 1h\n' +
    'cluster: {nodeGroups: [{name: n, count: 1, capacity: {cpu: 1, memory: 1Gi}}]}\n',
  join(folder, 's.yaml'),
);
const source = (): YamlSource => referencedYaml(scenario.source, ['workloads', 0, 'manifests', 0], 'pods.yaml');

function read(options = {}): { readonly objects: readonly ManifestObject[]; readonly warnings: readonly string[] } {
  const reader = new ManifestReader({ ...PLAIN_READING, ...options }, new SpecPool());
  return { objects: reader.read(source()), warnings: reader.warnings };
}

beforeAll(() => keepYaml());
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file that is named again', () => {
  it('gives the same objects while its text is the same', () => {
    writeFileSync(file, pod('a'));
    const first = read();
    expect(first.objects.map(({ object }) => object.metadata.name)).toEqual(['a']);
    expect(read().objects).toBe(first.objects);
  });

  it('gives others when its text has changed, and the former again when it is as before', () => {
    writeFileSync(file, pod('a'));
    const first = read();
    writeFileSync(file, pod('b'));
    expect(read().objects.map(({ object }) => object.metadata.name)).toEqual(['b']);
    writeFileSync(file, pod('a'));
    expect(read().objects).toBe(first.objects);
  });

  it('is read anew in another way, with the warnings of each', () => {
    writeFileSync(file, pod('a', ', colour: red'));
    expect(() => read()).toThrow(/pods\.yaml:4:\d+: spec\.colour/);
    const lenient = read({ allowUnknown: true });
    expect(lenient.warnings).toEqual([expect.stringMatching(/pods\.yaml:4: spec\.colour: unknown field, ignored$/)]);
    expect(read({ allowUnknown: true }).warnings).toEqual(lenient.warnings);
    expect(read({ allowUnknown: true, namespace: 'other' }).objects[0]?.object.metadata.namespace).toBe('other');
    expect(() => read()).toThrow(/pods\.yaml:4:\d+: spec\.colour/);
  });

  it('is forgotten when many others have been read since', () => {
    writeFileSync(file, pod('a'));
    const first = source();
    for (let i = 0; i < 64; i++) {
      writeFileSync(file, pod(`n-${i}`));
      source();
    }
    writeFileSync(file, pod('a'));
    expect(source()).not.toBe(first);
  });
});
