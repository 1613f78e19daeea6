/** A template that makes no sense, or that cannot be filled; the message says what is wrong. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  /** Where in the template's text the action begins, counted from 0; undefined where it is about no place. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.offset = offset;
  }
}
