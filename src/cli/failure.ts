/** A failure that is its message: what threw it has already written it to the person who will read it. */
interface ExpectedFailure {
  readonly exitCode: number;
  readonly message: string;
}

/** What the operating system's refusals mean, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'it exists already',
  EISDIR: 'it is a folder, not a file',
  EMFILE: 'too many files are open',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of this path is not a folder',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
};

/**
 * Tells the user what went wrong, on stderr. Expected failures are their message alone; anything else is a defect of the
 * program, shown with its stack.
 *
 * @returns the process's exit code: the failure's own, 2 where the operating system refused a path, 3 for a defect.
 */
export function report(error: unknown, print: (text: string) => void = (text) => console.error(text)): number {
  if (isExpected(error)) {
    print(error.message);
    return error.exitCode;
  }
  const refusal = refusalOf(error);
  if (refusal !== undefined) {
    print(refusal);
    return 2;
  }
  print(error instanceof Error ? (error.stack ?? String(error)) : `Thrown: ${String(error)}`);
  print('\nThis is a defect of Orrery itself. Please report it, with the command, the scenario and the lines above.');
  return 3;
}

function isExpected(error: unknown): error is ExpectedFailure {
  if (typeof error !== 'object' || error === null) return false;
  const { exitCode, message } = error as Partial<ExpectedFailure>;
  return typeof exitCode === 'number' && typeof message === 'string';
}

function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const isFile = code === 'EEXIST' && syscall === 'mkdir';
  const reason = isFile ? 'it is a file, not a folder' : REFUSALS[code ?? ''];
  if (reason === undefined || path === undefined) return undefined;
  return `${path}: ${reason}${syscall === undefined ? '' : ` (${syscall})`}`;
}
