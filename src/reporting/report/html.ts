import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Text as it may stand in a page. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
}

/** 12,345. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A column's heading and class: `num` for numbers, `msg` for long texts. */
export type Column = readonly [heading: string, kind: '' | 'num' | 'msg'];

/** A table that scrolls by itself where it is too wide, with the keyboard as well. */
export function table(label: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const head = columns.map(([name, kind]) => `<th scope="col" class="${kind}">${name}</th>`).join('');
  const cells = (row: readonly string[]): string =>
    row.map((cell, i) => `<td class="${columns[i]?.[1] ?? ''}">${escaped(cell)}</td>`).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  return scrolling(label, `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`);
}

/** A part that scrolls sideways by itself, with the keyboard as well. */
export function scrolling(label: string, content: string): string {
  return `<div class="scroll" role="region" aria-label="${escaped(label)}" tabindex="0">${content}</div>`;
}

export function card(title: string, note: string, content: string, id = ''): string {
  const anchor = id === '' ? '' : ` id="${id}"`;
  return `<section class="card"${anchor}><h2>${title}</h2><p>${note}</p>${content}</section>`;
}

/** A file of the charting library, put into the page so that the page needs nothing else. */
export function asset(path: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(path), 'utf8');
}

/** Data for the page's script. */
export function embedded(data: unknown): string {
  const text = JSON.stringify(data).replace(/</g, '\\u003c');
  return `<script type="application/json" id="data">${text}</script>`;
}

/** A page that needs nothing but itself; the parts are HTML. */
export function page(title: string, styles: readonly string[], body: string, scripts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(title)}</title>
${styles.map((style) => `<style>${style}</style>`).join('\n')}
</head>
<body>
${body}
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}
