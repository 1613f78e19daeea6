import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../workloads/input-error.ts';
import { defineCommand } from './command.ts';

/** What opens a file with the program for it, by platform. */
const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

export const report = defineCommand({
  usage: 'report <folder>',
  summary: 'Say where the report of a run or a study lies, and open it',
  positionals: { folder: { type: 'string', demandOption: true, describe: 'Results of orrery run, compare or sweep' } },
  options: { open: { type: 'boolean', describe: 'Open it in the browser' } },
  examples: [['report reports/quickstart --open', 'in the browser']],
  run: async ({ folder, open }) => {
    const page = ['report.html', 'comparison.html'].map((name) => join(folder, name)).find((path) => existsSync(path));
    if (page === undefined) {
      throw new InputError({
        file: folder,
        message: 'no report is there',
        allowed: 'a folder with report.html or comparison.html',
        hint: 'measurement.outputs.report: false keeps orrery run from writing one.',
      });
    }
    console.log(page);
    if (open !== true) return 0;
    const [command = 'xdg-open', ...args] = OPENERS[process.platform] ?? ['xdg-open'];
    return new Promise((settle) => {
      const child = spawn(command, [...args, resolve(page)], { stdio: 'ignore', detached: true });
      child.once('error', () => {
        console.error(`${command} is not there to open it`);
        settle(1);
      });
      child.once('spawn', () => {
        child.unref();
        settle(0);
      });
    });
  },
});
