/**
 * Scenarios: the way in for everything a user writes.
 *
 *   loadScenario(path, {set?, seed?, allowUnknown?}): Scenario       scenario.ts
 *   parseScenario(text, file, {…}): Scenario                         scenario.ts
 *   loadNodes(scenario): NodeSet {entries, nodes, warnings}          load-nodes.ts
 *   loadArrivals(scenario, random): Arrivals {sources, …}            load-arrivals.ts
 *   validateFile(path, {allowUnknown?, set?}): FileReport            validate-file.ts
 *   initTemplate(): string                                           init-template.ts
 *
 * All of them throw InputError (exit code 2) with file:line:column. What else reads a part of a scenario (the policies'
 * registry) reports through `scenario.source.error(path, problem)`.
 */
import { dirname, resolve } from 'node:path';
import { InputError, printPath, printValue } from './input-error.ts';
import type { DocumentPath, InputProblem } from './input-error.ts';
import { parsedYaml } from './kept-yaml.ts';
import { hashOf } from './scenario-hash.ts';
import { schemaProblems, valueAt } from './scenario-problems.ts';
import type { SchemaProblem } from './scenario-problems.ts';
import { SCENARIO_API_VERSION, scenarioSchema } from './scenario-schema.ts';
import type { ScenarioDocument } from './scenario-schema.ts';
import { applySetting, parseSetting } from './set-flags.ts';
import type { Setting } from './set-flags.ts';
import { readInput } from './yaml.ts';
import type { YamlSource } from './yaml.ts';

/** What the command line may say about a scenario. */
export interface ScenarioOptions {
  /** `path=value` texts, applied in order. */
  readonly set?: readonly string[];
  /** More of them, applied after those; messages name what they were given by in place of `--set`. */
  readonly varied?: { readonly givenBy: string; readonly settings: readonly string[] };
  /** Takes the place of the file's seed. */
  readonly seed?: string | number;
  /** Drop unknown fields with a warning instead of refusing them. */
  readonly allowUnknown?: boolean;
}

/** Where a scenario came from; not part of what it means, nor of its hash. */
export interface ScenarioSource {
  /** The file's name as the user gave it. */
  readonly file: string;
  /** Absolute folder that relative paths start from. */
  readonly folder: string;
  readonly allowUnknown: boolean;
  /** The `path=value` texts that were put in. */
  readonly settings: readonly string[];
  /** Things let pass, one sentence each. */
  readonly warnings: readonly string[];
  /** The document as written, `--set` included, before defaults. */
  readonly written: unknown;
  /** An error at a path of the scenario, with its place in the file (or the --set flag it came from). */
  error(path: DocumentPath, problem: InputProblem, at?: 'key' | 'value'): InputError;
  /** The text of a block (`inline: |`) as a source of its own that knows its place in the file. */
  block(path: DocumentPath, text: string): YamlSource;
}

/** A checked scenario with every default filled in; durations are seconds. */
export interface Scenario extends ScenarioDocument {
  /** Of everything in the scenario but its place: sixteen hexadecimal digits. */
  readonly hash: string;
  readonly source: ScenarioSource;
}

/** A setting that has been put in, with its path by indexes. */
interface AppliedSetting {
  readonly setting: Setting;
  readonly path: DocumentPath;
}

function startsWith(path: DocumentPath, start: DocumentPath): boolean {
  return start.length <= path.length && start.every((step, index) => path[index] === step);
}

class WrittenScenario implements ScenarioSource {
  readonly file: string;
  readonly folder: string;
  readonly allowUnknown: boolean;
  readonly settings: readonly string[];
  readonly warnings: string[] = [];
  readonly written: Record<string, unknown>;
  readonly #yaml: YamlSource;
  readonly #settings: readonly AppliedSetting[];

  constructor(yaml: YamlSource, folder: string, options: ScenarioOptions) {
    this.file = yaml.file;
    this.folder = folder;
    this.allowUnknown = options.allowUnknown ?? false;
    const { set = [], varied } = options;
    this.settings = [...set, ...(varied?.settings ?? [])];
    this.#yaml = yaml;
    this.written = theDocument(yaml);
    this.#settings = this.settings.map((text, i) => {
      const setting = parseSetting(text, i < set.length ? '--set' : varied?.givenBy);
      return { setting, path: applySetting(this.written, setting) };
    });
    if (options.seed !== undefined) this.written['seed'] = options.seed;
  }

  error(path: DocumentPath, problem: InputProblem, at: 'key' | 'value' = 'value'): InputError {
    const from = this.#settings.findLast((applied) => startsWith(path, applied.path) || startsWith(applied.path, path));
    const misplaced = from !== undefined && (startsWith(path, from.path) || !this.#stands(path));
    if (misplaced) return new InputError({ file: from.setting.flag, path: printPath(path), ...problem });
    return this.#yaml.error(0, path, problem, at);
  }

  block(path: DocumentPath, text: string): YamlSource {
    const name = `${this.file}, ${printPath(path)}`;
    const from = this.#settings.some((applied) => startsWith(path, applied.path));
    return from ? parsedYaml(name, text) : parsedYaml(this.file, text, this.#yaml.embeddingOf(0, path));
  }

  #stands(path: DocumentPath): boolean {
    return valueAt(this.#yaml.documents[0], path) !== undefined;
  }
}

function theDocument(yaml: YamlSource): Record<string, unknown> {
  const documents = yaml.documents.filter((document) => document !== null);
  const first = documents[0];
  if (documents.length !== 1 || yaml.documents[0] !== first) {
    throw new InputError({
      file: yaml.file,
      message: documents.length === 0 ? 'the file is empty' : `the file holds ${documents.length} documents`,
      allowed: `one document, apiVersion: ${SCENARIO_API_VERSION}, kind: Scenario`,
      hint: 'orrery init writes a scenario to begin with.',
    });
  }
  if (typeof first !== 'object' || first === null || Array.isArray(first)) {
    throw yaml.error(0, [], {
      message: 'not a scenario',
      allowed: `a mapping with apiVersion: ${SCENARIO_API_VERSION}`,
    });
  }
  const document = first as Record<string, unknown>;
  if (document['kind'] !== 'Scenario') {
    const found = document['kind'] === undefined ? 'no kind' : `kind: ${printValue(document['kind'])}`;
    const hint = 'Kubernetes manifests go into a scenario, under workloads[].manifests.';
    throw yaml.error(0, ['kind'], { message: 'not a scenario', found, allowed: 'kind: Scenario', hint });
  }
  return structuredClone(document);
}

function remove(document: unknown, path: DocumentPath): void {
  const holder = valueAt(document, path.slice(0, -1));
  if (typeof holder === 'object' && holder !== null)
    delete (holder as Record<string | number, unknown>)[path.at(-1) ?? ''];
}

/** Checks against the schema; unknown fields are dropped and the rest looked at again where that is allowed. */
function check(written: WrittenScenario): ScenarioDocument {
  const document = structuredClone(written.written);
  for (;;) {
    const result = scenarioSchema.safeParse(document);
    if (result.success) return result.data;
    const problems = schemaProblems(result.error, scenarioSchema, document);
    const unknown = problems.filter((problem) => problem.unknownField);
    if (!written.allowUnknown || unknown.length === 0) throw first(written, problems);
    for (const problem of unknown) {
      written.warnings.push(`${written.file}: ${printPath(problem.path)}: unknown field, ignored`);
      remove(document, problem.path);
    }
  }
}

function first(written: WrittenScenario, problems: readonly SchemaProblem[]): InputError {
  const [told] = problems;
  if (told === undefined) return new InputError({ file: written.file, message: 'not a scenario' });
  return written.error(told.path, told.problem, told.at);
}

/** Reads a scenario from text. `file` is what messages call it, and where relative paths start from. */
export function parseScenario(text: string, file: string, options: ScenarioOptions = {}): Scenario {
  const written = new WrittenScenario(parsedYaml(file, text), dirname(resolve(file)), options);
  const document = check(written);
  return { ...document, hash: hashOf(document), source: written };
}

/** Reads a scenario file. */
export function loadScenario(path: string, options: ScenarioOptions = {}): Scenario {
  return parseScenario(readInput(path), path, options);
}
