import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orrery, ROOT, SMALL, Workspace } from '../support/orrery.ts';

let workspace: Workspace;

/** A case of `orrery conformance`: a pod that is held back by a gate. */
const CASE = {
  id: 'gated-1',
  group: 'gated',
  kind: 'decision',
  input: {
    pod: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }], schedulingGates: [{ name: 'a/b' }] } },
  },
  expect: { queue: { gated: true, plugin: 'SchedulingGates', reasons: ['waiting for scheduling gates: [a/b]'] } },
};

beforeAll(() => {
  workspace = new Workspace();
  workspace.write('small.yaml', SMALL);
  workspace.write('typo.yaml', SMALL.replace('duration:', 'durration:'));
  workspace.write('broken.yaml', 'apiVersion: [');
  workspace.write('zone.yaml', SMALL.replace('nodes: [n-1]', 'zone: d'));
  workspace.write('policy.yaml', `${SMALL}policies: {scoring: {use: MostAlocated}}\n`);
  workspace.write('module.yaml', `${SMALL}policies: {scoring: {use: ./broken.mjs}}\n`);
  workspace.write('broken.mjs', 'export const policy = {\n  a b\n};\n');
  workspace.write('throwing.yaml', `${SMALL}policies: {scoring: {use: ./throwing.mjs}}\n`);
  workspace.write(
    'throwing.mjs',
    `export const policy = {
  family: 'scoring', name: 'x', params: (z) => z.strictObject({}),
  create() { throw new Error('no data'); },
};\n`,
  );
  workspace.write('cases.jsonl', `${JSON.stringify(CASE)}\n${JSON.stringify({ ...CASE, kind: 'dance' })}\n`);
  workspace.write('file', '');
});

afterAll(() => workspace.remove());

const files = (): string[] => readdirSync(workspace.folder, { recursive: true }).map(String).sort();

/** What a person types, and the lines that must stand on stderr. */
const REFUSED: readonly (readonly [line: string, answer: readonly string[]])[] = [
  ['', ['no command given']],
  ['rnu small.yaml', ['unknown command "rnu"', 'did you mean "run"?']],
  ['run', ['an argument is missing']],
  ['run missing.yaml', ['missing.yaml: no such file']],
  ['run small.yaml --until never', ['--until: not a duration', 'found: "never"', '90s, 1h30m']],
  ['run small.yaml --until 0s', ['--until: must be longer than zero']],
  ['run small.yaml --queue heap', ['--queue: no such value', 'allowed: instants, fastpriorityqueue']],
  ['run small.yaml --heartbeats lasy', ['--heartbeats: no such value', 'did you mean "lazy"?']],
  ['run small.yaml --set duration', ['--set duration: not a setting', 'path=value']],
  ['run small.yaml --set durration=2h', ['durration: unknown field', 'did you mean "duration"?']],
  ['run small.yaml --set duration=soon', ['--set duration=soon: duration: not a duration']],
  ['run small.yaml --set cluster.nodeGroups.m.count=2', ['the list has no entry called "m"', 'allowed: an index']],
  ['run small.yaml --out file/below', ['file/below']],
  ['run typo.yaml', ['typo.yaml:4:1: durration: unknown field', 'did you mean "duration"?']],
  ['run broken.yaml', ['broken.yaml:1:', 'not valid YAML']],
  ['run zone.yaml', ['zone.yaml:', 'faults[0].zone: no such zone', 'allowed: a, b, c']],
  [
    'run policy.yaml',
    ['policy.yaml:23:27: policies.scoring.use: no such scoring policy', 'did you mean "MostAllocated"?'],
  ],
  ['run module.yaml', ['the policy module cannot be loaded', 'SyntaxError:', 'broken.mjs:2)']],
  ['run throwing.yaml', ["the policy's create() threw", 'Error: no data', 'throwing.mjs:3:']],
  ['validate typo.yaml', ['typo.yaml:4:1: durration: unknown field']],
  ['validate policy.yaml', ['no such scoring policy']],
  ['validate small.yaml missing.yaml', ['missing.yaml: no such file']],
  ['init small.yaml', ['small.yaml: it exists already']],
  ['conformance schedulr cases.jsonl', ['conformance: no such component', 'did you mean "scheduler"?']],
  ['conformance scheduler', ['no file of reference cases']],
  ['conformance scheduler missing.jsonl', ['missing.jsonl: no such file']],
  ['conformance scheduler cases.jsonl', ['cases.jsonl:2:1: kind: not a kind of case', 'allowed: decision, sequence']],
  ['conformance published api-latencies --set sede=2', ['unknown field', 'did you mean "seed"?']],
  ['conformance published pod-starts-2020 --set components.kubelet.qqs=5', ['unknown field', 'did you mean "qps"?']],
  ['conformance scheduler cases.jsonl --show few', ['--show: not a whole number']],
];

describe('bad input', () => {
  it.each(REFUSED)('`orrery %s` is answered on stderr, exits with 2 and writes nothing', (line, answer) => {
    const before = files();
    const { exitCode, stderr } = workspace.orrery(...line.split(' ').filter(Boolean));
    // A message may break anywhere to fit the terminal.
    for (const part of answer) expect(stderr.replaceAll(/\s+/g, ' ')).toContain(part);
    expect(exitCode).toBe(2);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(files()).toEqual(before);
  });
});

describe('orrery init', () => {
  it('writes a scenario that is valid, and never overwrites one', () => {
    expect(workspace.orrery('init', 'mine.yaml')).toMatchObject({ exitCode: 0 });
    const text = readFileSync(workspace.path('mine.yaml'), 'utf8');
    const { exitCode, stdout } = workspace.orrery('validate', 'mine.yaml');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('ok: mine.yaml: scenario, 9 Node')]);
    expect(workspace.orrery('init', 'mine.yaml')).toMatchObject({ exitCode: 2 });
    expect(readFileSync(workspace.path('mine.yaml'), 'utf8')).toBe(text);
  });
});

describe('orrery validate', () => {
  it('says of every file what it holds, and goes on after a bad one', () => {
    const { exitCode, stdout, stderr } = workspace.orrery('validate', 'typo.yaml', 'small.yaml');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('typo.yaml:4:1');
    expect(stdout).toBe('ok: small.yaml: scenario, 3 Node, 1 Deployment\n');
  });

  it('breaks its lines at 80 columns, and no count from its kind', () => {
    const quickstart = join(import.meta.dirname, '../../scenarios/quickstart.yaml');
    const { stdout } = workspace.orrery('validate', quickstart);
    const [first = '', ...further] = stdout.trimEnd().split('\n');
    expect(first).toMatch(/^ok: /);
    expect(further.length).toBeGreaterThan(0);
    for (const line of further) expect(line).toMatch(/^ {4}(?=.{1,76}$)\S.*[\w,]$/);
    expect(stdout).not.toMatch(/\d\n|\u00a0/);
  });

  it('lets unknown fields pass where asked to, with a warning', () => {
    workspace.write('extra.yaml', `${SMALL}colour: blue\n`);
    expect(workspace.orrery('validate', 'extra.yaml')).toMatchObject({ exitCode: 2 });
    const { exitCode, stderr } = workspace.orrery('validate', 'extra.yaml', '--allow-unknown');
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('warning: extra.yaml: colour: unknown field')]);
  });
});

describe('orrery conformance scheduler', () => {
  it('agrees with the cases that come with the project', () => {
    const { exitCode, stdout } = orrery(['conformance', 'scheduler', 'test/conformance/taints-tolerations.jsonl.gz']);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('All 250 cases agree.')]);
  });

  it('shows what differs, and answers no', () => {
    const reasons = ['waiting for scheduling gates: [a/c]'];
    const expected = { queue: { ...CASE.expect.queue, reasons } };
    workspace.write('wrong.jsonl', `${JSON.stringify(CASE)}\n${JSON.stringify({ ...CASE, expect: expected })}\n`);
    const { exitCode, stdout, stderr } = workspace.orrery('conformance', 'scheduler', 'wrong.jsonl');
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(stdout).toContain('wrong.jsonl:2: gated-1 (gated) differs\n  queue, gated by\n');
    expect(stdout).toContain('1 of 2 cases do not agree.');
  });
});

describe('help', () => {
  it.each([[], ['run'], ['validate'], ['init'], ['conformance']])(
    'of `orrery %s` has examples and fits 80 columns',
    (...command) => {
      const { exitCode, stdout } = orrery([...command, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Examples:');
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    },
  );

  it('names every command line that README.md shows', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const lines = [...readme.matchAll(/^\$ orrery (run|validate) (\S+\.yaml)/gm)].map((match) => match[2] ?? '');
    expect(lines.length).toBeGreaterThan(4);
    for (const file of lines.filter((name) => name.startsWith('scenarios/'))) {
      expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);
    }
  });

  it('has a completion script that names the commands', () => {
    const { exitCode, stdout } = orrery(['completion']);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('orrery')]);
    expect(orrery(['--get-yargs-completions', 'orrery', 'r']).stdout).toContain('run');
  });
});
