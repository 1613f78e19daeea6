/**
 * Makes a bare clone ready, and says one line about each thing it had to do: installs the dependencies that
 * package-lock.json names and, with `--build`, compiles `src/` to `dist/`. npm runs it before `npm start` and `npm test`,
 * when node_modules may not exist yet, so it uses nothing but Node itself.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const inRoot = (...path) => join(root, ...path);

function main() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE)
    stop(`Orrery needs Node ${OLDEST_NODE} or newer; this is ${process.version}.`);
  installDependencies();
  if (process.argv.includes('--build')) build();
}

function installDependencies() {
  const lock = readFileSync(inRoot('package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lock).update(process.versions.modules).digest('hex');
  const hashFile = inRoot('node_modules', '.setup-hash');
  if (existsSync(hashFile) && readFileSync(hashFile, 'utf8') === wanted) return;
  if (!alreadyInstalled(JSON.parse(lock))) {
    const what = 'installing dependencies (npm ci)';
    const npm = process.env.npm_execpath;
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    if (npm) run(what, process.execPath, [npm, ...args]);
    else run(what, 'npm', args, { shell: process.platform === 'win32' });
  }
  writeFileSync(hashFile, wanted);
}

/** Whether someone's own `npm install` or `npm ci` has left exactly what the lock file names: npm's record says so. */
function alreadyInstalled(lock) {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(lock.packages).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional),
  );
}

function build() {
  const stamp = inRoot('dist', '.built');
  const configs = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'].map((name) =>
    inRoot(name),
  );
  if (existsSync(stamp) && newest([inRoot('src'), ...configs]) <= statSync(stamp).mtimeMs) return;
  const begun = new Date();
  run('compiling src/ to dist/', process.execPath, [inRoot('scripts', 'build.mjs')]);
  writeFileSync(stamp, '');
  utimesSync(stamp, begun, begun); // a file saved while the compiler ran must count as newer
}

/** The latest change among these paths; a folder changes when a file in it is added, renamed or removed. */
function newest(paths) {
  return Math.max(...paths.map((path) => changedAt(path)));
}

function changedAt(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return path.endsWith('.test.ts') ? 0 : stats.mtimeMs;
  return Math.max(stats.mtimeMs, newest(readdirSync(path).map((name) => join(path, name))));
}

function run(what, command, args, options = {}) {
  console.log(`setup: ${what}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (status !== 0) stop(`setup: ${what} failed${error ? `: ${error.message}` : ', see above'}.`);
}

function stop(message) {
  console.error(message);
  process.exit(1);
}

main();
