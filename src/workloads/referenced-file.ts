import { resolveDataPath } from './data-files.ts';
import { InputError } from './input-error.ts';
import type { DocumentPath } from './input-error.ts';
import type { ScenarioSource } from './scenario.ts';
import { CsvTable } from './traces/csv-table.ts';
import { readInput, YamlSource } from './yaml.ts';

/** A file that a scenario names; where it cannot be read, the message points at the place that names it. */
function referencedText(source: ScenarioSource, path: DocumentPath, given: string): readonly [string, string] {
  const file = resolveDataPath(given, source.folder);
  try {
    return [file.shownAs, readInput(file.path, file.shownAs)];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const hint = file.hint ?? `It is looked for at ${file.path}.`;
    throw source.error(path, { message: error.problem.message, found: given, hint });
  }
}

/** So many files are kept at most, and as long as they hold no more characters than this together. */
const MOST_FILES = 64;
const MOST_CHARACTERS = 64 * 2 ** 20;

/** Those read, the longest unused first; absent where nothing is kept. */
let kept: Map<string, YamlSource> | undefined;

/** From now on files are parsed once as long as they say the same: for those who do one run after the other. */
export function keepReferencedFiles(): void {
  kept ??= new Map();
}

/** Reads a YAML or JSON file that a scenario names at this path. What is read is not to be changed. */
export function referencedYaml(source: ScenarioSource, path: DocumentPath, given: string): YamlSource {
  const [name, text] = referencedText(source, path, given);
  if (kept === undefined) return new YamlSource(name, text);
  const key = `${name}\n${text}`;
  const known = kept.get(key) ?? new YamlSource(name, text);
  kept.delete(key);
  kept.set(key, known);
  forgetUnused(kept);
  return known;
}

function forgetUnused(files: Map<string, YamlSource>): void {
  let characters = 0;
  for (const key of files.keys()) characters += key.length;
  for (const key of files.keys()) {
    if (files.size <= MOST_FILES && (characters <= MOST_CHARACTERS || files.size === 1)) return;
    characters -= key.length;
    files.delete(key);
  }
}

/** Reads a CSV file that a scenario names at this path. */
export function referencedCsv(source: ScenarioSource, path: DocumentPath, given: string): CsvTable {
  return new CsvTable(...referencedText(source, path, given));
}
