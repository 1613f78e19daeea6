import { defineCommand } from './command.ts';

export const validate = defineCommand({
  usage: 'validate <files..>',
  summary: 'Check scenario and manifest files without running them',
  positionals: {
    files: { type: 'string', array: true, demandOption: true, describe: 'Scenario or manifest files (YAML)' },
  },
  options: {
    'allow-unknown': { type: 'boolean', describe: 'Ignore fields that are not known instead of refusing them' },
  },
  examples: [['validate scenarios/*.yaml', 'check every ready scenario']],
  run: async () => {
    throw new Error('`orrery validate` is not built yet.');
  },
});
