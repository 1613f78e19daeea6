/** A run of the study failed; its message says which. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
