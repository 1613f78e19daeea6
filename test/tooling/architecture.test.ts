/** The lint configuration is what keeps the walls of the house up: here every wall is pushed, and must hold. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What may be imported, one file a room: none of these breaks a rule. */
const HOUSE = {
  'src/sim/kernel/clock.ts': `import queue from 'fastpriorityqueue';\nexport const now = (): number => queue.length;\n`,
  'src/sim/scheduler/cycle.ts': `import { now } from '../kernel/clock.ts';\nexport const cycle = (): number => now();\n`,
  'src/policies/scheduling/fit.ts': `import { cycle } from '../../sim/scheduler/cycle.ts';\nexport const fit = (): number => cycle();\n`,
  'src/workloads/load.ts': `import { readFileSync } from 'node:fs';\nimport { now } from '../sim/kernel/clock.ts';\nexport const load = (file: string): string => readFileSync(file, 'utf8') + String(now());\n`,
  'src/reporting/record.ts': `import { now } from '../sim/kernel/clock.ts';\nexport const record = (): string => new Date(now()).toISOString();\n`,
  'src/simulate.ts': `import { fit } from './policies/scheduling/fit.ts';\nimport { record } from './reporting/record.ts';\nimport { load } from './workloads/load.ts';\nexport const simulate = (): unknown => [fit(), load('x'), record()];\n`,
  'src/experiments/sweep.ts': `import { simulate } from '../simulate.ts';\nexport const sweep = (): unknown => simulate();\n`,
  'src/conformance/replay.ts': `import { fit } from '../policies/scheduling/fit.ts';\nimport { load } from '../workloads/load.ts';\nexport const replay = (): unknown => [fit(), load('x')];\n`,
  'src/cli/run.ts': `import { sweep } from '../experiments/sweep.ts';\nexport const run = (): void => console.log(sweep());\n`,
  'src/main.ts': `import { run } from './cli/run.ts';\nrun();\n`,
  'src/index.ts': `export { simulate } from './simulate.ts';\n`,
  'src/sim/kernel/clock.test.ts': `import { readFileSync } from 'node:fs';\nexport const seen = [readFileSync, Date.now(), Math.random()];\n`,
  'vitest.config.ts': `export default {};\n`,
};

const IMPORTS = 'eslint(no-restricted-imports)';
const GLOBALS = 'eslint(no-restricted-globals)';
const PROPERTIES = 'eslint(no-restricted-properties)';

/** A folder, a line that must not stand there, and the rule that has to say so. */
const VIOLATIONS: readonly (readonly [folder: string, line: string, rule: string])[] = [
  // The kernel knows nothing of the rest.
  ['src/sim/kernel', `import '../scheduler/cycle.ts';`, IMPORTS],
  ['src/sim/kernel', `import type {} from '../scheduler/cycle.ts';`, IMPORTS],
  ['src/sim/kernel', `export * from '../scheduler/cycle.ts';`, IMPORTS],
  ['src/sim/kernel', `import 'node:fs';`, IMPORTS],
  // The simulator knows nothing of the machine, nor of what stands above it.
  ['src/sim/scheduler', `import 'node:fs';`, IMPORTS],
  ['src/sim/scheduler', `import 'fs/promises';`, IMPORTS],
  ['src/sim/scheduler', `import '../../policies/scheduling/fit.ts';`, IMPORTS],
  ['src/sim/scheduler', `import type {} from '../../policies/scheduling/fit.ts';`, IMPORTS],
  ['src/sim/scheduler', `export const a = (): unknown => import('../../policies/scheduling/fit.ts');`, IMPORTS],
  ['src/sim/scheduler', `import '../../workloads/load.ts';`, IMPORTS],
  ['src/sim/scheduler', `import '../../reporting/record.ts';`, IMPORTS],
  ['src/sim/scheduler', `import '../../experiments/sweep.ts';`, IMPORTS],
  ['src/sim/scheduler', `import '../../cli/run.ts';`, IMPORTS],
  ['src/sim/scheduler', `import '../../simulate.ts';`, IMPORTS],
  ['src/sim/scheduler', `import '../../index.ts';`, IMPORTS],
  ['src/sim/scheduler', `import '../../version.ts';`, IMPORTS],
  ['src/policies/scheduling', `import '../../scenario-policies.ts';`, IMPORTS],
  ['src/sim/scheduler', `import '../../../src/cli/run.ts';`, IMPORTS],
  ['src/sim/scheduler', `import 'kube-orrery';`, IMPORTS],
  // Policies, workloads and reporting stand side by side on the simulator.
  ['src/policies/scheduling', `import '../../workloads/load.ts';`, IMPORTS],
  ['src/policies/scheduling', `import '../../reporting/record.ts';`, IMPORTS],
  ['src/policies/scheduling', `import '../../simulate.ts';`, IMPORTS],
  ['src/policies/scheduling', `import '../../cli/run.ts';`, IMPORTS],
  ['src/workloads', `import '../policies/scheduling/fit.ts';`, IMPORTS],
  ['src/workloads', `import '../reporting/record.ts';`, IMPORTS],
  ['src/workloads', `import '../simulate.ts';`, IMPORTS],
  ['src/reporting', `import '../policies/scheduling/fit.ts';`, IMPORTS],
  ['src/reporting', `import '../workloads/load.ts';`, IMPORTS],
  ['src/reporting', `import '../experiments/sweep.ts';`, IMPORTS],
  // What stands above is not asked from below.
  ['src/experiments', `import '../cli/run.ts';`, IMPORTS],
  ['src/experiments', `import '../main.ts';`, IMPORTS],
  ['src/policies/scheduling', `import '../../conformance/replay.ts';`, IMPORTS],
  ['src/workloads', `import '../conformance/replay.ts';`, IMPORTS],
  ['src/conformance', `import '../simulate.ts';`, IMPORTS],
  ['src/conformance', `import '../reporting/record.ts';`, IMPORTS],
  ['src/conformance', `import '../cli/run.ts';`, IMPORTS],
  ['src/cli', `import '../main.ts';`, IMPORTS],
  ['src/cli', `import '../index.ts';`, IMPORTS],
  // Nothing a run depends on may come from the machine or the moment.
  ['src/sim/node', `export const a = Date.now();`, GLOBALS],
  ['src/sim/node', `export const a = new Date(0);`, GLOBALS],
  ['src/sim/node', `export const a = performance.now();`, GLOBALS],
  ['src/sim/node', `export const a = new Intl.Collator();`, GLOBALS],
  ['src/sim/node', `export const a = globalThis;`, GLOBALS],
  ['src/sim/node', `export const a = process.env;`, GLOBALS],
  ['src/sim/node', `setTimeout(() => 0, 1);`, GLOBALS],
  ['src/policies/failure', `export const a = Date.now();`, GLOBALS],
  ['src/workloads', `export const a = performance.now();`, GLOBALS],
  ['src/sim/node', `export const a = Math.random();`, PROPERTIES],
  ['src/sim/node', `export const a = Math['random']();`, PROPERTIES],
  ['src/sim/node', `export const { random } = Math;`, PROPERTIES],
  ['src/policies/failure', `export const a = Math.random();`, PROPERTIES],
  ['src/workloads', `export const a = Math.random();`, PROPERTIES],
  ['src/workloads', `export const a = 'a'.localeCompare('b');`, PROPERTIES],
  ['src/sim/node', `export const a = ['b', 'a'].sort((x, y) => x.localeCompare(y));`, PROPERTIES],
  // The style of the house.
  ['src/sim/node', `console.log(1);`, 'eslint(no-console)'],
  ['src/reporting', `console.error(1);`, 'eslint(no-console)'],
  ['src/sim/node', `export const a: any = 1;`, 'typescript(no-explicit-any)'],
  ['src/sim/node', `export default 1;`, 'import(no-default-export)'],
  ['src/cli', `export const a = async (): Promise<void> => {};\na();`, 'typescript(no-floating-promises)'],
  ['src/cli', `export type A = typeof import('./run.ts');`, 'typescript(consistent-type-imports)'],
];

const plantedAt = (index: number): string => `${VIOLATIONS[index]?.[0]}/planted-${index}.ts`;

describe('the lint rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-architecture-'));
  let found: Map<string, string[]>;

  beforeAll(() => {
    for (const name of ['.oxlintrc.json', 'tsconfig.json']) cpSync(join(root, name), join(folder, name));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    for (const [path, text] of Object.entries(HOUSE)) write(path, text);
    VIOLATIONS.forEach(([, line], index) => write(plantedAt(index), `${line}\n`));
    write('src/sim/cloud/egg.ts', `import { hen } from './hen.ts';\nexport const egg = (): unknown => hen;\n`);
    write('src/sim/cloud/hen.ts', `import { egg } from './egg.ts';\nexport const hen = (): unknown => egg;\n`);
    found = lint();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  /** The rules that were broken, by file. */
  function lint(): Map<string, string[]> {
    const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
    const { stdout } = spawnSync(process.execPath, [oxlint, '--type-aware', '--deny-warnings', '-f', 'json'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
    const byFile = new Map<string, string[]>();
    for (const { code, filename } of diagnostics) byFile.set(filename, [...(byFile.get(filename) ?? []), code]);
    return byFile;
  }

  it.each(VIOLATIONS.map(([room, line, rule], index) => ({ room, line, rule, index })))(
    'forbid in $room: $line',
    ({ rule, index }) => {
      expect(found.get(plantedAt(index))).toContain(rule);
    },
  );

  it('forbid two files that import each other', () => {
    expect(found.get('src/sim/cloud/egg.ts')).toContain('import(no-cycle)');
  });

  it.each(Object.keys(HOUSE))('let pass the clean code of %s', (path) => {
    expect(found.get(path)).toBeUndefined();
  });
});
