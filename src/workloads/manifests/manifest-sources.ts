import type { DocumentPath } from '../input-error.ts';
import { referencedYaml } from '../referenced-file.ts';
import type { Scenario, ScenarioSource } from '../scenario.ts';
import type { ManifestSource } from './manifests.ts';

/** Where a part of a scenario has its manifests from: files, or written there as a block of text or a list. */
export interface GivenManifests {
  readonly inline?: string | readonly unknown[] | undefined;
  readonly manifests?: readonly string[] | undefined;
}

/** Reads all manifests that a scenario names, for the runs to come (`keepYaml`). Throws InputError. */
export function readManifests({ source, cluster, workloads }: Scenario): void {
  manifestSources(source, { manifests: cluster.manifests }, ['cluster']);
  for (const [index, { manifests }] of workloads.entries())
    manifestSources(source, { manifests }, ['workloads', index]);
}

/** The sources of what is given at a path of the scenario. */
export function manifestSources(
  source: ScenarioSource,
  { inline, manifests = [] }: GivenManifests,
  base: DocumentPath,
): readonly ManifestSource[] {
  const files = manifests.map((given, index) => referencedYaml(source, [...base, 'manifests', index], given));
  if (inline === undefined) return files;
  const path = [...base, 'inline'];
  return [...files, typeof inline === 'string' ? source.block(path, inline) : inlineList(source, path, inline)];
}

/** A list of objects written into the scenario, as documents whose places are the scenario's. */
function inlineList(source: ScenarioSource, base: DocumentPath, list: readonly unknown[]): ManifestSource {
  return {
    file: source.file,
    documents: list,
    error: (document, path, problem, at) => source.error([...base, document, ...path], problem, at),
    locate: (document, path, at) => {
      const { line = 1, column = 1 } = source.error([...base, document, ...path], { message: '' }, at).problem;
      return { line, column };
    },
  };
}
