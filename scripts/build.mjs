/**
 * Compiles src/ to dist/, and then joins its modules, as few files are loaded sooner than 640. A thread has one file of its
 * own. The command line and the library share their parts (`part-*.js`), so that a policy that imports the library gets the
 * very modules that run it. What is installed beside it stays outside; the modules themselves remain for benches.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

const compiled = existsSync(dist) ? readdirSync(dist) : [];
for (const file of compiled) if (/^part-.*\.js$/.test(file)) rmSync(join(dist, file));
run('typescript', 'bin/tsc', '-p', 'tsconfig.build.json');
bundle(['thread-task']);
bundle(['main', 'index'], '--splitting', '--chunk-names=part-[name]-[hash]');

/** All that these begin with, at the top of dist/: paths that are told from a module's own place hold there. */
function bundle(names, ...flags) {
  const files = names.map((name) => `dist/${name}.js`);
  const kind = ['--bundle', '--format=esm', '--platform=node', '--target=node20', '--packages=external'];
  run(
    'esbuild',
    'bin/esbuild',
    ...files,
    '--outdir=dist',
    '--allow-overwrite',
    ...kind,
    ...flags,
    '--log-level=warning',
  );
  for (const file of files) rmSync(join(root, `${file}.map`)); // it tells of the one module
}

function run(name, script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', name, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
