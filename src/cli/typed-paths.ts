import { statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';

/** What stands between two values in a setting's text. */
const VALUE = /[^\s,[\]{}'"]+/g;

/**
 * Settings as they were typed, `path=value`, with the files that they name as the scenario would write them. In a scenario
 * a path begins at its folder, and so it does here; but a shell completes paths from the folder one is in, so where
 * nothing lies at the first place and a file at the second, that one is meant. What is recorded of the run then holds
 * wherever it is repeated.
 */
export function fromScenarioFolder(
  settings: readonly string[],
  scenario: string,
  here: string = process.cwd(),
): readonly string[] {
  const folder = dirname(resolve(here, scenario));
  return settings.map((setting) => {
    const value = setting.indexOf('=') + 1;
    return setting.slice(0, value) + setting.slice(value).replaceAll(VALUE, (text) => asWritten(text, folder, here));
  });
}

function asWritten(text: string, folder: string, here: string): string {
  const looksLikeFile = text.includes('/') || /\.[a-z]\w*$/i.test(text);
  const there = resolve(here, text);
  if (!looksLikeFile || isFile(resolve(folder, text)) || !isFile(there)) return text;
  const path = relative(folder, there).replaceAll(sep, '/');
  return path.startsWith('.') ? path : `./${path}`;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
