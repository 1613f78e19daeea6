/** A stage of a user's own cannot be played. Its author is the user, so the process exits with 2. */
export class StageError extends Error {
  override readonly name = 'StageError';
  readonly exitCode = 2;
}
