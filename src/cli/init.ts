import { defineCommand } from './command.ts';

export const init = defineCommand({
  usage: 'init [file]',
  summary: 'Write a commented scenario to start from',
  positionals: {
    file: { type: 'string', default: 'scenario.yaml', describe: 'Where to write it; an existing file is left alone' },
  },
  options: {
    force: { type: 'boolean', describe: 'Overwrite an existing file' },
  },
  examples: [['init my.yaml', 'then: orrery run my.yaml']],
  run: async () => {
    throw new Error('`orrery init` is not built yet.');
  },
});
