import { resolveDataPath } from './data-files.ts';
import { InputError } from './input-error.ts';
import type { DocumentPath } from './input-error.ts';
import { parsedYaml } from './kept-yaml.ts';
import type { ScenarioSource } from './scenario.ts';
import { CsvTable } from './traces/csv-table.ts';
import { readInput } from './yaml.ts';
import type { YamlSource } from './yaml.ts';

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

/** Reads a YAML or JSON file that a scenario names at this path. What is read is not to be changed. */
export function referencedYaml(source: ScenarioSource, path: DocumentPath, given: string): YamlSource {
  return parsedYaml(...referencedText(source, path, given));
}

/** Reads a CSV file that a scenario names at this path. */
export function referencedCsv(source: ScenarioSource, path: DocumentPath, given: string): CsvTable {
  return new CsvTable(...referencedText(source, path, given));
}
