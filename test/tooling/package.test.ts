/** The packed tarball in an empty project: used from TypeScript, from plain JavaScript, and as a command. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, SMALL, Workspace } from '../support/orrery.ts';

const SCRIPT = `import { compare, definePlugin, InputError, parseScenario, simulate } from 'kube-orrery';
const plugin = definePlugin({
  name: 'last', params: (z) => z.strictObject({ step: z.number().default(1) }),
  create: ({ step }) => ({ name: 'last', scope: 'row', score: (_cycle, _pod, node) => step * node.name.length }),
});
const { summary } = await simulate(parseScenario(process.argv[2] ?? '', 's.yaml', { seed: 3 }), {});
const seed = summary.seed;
try {
  await compare({ file: 'nowhere.yaml', vary: ['seed=1,2'], seeds: 2, out: 'out' });
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.log([plugin.name, plugin.family, seed, error.exitCode, summary.metrics['pods_running']].join(' '));
}
`;

const WRONG = `import { definePlugin } from 'kube-orrery';
definePlugin({
  name: 'last', params: (z) => z.strictObject({ step: z.number().default(1) }),
  create: ({ step }) => ({ name: 'last', scope: 'row', score: () => step.length }),
});
`;

describe('the package, installed', { timeout: 300_000 }, () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());
  const run = (
    command: string,
    ...args: readonly string[]
  ): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(command, args, { cwd: workspace.folder, encoding: 'utf8' });

  it('runs from TypeScript and from JavaScript, has types that hold, and brings the command', () => {
    const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--pack-destination', workspace.folder], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(packed.status).toBe(0);
    const tarball = readdirSync(workspace.folder).find((name) => name.endsWith('.tgz')) ?? '';
    workspace.write('package.json', '{"type": "module", "private": true}');
    // What the package needs is linked rather than fetched: the test needs no network.
    mkdirSync(workspace.path('node_modules'));
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name === '.bin' || name === '.package-lock.json' || name === '@types') continue;
      symlinkSync(join(ROOT, 'node_modules', name), workspace.path('node_modules', name));
    }
    mkdirSync(workspace.path('node_modules', 'kube-orrery'));
    expect(run('tar', 'xzf', tarball, '-C', 'node_modules/kube-orrery', '--strip-components', '1').status).toBe(0);
    workspace.write('use.mjs', SCRIPT);
    workspace.write('use.ts', SCRIPT);
    workspace.write('wrong.ts', WRONG);
    const said = 'last scoring 3 2 4\n';
    expect(run(process.execPath, 'use.mjs', SMALL)).toMatchObject({ status: 0, stdout: said });
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    workspace.write(
      'globals.d.ts',
      'declare const process: { argv: string[] }; declare const console: { log(text: string): void };',
    );
    const checked = run(
      process.execPath,
      tsc,
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      '--outDir',
      'out',
      '--ignoreConfig',
      'globals.d.ts',
      'use.ts',
    );
    expect([checked.status, checked.stdout]).toEqual([0, '']);
    expect(run(process.execPath, 'out/use.js', SMALL)).toMatchObject({ status: 0, stdout: said });
    const wrong = run(
      process.execPath,
      tsc,
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      '--noEmit',
      '--ignoreConfig',
      'wrong.ts',
    );
    expect(wrong.stdout).toContain("Property 'length' does not exist on type 'number'");
    expect(run(process.execPath, 'node_modules/kube-orrery/dist/main.js', '--version').stdout).toMatch(
      /^\d+\.\d+\.\d+\n$/,
    );
  });
});
