import { TemplateError } from './template-error.ts';

/** What stands between `{{` and `}}`. */
export interface Action {
  readonly action: string;
  /** Where its `{{` stands in the text. */
  readonly offset: number;
}

/** Plain text or an action. */
export type Piece = string | Action;

/** `}}` ends an action, but not within a quoted text or a comment. */
const INSIDE = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|\}\}/g;

/**
 * Takes a template apart. `{{-` takes white space before an action away, `-}}` that after it; comments vanish.
 * Source: text/template/parse/lex.go.
 */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimStart = false;
  for (;;) {
    const offset = text.indexOf('{{', at);
    const plain = text.slice(at, offset < 0 ? undefined : offset);
    const trimEnd = offset >= 0 && /^-\s/.test(text.slice(offset + 2, offset + 4));
    const left = trimStart ? plain.trimStart() : plain;
    const kept = trimEnd ? left.trimEnd() : left;
    if (kept !== '') pieces.push(kept);
    if (offset < 0) return pieces;
    const end = endOf(text, offset);
    trimStart = /\s-$/.test(text.slice(offset + 2, end));
    const action = text.slice(offset + (trimEnd ? 3 : 2), end - (trimStart ? 1 : 0)).trim();
    if (!action.startsWith('/*')) pieces.push({ action, offset });
    at = end + 2;
  }
}

function endOf(text: string, offset: number): number {
  INSIDE.lastIndex = offset + 2;
  for (let match = INSIDE.exec(text); match !== null; match = INSIDE.exec(text)) {
    if (match[0] === '}}') return match.index;
  }
  throw new TemplateError('a {{ without a }}', offset);
}
