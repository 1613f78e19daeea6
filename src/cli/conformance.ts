import { InputError } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';
import { listOf, wholeNumber } from './flags.ts';
import { timelinesText } from './timelines-text.ts';

const SUBJECTS = ['scheduler', 'timelines', 'published'] as const;
const USAGE =
  'orrery conformance scheduler FILE…, orrery conformance timelines [NAME…], or orrery conformance published [NAME…]';
const SEEDS = 30;

export const conformance = defineCommand({
  usage: 'conformance <what> [files..]',
  summary: 'Compare decisions, timelines and published figures with those of the real Kubernetes',
  positionals: {
    what: { type: 'string', demandOption: true, describe: `What is compared: ${SUBJECTS.join(', ')}` },
    files: {
      type: 'string',
      array: true,
      default: [],
      describe: 'scheduler: reference cases (.jsonl, .jsonl.gz); timelines, published: their names, all where absent',
    },
  },
  options: {
    show: { type: 'string', requiresArg: true, describe: 'Differing cases that are shown [5]' },
    seeds: { type: 'string', requiresArg: true, describe: `Runs of each timeline [${SEEDS}]; from 100 on means count` },
    set: {
      type: 'string',
      requiresArg: true,
      describe: 'published: a setting of the scenarios that is to be otherwise, path=value. May be repeated',
    },
    quiet: { type: 'boolean', describe: 'Print nothing where all agrees' },
  },
  examples: [
    ['conformance scheduler test/conformance/*.jsonl.gz', 'the cases that come with Orrery'],
    ['conformance scheduler mine.jsonl --show 20', 'more of what differs'],
    ['conformance published', 'measurements others have published, and how far the simulation is from them'],
    [
      'conformance published pod-starts-2020 --set components.kubelet.qps=50',
      'what a circumstance of the measurement is worth',
    ],
    ['conformance timelines --seeds 200', 'node failures, roll-outs, back-off … against their constants'],
  ],
  run: async ({ what, files, show, seeds, set, quiet }) => {
    if (what === SUBJECTS[1]) return timelines(files, wholeNumber('seeds', seeds) ?? SEEDS, quiet ?? false);
    if (what === SUBJECTS[2]) return published(files, listOf(set), quiet ?? false);
    if (what !== SUBJECTS[0]) {
      throw new InputError({ path: 'conformance', ...unknownName('component', what, SUBJECTS), hint: USAGE });
    }
    if (files.length === 0) {
      throw new InputError({ path: 'files', message: 'no file of reference cases', allowed: USAGE });
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

/** Runs timelines and prints what was expected beside what came; 1 where something lies outside. */
async function timelines(names: readonly string[], seeds: number, quiet: boolean): Promise<number> {
  const { runTimeline, TIMELINES } = await import('../experiments/timelines/run-timelines.ts');
  const known = TIMELINES.map(({ id }) => id);
  for (const name of names) {
    if (!known.includes(name)) throw new InputError({ path: 'timelines', ...unknownName('timeline', name, known) });
  }
  if (seeds < 1) throw new InputError({ path: '--seeds', message: 'nothing would be run', found: '0' });
  let agrees = true;
  for (const timeline of TIMELINES.filter(({ id }) => names.length === 0 || names.includes(id))) {
    const result = await runTimeline(timeline, seeds);
    const fine = result.rows.every(({ faults }) => faults.length === 0);
    agrees &&= fine;
    if (!fine || !quiet) console.log(`${timelinesText(result)}\n`);
  }
  if (!quiet)
    console.log(agrees ? `All figures of ${seeds} runs lie where they are expected.` : 'Some figures lie outside.');
  return agrees ? 0 : 1;
}

/** Runs published set-ups and prints what was measured beside what came; 1 where a row is off that is not known to be. */
async function published(names: readonly string[], set: readonly string[], quiet: boolean): Promise<number> {
  const { PUBLICATIONS } = await import('../experiments/published/publications.ts');
  const { isWithinBand } = await import('../experiments/published/publication.ts');
  const { publicationText } = await import('./publications-text.ts');
  const known = PUBLICATIONS.map(({ id }) => id);
  for (const name of names) {
    if (!known.includes(name)) throw new InputError({ path: 'published', ...unknownName('publication', name, known) });
  }
  let agrees = true;
  const chosen = PUBLICATIONS.filter(({ id }) => names.length === 0 || names.includes(id));
  for (const publication of chosen) {
    const rows = await publication.run(set);
    const fine = rows.every((row) => row.outside !== undefined || isWithinBand(row));
    agrees &&= fine;
    if (!fine || !quiet) console.log(`${publicationText(publication, rows)}\n`);
  }
  if (!quiet)
    console.log('= what was given, x what came out; a published simulator was at 0.65 to 3.36 of the real thing.');
  return agrees ? 0 : 1;
}
