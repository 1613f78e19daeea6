import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Runs every TypeScript program of a folder, in the order of their names, each as a process of its own.
 *
 * @param folder from the project's root
 * @param ending how a program's name ends
 * @param chosen words of which a program's name must hold at least one; none means all
 * @param imports modules that each is to load first
 * @returns how many ran and the names of those that failed
 */
export function runEachProgram(folder, ending, chosen = [], imports = []) {
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
  const programs = names.filter(
    (name) => name.endsWith(ending) && (chosen.length === 0 || chosen.some((word) => name.includes(word))),
  );
  const failed = programs.filter((name) => {
    console.log(`\n— ${folder}/${name}`);
    const first = ['tsx', ...imports].flatMap((module) => ['--import', module]);
    const args = [...flagsOfTheExecutable(), '--expose-gc', ...first, join(folder, name)];
    return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0;
  });
  return { ran: programs.length, failed };
}

/** The collector is to be the one of the command itself. */
function flagsOfTheExecutable() {
  const [firstLine] = readFileSync(join(root, 'src', 'main.ts'), 'utf8').split('\n');
  return firstLine.match(/--\S+/g);
}
