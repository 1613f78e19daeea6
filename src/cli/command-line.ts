import createYargs from 'yargs';
import { InputError } from '../workloads/input-error.ts';
import { bench } from './bench.ts';
import type { Command } from './command.ts';
import { compare } from './compare.ts';
import { conformance } from './conformance.ts';
import { diff } from './diff.ts';
import { experiment } from './experiment.ts';
import { exportResults } from './export.ts';
import { explain } from './explain.ts';
import { get } from './get.ts';
import { init } from './init.ts';
import { type KnownNames, refusal } from './refusal.ts';
import { plot } from './plot.ts';
import { report } from './report.ts';
import { reproduce } from './reproduce.ts';
import { run } from './run.ts';
import { show } from './show.ts';
import { sweep } from './sweep.ts';
import { validate } from './validate.ts';
import { worker } from './worker.ts';

/** Every subcommand, in the order in which `--help` lists them. */
const COMMANDS: readonly Command[] = [
  run,
  compare,
  validate,
  init,
  explain,
  get,
  sweep,
  worker,
  reproduce,
  show,
  report,
  plot,
  diff,
  exportResults,
  experiment,
  conformance,
  bench,
];
const COMPLETION = 'completion';
const GLOBAL_FLAGS = ['help', 'version'];

/** Flags that may be given more than once. */
const REPEATABLE = new Set(['set', 'policy', 'vary', 'metric']);

/**
 * Runs one command line (without `node` and the program's name).
 *
 * @returns the process's exit code.
 */
export async function execute(args: readonly string[], version: string): Promise<number> {
  let exitCode = 0;
  const yargs = createYargs([...args])
    .scriptName('orrery')
    .usage('orrery <command>\n\nA clockwork Kubernetes: simulates a whole cluster, event by event.')
    .example('$0 run scenarios/quickstart.yaml', 'one simulated day of a small cluster')
    .example('$0 run --help', 'the flags of a command')
    .epilogue('Exit codes: 0 good, 1 the answer is no, 2 bad input, 3 a defect of the program, 130 interrupted.')
    .completion(COMPLETION, 'Print a completion script for bash or zsh')
    .version(version)
    .help()
    .detectLocale(false)
    .wrap(Math.min(100, process.stdout.columns || 80))
    .demandCommand(1, 'No command given')
    .strict()
    .exitProcess(false)
    .check((parsed) => refuseMisused(parsed, args))
    .fail((message: string, error: Error | undefined) => {
      throw error !== undefined && error.name !== 'YError' ? error : refusal(message, args, knownNames(args[0]));
    });
  for (const command of COMMANDS) command.register(yargs, (code) => (exitCode = code));
  await yargs.parseAsync();
  return exitCode;
}

function knownNames(commandGiven: string | undefined): KnownNames {
  const command = COMMANDS.find(({ name }) => name === commandGiven);
  return {
    usage: command?.usage ?? '<command>',
    commands: [...COMMANDS.map(({ name }) => name), COMPLETION],
    flags: [...(command?.flags ?? []), ...GLOBAL_FLAGS],
  };
}

/** The parser makes a list of any flag that is given twice, takes an empty text for a value, and any word for "no". */
function refuseMisused(parsed: Record<string, unknown>, args: readonly string[]): true {
  for (const flag of COMMANDS.flatMap(({ flags }) => flags)) {
    const path = `--${flag}`;
    const value = parsed[flag];
    if (Array.isArray(value) && !REPEATABLE.has(flag))
      throw new InputError({ path, message: 'given more than once', found: value.join(', ') });
    if (value === '') throw new InputError({ path, message: 'needs a value' });
    if (typeof value !== 'boolean') continue;
    const word = args.find((arg) => arg.startsWith(`${path}=`))?.slice(path.length + 1);
    if (word !== undefined && word !== 'true' && word !== 'false')
      throw new InputError({ path, message: 'is said or not said', found: word, allowed: `${path} alone` });
  }
  return true;
}
