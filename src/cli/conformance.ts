import { InputError } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';
import { wholeNumber } from './flags.ts';

const SUBJECTS = ['scheduler'] as const;
const USAGE = 'orrery conformance scheduler FILE…';

export const conformance = defineCommand({
  usage: 'conformance <what> <files..>',
  summary: 'Compare decisions with recorded ones of the real kube-scheduler v1.34',
  positionals: {
    what: { type: 'string', demandOption: true, describe: `What is compared: ${SUBJECTS.join(', ')}` },
    files: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'Reference cases, one JSON object a line (.jsonl, .jsonl.gz)',
    },
  },
  options: {
    show: { type: 'string', requiresArg: true, describe: 'Differing cases that are shown [5]' },
    quiet: { type: 'boolean', describe: 'Print nothing where all agrees' },
  },
  examples: [
    ['conformance scheduler test/conformance/*.jsonl.gz', 'the cases that come with Orrery'],
    ['conformance scheduler mine.jsonl --show 20', 'more of what differs'],
  ],
  run: async ({ what, files, show, quiet }) => {
    if (what !== SUBJECTS[0]) {
      throw new InputError({ path: 'conformance', ...unknownName('component', what, SUBJECTS), hint: USAGE });
    }
    const shown = wholeNumber('show', show);
    const { readCases } = await import('../conformance/read-cases.ts');
    const { conform } = await import('../conformance/conformance.ts');
    const { conformanceText } = await import('../conformance/conformance-text.ts');
    const result = conform(files.flatMap((file) => readCases(file)));
    const agrees = result.mismatches.length === 0;
    if (!agrees || quiet !== true) console.log(conformanceText(result, shown));
    return agrees ? 0 : 1;
  },
});
