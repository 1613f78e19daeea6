import { writeFileSync } from 'node:fs';
import { InputError } from '../workloads/input-error.ts';
import { initTemplate } from '../workloads/init-template.ts';
import { defineCommand } from './command.ts';

export const init = defineCommand({
  usage: 'init [file]',
  summary: 'Write a commented scenario to start from',
  positionals: {
    file: { type: 'string', default: 'scenario.yaml', describe: 'Where to write it; an existing file is left alone' },
  },
  options: {},
  examples: [['init my.yaml', 'then: orrery run my.yaml']],
  run: async ({ file }) => {
    try {
      writeFileSync(file, initTemplate(), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const hint = 'Nothing was written. Name another file: orrery init <file>';
      throw new InputError({ file, message: 'it exists already', hint }, { cause: error });
    }
    console.log(`wrote ${file}`);
    console.log(`next: orrery run ${file}`);
    return 0;
  },
});
