import { isObject } from '../../sim/apiserver/merge-patch.ts';
import type { StageDocument } from '../../sim/node/stages/stage-document.ts';
import { compileStage, StagePartError } from '../../sim/node/stages/stage.ts';
import type { Stage, Stages } from '../../sim/node/stages/stage.ts';
import type { DocumentPath, InputError } from '../input-error.ts';
import type { ManifestSource } from '../manifests/manifests.ts';
import { manifestSources } from '../manifests/manifest-sources.ts';
import { schemaProblems } from '../scenario-problems.ts';
import type { Scenario } from '../scenario.ts';
import { cyclic } from './cyclic-stages.ts';
import { stageSchema } from './stage-schema.ts';

/** A stage with the place of its document. */
interface ReadStage {
  readonly document: StageDocument;
  readonly stage: Stage | undefined;
  /** An error at a path of the document; it is for the caller to throw. */
  readonly error: (path: DocumentPath, message: string, hint?: string) => InputError;
}

/** The stages of a scenario, and things let pass. Throws InputError. */
export function loadStages({ stages, source }: Scenario): { stages: Stages; warnings: readonly string[] } | undefined {
  if (stages === undefined) return undefined;
  const warnings: string[] = [];
  const read = manifestSources(source, stages, ['stages']).flatMap((from) =>
    from.documents.flatMap((value, document) => readAll(from, document, [], value, source.allowUnknown, warnings)),
  );
  if (read.length === 0) {
    throw source.error(['stages'], { message: 'there are no stages', allowed: 'at least one Stage document' });
  }
  refuseTwins(read);
  const played = read.flatMap(({ stage }) => stage ?? []);
  for (const { document, stage, error } of read) {
    if (stage === undefined) warnings.push(`stage "${document.metadata.name}" has no selector and is never played`);
    const round = stage === undefined ? undefined : cyclic(document, stage, played);
    if (round === undefined) continue;
    const names = round.map(({ name }) => name).join(' → ');
    throw error(
      ['spec'],
      `stages go round without a delay: ${names}`,
      'Give one of them a delay, or a selector that it ends.',
    );
  }
  const of = (kind: 'Pod' | 'Node'): readonly Stage[] => played.filter((stage) => stage.kind === kind);
  return { stages: { pods: of('Pod'), nodes: of('Node'), on: stages.nodes }, warnings };
}

/** The stages of a document; of a List, those of its items. */
function readAll(
  source: ManifestSource,
  document: number,
  base: DocumentPath,
  value: unknown,
  allowUnknown: boolean,
  warnings: string[],
): readonly ReadStage[] {
  if (value === null || value === undefined) return [];
  if (isObject(value) && String(value['kind']).endsWith('List') && Array.isArray(value['items'])) {
    return value['items'].flatMap((item, index) =>
      readAll(source, document, [...base, 'items', index], item, allowUnknown, warnings),
    );
  }
  if (!isObject(value) || value['kind'] !== 'Stage') {
    const found = isObject(value) ? String(value['kind']) : 'no mapping';
    if (allowUnknown) {
      warnings.push(`${source.file}:${source.locate(document, base).line}: ${found} is no Stage, skipped`);
      return [];
    }
    throw source.error(document, [...base, ...(isObject(value) ? ['kind'] : [])], {
      message: 'not a Stage',
      found,
      allowed: 'kind: Stage, of kwok.x-k8s.io/v1alpha1',
      hint: '--allow-unknown skips what is none.',
    });
  }
  return [readStage(source, document, base, value)];
}

function readStage(source: ManifestSource, document: number, base: DocumentPath, value: unknown): ReadStage {
  const result = stageSchema.safeParse(value);
  if (!result.success) {
    const [told] = schemaProblems(result.error, stageSchema, value);
    if (told === undefined) throw result.error;
    throw source.error(document, [...base, ...told.path], told.problem, told.at);
  }
  const stage: StageDocument = result.data;
  const error: ReadStage['error'] = (path, message, hint) =>
    source.error(document, [...base, ...path], { message, ...(hint === undefined ? {} : { hint }) });
  const { line, column } = source.locate(document, base);
  try {
    return { document: stage, stage: compileStage(stage, `${source.file}:${line}:${column}`), error };
  } catch (failed) {
    if (failed instanceof StagePartError) throw error(['spec', ...failed.path], failed.message);
    throw failed;
  }
}

/** KWOK's stages are objects of a cluster: one name, one stage. */
function refuseTwins(read: readonly ReadStage[]): void {
  const seen = new Set<string>();
  for (const { document, error } of read) {
    const { name } = document.metadata;
    if (seen.has(name)) throw error(['metadata', 'name'], `a second stage called "${name}"`);
    seen.add(name);
  }
}
