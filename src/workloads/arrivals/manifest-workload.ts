import type { Arrival } from '../../sim/arrivals.ts';
import { seconds } from '../../sim/kernel/time.ts';
import type { Draft } from '../../sim/api/meta.ts';
import type { DocumentPath } from '../input-error.ts';
import { printDuration } from '../../sim/durations.ts';
import { checkBehavior } from '../manifests/check-behavior.ts';
import { checkMaps } from '../manifests/check-names.ts';
import { ManifestReader, PLAIN_READING } from '../manifests/manifests.ts';
import { manifestSources } from '../manifests/manifest-sources.ts';
import type { ManifestObject, ReadingOptions } from '../manifests/manifests.ts';
import { Misfit } from '../manifests/misfit.ts';
import type { SpecPool } from '../manifests/spec-pool.ts';
import type { Scenario } from '../scenario.ts';
import type { WorkloadSpec } from '../scenario-schema.ts';
import { numberedCopy } from './copies.ts';
import { IndexedSource } from './indexed-source.ts';
import { usageAnnotations } from './usage-trace.ts';
import { countKinds, namespacesOf } from './workload-plan.ts';
import type { WorkloadPlan } from './workload-plan.ts';

/** The objects of a workload; Nodes are left out, for the cluster has its own. */
function readObjects(
  scenario: Scenario,
  workload: WorkloadSpec,
  base: DocumentPath,
  pool: SpecPool,
): { readonly objects: readonly Draft[]; readonly warnings: readonly string[] } {
  const { usage, ...given } = { ...PLAIN_READING, ...workload.options };
  const traced = usage && usageAnnotations(scenario.source, usage, [...base, 'options', 'usage']);
  const options: ReadingOptions = { ...given, annotations: { ...traced, ...given.annotations } };
  const allowUnknown = options.allowUnknown || scenario.source.allowUnknown;
  const reader = new ManifestReader({ ...options, allowUnknown }, pool);
  const read: ManifestObject[] = [];
  const warnings: string[] = [];
  for (const source of manifestSources(scenario.source, workload, base)) {
    const objects = reader.read(source);
    const nodes = objects.filter(({ object }) => object.kind === 'Node').length;
    if (nodes > 0) warnings.push(`${source.file}: ${nodes} Nodes are left out here; cluster.manifests takes them`);
    read.push(...objects.filter(({ object }) => object.kind !== 'Node'));
  }
  refuseTwins(read);
  if (read.length === 0) {
    throw scenario.source.error(base, { message: 'the workload has no objects', allowed: 'at least one object' });
  }
  return { objects: read.map(({ object }) => object), warnings: [...reader.warnings, ...warnings] };
}

/** Two objects of one kind and name in a workload are a slip, though the server would take the second for a change. */
function refuseTwins(read: readonly ManifestObject[]): void {
  const seen = new Map<string, ManifestObject>();
  for (const entry of read) {
    const { kind, metadata } = entry.object;
    if (metadata.name === undefined || metadata.name === '') continue;
    const key = `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
    const before = seen.get(key);
    if (before !== undefined) {
      const { line } = before.source.locate(before.document, before.path);
      throw entry.source.error(entry.document, [...entry.path, 'metadata', 'name'], {
        message: `a second ${kind} of this name`,
        found: metadata.name,
        allowed: `names that differ; the first is at ${before.source.file}:${line}`,
      });
    }
    seen.set(key, entry);
  }
}

function arrivalOf(object: Draft, at: number): Arrival {
  const isNamed = (object.metadata.name ?? '') !== '';
  return { at: seconds(at), action: isNamed ? 'apply' : 'create', object };
}

/** The annotations a workload adds to its pods, checked as those in manifests are. */
function checkAddedAnnotations(scenario: Scenario, workload: WorkloadSpec, base: DocumentPath): void {
  const annotations = workload.options?.annotations;
  try {
    checkMaps({ annotations });
    checkBehavior(annotations);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    // Paths of Misfits begin at metadata.
    throw scenario.source.error([...base, 'options', ...error.path.slice(1)], error.problem, error.at);
  }
}

/** Objects of `manifests` or `inline`, once or in numbered copies. */
export function manifestWorkload(
  scenario: Scenario,
  workload: WorkloadSpec,
  base: DocumentPath,
  pool: SpecPool,
): WorkloadPlan {
  checkAddedAnnotations(scenario, workload, base);
  const { objects, warnings } = readObjects(scenario, workload, base, pool);
  const { every, at } = workload;
  const spacing = workload.options?.spacing ?? 0;
  const span = spacing * objects.length;
  if (every !== undefined && span > every) {
    throw scenario.source.error([...base, 'every'], {
      message: `one round takes longer than that: ${objects.length} objects, ${printDuration(spacing)} apart`,
      found: printDuration(every),
      allowed: `${printDuration(span)} or more`,
    });
  }
  const isNumbered = every !== undefined || workload.copies !== undefined;
  const endless = every === undefined ? 1 : Math.max(1, Math.ceil((scenario.duration - at) / every));
  const copies = workload.copies ?? endless;
  const distance = every ?? span;
  let current = { copy: 0, objects: isNumbered ? numberedCopy(objects, 1) : objects };
  const source = new IndexedSource(workload.name, (index) => {
    const copy = Math.floor(index / objects.length);
    if (copy >= copies) return undefined;
    if (copy !== current.copy) current = { copy, objects: numberedCopy(objects, copy + 1) };
    const place = index % objects.length;
    const object = current.objects[place];
    return object === undefined ? undefined : arrivalOf(object, at + copy * distance + place * spacing);
  });
  return {
    name: workload.name,
    source,
    counts: countKinds(objects, copies),
    namespaces: namespacesOf(objects),
    objects: () => (isNumbered ? allCopies(objects, copies) : objects),
    warnings,
  };
}

function allCopies(objects: readonly Draft[], copies: number): readonly Draft[] {
  return Array.from({ length: copies }, (_, copy) => numberedCopy(objects, copy + 1)).flat();
}
