import type { ArgumentsCamelCase, Argv, InferredOptionTypes, Options, PositionalOptions } from 'yargs';

type Table<T> = Readonly<Record<string, T>>;

/** A subcommand, as its file describes it. */
export interface CommandDefinition<P extends Table<PositionalOptions>, O extends Table<Options>> {
  /** Its name and positional arguments in yargs' notation: `run <scenario>`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly positionals: P;
  readonly options: O;
  /** Command lines, without `orrery`, each with what it does. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Does it, and gives the process's exit code. */
  readonly run: (args: ArgumentsCamelCase<InferredOptionTypes<P> & InferredOptionTypes<O>>) => Promise<number>;
}

/** A subcommand, as the command line needs it. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** Its flags without dashes. */
  readonly flags: readonly string[];
  /** Adds it to the command line; the exit code of a run of it goes to `finish`. */
  readonly register: (yargs: Argv, finish: (exitCode: number) => void) => Argv;
}

export function defineCommand<const P extends Table<PositionalOptions>, const O extends Table<Options>>(
  definition: CommandDefinition<P, O>,
): Command {
  const { usage, summary, positionals, options, examples, run } = definition;
  const name = usage.split(' ')[0] ?? usage;
  return {
    name,
    usage,
    flags: Object.keys(options),
    register: (yargs, finish) =>
      yargs.command({
        command: usage,
        describe: summary,
        builder: (command: Argv) => {
          for (const [key, positional] of Object.entries(positionals)) command.positional(key, positional);
          command.options(options).usage(`orrery ${usage}\n\n${summary}.`);
          for (const [line, what] of examples) command.example(`$0 ${line}`, what);
          return command as Argv<InferredOptionTypes<P> & InferredOptionTypes<O>>;
        },
        handler: async (args) => finish(await run(args)),
      }),
  };
}
