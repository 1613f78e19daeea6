/** What a kernel refuses, by a code that tests and callers can rely on. */
export type KernelErrorCode =
  | 'BAD_TIME'
  | 'BAD_PRIORITY'
  | 'BAD_HANDLER'
  | 'DUPLICATE_HANDLER'
  | 'BAD_EVENT_REF'
  | 'BAD_OBSERVER'
  | 'BAD_SEED'
  | 'EVENT_STORM'
  | 'REENTRANT'
  | 'RESTORE'
  | 'TOO_MANY_EVENTS';

/** The event clock was used in a way that would break it. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: KernelErrorCode;

  constructor(code: KernelErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
