import { fileURLToPath } from 'node:url';

/** ` (/home/me/my-policy.mjs:12:5)`: the line of a user's module on which an error arose; empty where it is not known. */
export function placeIn(error: unknown, url: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const name of [url, fileURLToPath(url)]) {
    const at = stack.indexOf(`${name}:`);
    const place = at < 0 ? null : /^:\d+(?::\d+)?/.exec(stack.slice(at + name.length));
    if (place !== null) return ` (${fileURLToPath(url)}${place[0]})`;
  }
  return '';
}

/** `TypeError: x is not a function`, on one line. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split('\n')[0] ?? '';
}
