import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from './input-error.ts';
import { initTemplate } from './init-template.ts';
import { validateFile } from './validate-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-validate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const POD = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}';

describe('validating a file', () => {
  it('takes a scenario for one, with all that it names, and counts what is known beforehand', () => {
    const report = validateFile(file('scenario.yaml', initTemplate()));
    expect(report).toMatchObject({ kind: 'scenario', warnings: [] });
    expect(report.counts).toEqual({ Node: 9, Deployment: 1, Service: 1, Job: undefined });
  });

  it('takes anything else for manifests, JSON too', () => {
    expect(validateFile(file('pod.json', POD))).toMatchObject({ kind: 'manifests', counts: { Pod: 1 } });
  });

  it('skips what is not simulated where that is asked for, and says so', () => {
    const path = file('crd.yaml', `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n---\n${POD}\n`);
    expect(() => validateFile(path)).toThrow(InputError);
    const report = validateFile(path, { allowUnknown: true });
    expect(report.counts).toEqual({ Pod: 1 });
    expect(report.warnings).toEqual([`${path}:1: example.com/v1 Widget is not simulated, skipped`]);
  });

  it('refuses an empty file and a missing one', () => {
    expect(() => validateFile(file('empty.yaml', '# nothing\n'))).toThrow(/the file is empty/);
    expect(() => validateFile(join(folder, 'nowhere.yaml'))).toThrow(/no such file/);
  });
});
