import { InputError, printValue } from '../workloads/input-error.ts';
import { nearest } from '../workloads/nearest.ts';

/** What the command line could have named. */
export interface KnownNames {
  /** The arguments of the command that was given. */
  readonly usage: string;
  readonly commands: readonly string[];
  /** Flags without dashes. */
  readonly flags: readonly string[];
}

const HELP = 'See orrery --help, or orrery <command> --help';

type Explain = (names: string, args: readonly string[], known: KnownNames) => InputError;

const EXPLAINED: readonly (readonly [parserSays: RegExp, explain: Explain])[] = [
  [/^Unknown (?:argument|command)s?: (.*)$/, unknown],
  [/^Not enough arguments following: (.*)$/, (flag) => new InputError({ path: `--${flag}`, message: 'needs a value' })],
  [
    /^Not enough non-option arguments: /,
    (_, __, { usage }) => new InputError({ message: 'an argument is missing', allowed: `orrery ${usage}`, hint: HELP }),
  ],
  [
    /^No command given$/,
    (_, __, { commands }) => new InputError({ message: 'no command given', allowed: commands.join(', '), hint: HELP }),
  ],
];
/** The words of the argument parser, made an error in the project's own form with the nearest known name. */
export function refusal(message: string, args: readonly string[], known: KnownNames): InputError {
  for (const [pattern, explain] of EXPLAINED) {
    const match = pattern.exec(message);
    if (match !== null) return explain(match[1] ?? '', args, known);
  }
  return new InputError({ message, hint: HELP });
}

/** The parser lists a misspelt flag under each of its spellings: the one that stands on the command line is meant. */
function unknown(names: string, args: readonly string[], known: KnownNames): InputError {
  const listed = names.split(', ');
  for (const name of listed) {
    const flag = args.find((arg) => arg.startsWith('-') && arg.replace(/^-+/, '').split('=')[0] === name);
    if (flag === undefined) continue;
    const meant = nearest(name, known.flags);
    return new InputError({
      message: `unknown flag ${flag.split('=')[0]}`,
      ...(meant === undefined ? { allowed: known.flags.map((it) => `--${it}`).join(', ') } : { nearest: `--${meant}` }),
      hint: HELP,
    });
  }
  const name = listed[0] ?? names;
  if (args[0] !== name) return new InputError({ message: `unexpected argument ${printValue(name)}`, hint: HELP });
  const meant = nearest(name, known.commands);
  return new InputError({
    message: `unknown command ${printValue(name)}`,
    allowed: known.commands.join(', '),
    ...(meant === undefined ? {} : { nearest: meant }),
    hint: HELP,
  });
}
