import { availableParallelism } from 'node:os';
import { InputError } from '../workloads/input-error.ts';
import { defineCommand } from './command.ts';
import { oneOf, shardOf, wholeNumber } from './flags.ts';
import { INTERRUPTED } from './interruption.ts';
import { runStudyInTerminal } from './study-in-terminal.ts';

const ENGINES = ['threads', 'redis', 'kubernetes'] as const;

export const sweep = defineCommand({
  usage: 'sweep <experiment>',
  summary: 'Run the variants of an experiment file on common seeds, and say which is better',
  positionals: {
    experiment: { type: 'string', demandOption: true, describe: 'Experiment file (YAML, kind: Experiment)' },
  },
  options: {
    seeds: {
      type: 'string',
      requiresArg: true,
      describe: "How many seeds each variant runs on, in place of the file's",
    },
    engine: { type: 'string', requiresArg: true, describe: `Where it runs: ${ENGINES.join(', ')} [threads]` },
    threads: { type: 'string', requiresArg: true, describe: 'Worker threads [one a processor]' },
    redis: { type: 'string', requiresArg: true, describe: 'Redis behind which workers wait: redis://host:port' },
    shard: { type: 'string', requiresArg: true, describe: 'Do only part i of n of the runs: 0/4; --resume joins them' },
    out: { type: 'string', requiresArg: true, describe: 'Folder for the results [reports/<experiment>]' },
    resume: { type: 'boolean', describe: 'Keep the runs that an interrupted sweep, or its shards, left there' },
    print: { type: 'boolean', describe: 'With --engine kubernetes: print the manifest of an Indexed Job' },
    shards: { type: 'string', requiresArg: true, describe: 'Pods of that Job [4]' },
    image: { type: 'string', requiresArg: true, describe: 'Image of that Job, with orrery in it [orrery:<version>]' },
    claim: {
      type: 'string',
      requiresArg: true,
      describe: "Its PersistentVolumeClaim with the experiment's files [orrery]",
    },
    quiet: { type: 'boolean', describe: 'Print errors only' },
  },
  examples: [
    ['sweep scenarios/studies/packing.yaml', 'on all processors'],
    ['sweep my.yaml --engine redis --redis redis://db:6379', 'on every machine with: orrery worker --redis …'],
    ['sweep my.yaml --engine kubernetes --print --shards 20', 'the manifest of a Job that does it'],
  ],
  run: async (args) => {
    const engine = oneOf('engine', args.engine, ENGINES) ?? (args.redis === undefined ? 'threads' : 'redis');
    const seeds = wholeNumber('seeds', args.seeds);
    const threads = wholeNumber('threads', args.threads) ?? availableParallelism();
    const shard = shardOf('shard', args.shard);
    const command = ['sweep', args.experiment, ...(args.seeds === undefined ? [] : ['--seeds', args.seeds])];
    if (engine === 'kubernetes') {
      if (args.print !== true) {
        const hint = 'Add --print, and hand what it prints to kubectl apply -f -.';
        throw new InputError({ path: '--engine kubernetes', message: 'only writes the manifest', hint });
      }
      const { loadExperiment } = await import('../experiments/sweep/load-experiment.ts');
      const { kubernetesJob } = await import('../experiments/kubernetes-job.ts');
      const { name } = loadExperiment(args.experiment);
      const { VERSION } = await import('../version.ts');
      const { image = `orrery:${VERSION}`, claim = 'orrery' } = args;
      const shards = wholeNumber('shards', args.shards) ?? 4;
      if (shards === 0) throw new InputError({ path: '--shards', message: 'nothing would be run', found: '0' });
      console.log(kubernetesJob({ name, args: command, shards, image, claim }).trimEnd());
      return 0;
    }
    if (engine === 'redis' && args.redis === undefined) {
      const allowed = 'its address, as redis://host:port';
      throw new InputError({ path: '--redis', message: 'is missing: --engine redis needs it', allowed });
    }
    const { sweep: run } = await import('../experiments/sweep/sweep.ts');
    const comparison = await runStudyInTerminal(args.quiet ?? false, (hooks, onNotice) =>
      run(
        {
          file: args.experiment,
          resume: args.resume ?? false,
          command: ['orrery', ...command].join(' '),
          onNotice,
          ...(engine === 'redis' && args.redis !== undefined ? { redis: args.redis } : { threads }),
          ...(args.out === undefined ? {} : { out: args.out }),
          ...(seeds === undefined ? {} : { seeds }),
          ...(shard === undefined ? {} : { shard }),
        },
        hooks,
      ),
    );
    return comparison.partial && shard === undefined ? INTERRUPTED : 0;
  },
});
