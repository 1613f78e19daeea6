import type { PodSpec } from '../../sim/api/core.ts';
import { KINDS, kindInfo } from '../../sim/api/kinds.ts';
import type { Draft, ObjectMetaInput, StringMap } from '../../sim/api/meta.ts';
import { describeValue, printPath } from '../input-error.ts';
import type { DocumentPath, InputError, InputProblem, Position } from '../input-error.ts';
import { nearest } from '../nearest.ts';
import { checkBehavior } from './check-behavior.ts';
import { checkKind } from './check-kinds.ts';
import { checkMetadata } from './check-names.ts';
import { checkPodSpec } from './check-pod-spec.ts';
import { unboundElsewhere } from './check-storage.ts';
import { FieldReader } from './field-reader.ts';
import { requestsFromAnnotations, withRequests } from './gpu-annotations.ts';
import { Misfit, within } from './misfit.ts';
import type { SpecPool } from './spec-pool.ts';
import { changeTemplate } from './templates.ts';

/** How manifests are read. */
export interface ReadingOptions {
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Annotations that stand for requests: openb's (true), or annotation to resource. */
  readonly gpuFromAnnotations: boolean | StringMap;
  /** Added to pods and pod templates that lack them. */
  readonly annotations: StringMap;
  /** Drop unknown fields and skip unknown kinds, with a warning. */
  readonly allowUnknown: boolean;
}

export const PLAIN_READING: ReadingOptions = {
  namespace: 'default',
  gpuFromAnnotations: false,
  annotations: {},
  allowUnknown: false,
};

/** Parsed documents that know where their values stand: a YamlSource, or a list inside a scenario. */
export interface ManifestSource {
  readonly file: string;
  readonly documents: readonly unknown[];
  locate(document: number, path: DocumentPath, at?: 'key' | 'value'): Position;
  error(document: number, path: DocumentPath, problem: InputProblem, at?: 'key' | 'value'): InputError;
}

/** An object and where it stands. */
export interface ManifestObject {
  readonly object: Draft;
  readonly source: ManifestSource;
  readonly document: number;
  /** The object's place in its document; not empty inside a List. */
  readonly path: DocumentPath;
}

type Raw = Readonly<Record<string, unknown>>;

/** What a source came to, read in one way. */
interface Reading {
  readonly objects: readonly ManifestObject[];
  readonly warnings: readonly string[];
}

/** By the way of reading: runs of a sweep that share a file share its objects, and all that is remembered of them. */
const known = new WeakMap<ManifestSource, Map<string, Reading>>();

function isMapping(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const KIND_NAMES = KINDS.map((row) => row.kind);

/** Metadata the server sets; a dump of a cluster has it, and its own server would not take it either. */
const SERVER_METADATA = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
] as const;

function clientMetadata(metadata: ObjectMetaInput): ObjectMetaInput {
  const kept: Record<string, unknown> = { ...metadata };
  for (const field of SERVER_METADATA) delete kept[field];
  return kept;
}

/**
 * Reads Kubernetes manifests as kubectl accepts them: several documents, Lists, every kind the simulated server has;
 * each field known and of its type. What comes out is frozen, and pods that are alike share their spec.
 */
export class ManifestReader {
  readonly warnings: string[] = [];
  readonly #options: ReadingOptions;
  readonly #pool: SpecPool;
  readonly #reader: FieldReader;

  constructor(options: ReadingOptions, pool: SpecPool) {
    this.#options = options;
    this.#pool = pool;
    this.#reader = new FieldReader({ dropUnknown: options.allowUnknown });
  }

  /** All objects of a file, in order. A source that is read again in the same way gives the same objects. */
  read(source: ManifestSource): readonly ManifestObject[] {
    let readings = known.get(source);
    if (readings === undefined) known.set(source, (readings = new Map()));
    const way = JSON.stringify(this.#options);
    const before = readings.get(way);
    if (before !== undefined) {
      this.warnings.push(...before.warnings);
      return before.objects;
    }
    const reading = this.#read(source);
    readings.set(way, reading);
    return reading.objects;
  }

  #read(source: ManifestSource): Reading {
    const objects: ManifestObject[] = [];
    const first = this.warnings.length;
    for (const [document, value] of source.documents.entries()) {
      if (value !== null && value !== undefined) this.#document(source, document, [], value, objects);
    }
    return { objects, warnings: this.warnings.slice(first) };
  }

  #document(
    source: ManifestSource,
    document: number,
    path: DocumentPath,
    value: unknown,
    into: ManifestObject[],
  ): void {
    const fail = (at: DocumentPath, problem: InputProblem): Error => source.error(document, [...path, ...at], problem);
    if (!isMapping(value)) {
      throw fail([], {
        message: 'not a Kubernetes object',
        found: describeValue(value),
        allowed: 'a mapping with apiVersion and kind',
      });
    }
    const { kind, items } = value;
    if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
      for (const [index, item] of items.entries())
        this.#document(source, document, [...path, 'items', index], item, into);
      return;
    }
    if (!this.#isServed(value, source, document, path, fail)) return;
    try {
      into.push({ object: this.#object(value), source, document, path });
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      const owner = this.#title(value);
      const problem = { ...error.problem, message: `${error.problem.message}${owner}` };
      throw source.error(document, [...path, ...error.path], problem, error.at);
    }
    for (const dropped of this.#reader.dropped.splice(0)) {
      const { line } = source.locate(document, [...path, ...dropped], 'key');
      this.warnings.push(`${source.file}:${line}: ${printPath([...path, ...dropped])}: unknown field, ignored`);
    }
  }

  #title(value: Raw): string {
    const name = isMapping(value['metadata']) ? value['metadata']['name'] : undefined;
    return typeof name === 'string' && name !== '' ? ` (${String(value['kind'])} ${name})` : '';
  }

  #isServed(
    value: Raw,
    source: ManifestSource,
    document: number,
    path: DocumentPath,
    fail: (at: DocumentPath, problem: InputProblem) => Error,
  ): boolean {
    const { kind, apiVersion } = value;
    const given = typeof kind === 'string' ? kind : '';
    if (given === '')
      throw fail(['kind'], { message: 'not a Kubernetes object: kind is missing', allowed: 'apiVersion and kind' });
    const info = kindInfo(given);
    if (info !== undefined && info.apiVersion === apiVersion) return true;
    if (this.#options.allowUnknown) {
      const { line } = source.locate(document, path);
      this.warnings.push(`${source.file}:${line}: ${String(apiVersion)} ${given} is not simulated, skipped`);
      return false;
    }
    if (info !== undefined) {
      if (apiVersion === undefined)
        throw fail(['apiVersion'], { message: 'this field is missing', allowed: info.apiVersion });
      const problem = {
        message: `no ${given} in this version of the API`,
        found: describeValue(apiVersion),
        allowed: info.apiVersion,
      };
      throw fail(['apiVersion'], typeof apiVersion === 'string' ? { ...problem, nearest: info.apiVersion } : problem);
    }
    const meant = nearest(given, KIND_NAMES);
    const problem = {
      message: 'this kind is not simulated',
      found: given,
      allowed: KIND_NAMES.join(', '),
      hint:
        given === 'Stage'
          ? "KWOK's stages go into a scenario, under stages."
          : '--allow-unknown skips what is not simulated.',
    };
    throw fail(['kind'], meant === undefined ? problem : { ...problem, nearest: meant });
  }

  #object(value: Raw): Draft {
    const kind = String(value['kind']);
    const namespaced = kindInfo(kind)?.namespaced === true;
    const draft = kind === 'Pod' ? this.#pod(value) : this.#other(value, kind);
    checkMetadata(draft.metadata, kind, namespaced);
    if (kind === 'Pod') checkBehavior(draft.metadata.annotations, (draft as { readonly spec?: PodSpec }).spec);
    else if (kind === 'HorizontalPodAutoscaler') checkBehavior(draft.metadata.annotations);
    else checkKind(draft);
    const metadata =
      namespaced && (draft.metadata.namespace ?? '') === ''
        ? { ...draft.metadata, namespace: this.#options.namespace }
        : draft.metadata;
    return Object.freeze({
      ...this.#adapted({ ...draft, metadata }),
      metadata: Object.freeze(this.#pooled(metadata, kind)),
    });
  }

  #other(value: Raw, kind: string): Draft {
    const { status, ...draft } = this.#reader.read(value, kind) as Draft;
    const metadata = clientMetadata(draft.metadata ?? {});
    if (kind === 'PersistentVolume' || kind === 'PersistentVolumeClaim')
      return unboundElsewhere({ ...draft, metadata });
    return kind === 'Node' && status !== undefined ? { ...draft, metadata, status } : { ...draft, metadata };
  }

  /** A pod's spec is read and checked once for all pods that have its like: most of a big file is repetition. */
  #pod(value: Raw): Draft {
    const { spec: rawSpec, metadata: rawMetadata, ...rest } = value;
    const head = this.#reader.read(rest, 'Pod') as Draft;
    if (rawSpec === undefined || rawSpec === null) {
      throw new Misfit(['spec'], { message: 'this field is missing', allowed: 'a mapping' });
    }
    const metadata = this.#part('metadata', () =>
      this.#reader.read(rawMetadata ?? {}, 'ObjectMeta'),
    ) as ObjectMetaInput;
    const spec = this.#pool.spec(rawSpec, () =>
      this.#part('spec', () => {
        const read = this.#reader.read(rawSpec, 'PodSpec') as PodSpec;
        checkPodSpec(read);
        return read;
      }),
    );
    return { apiVersion: head.apiVersion, kind: head.kind, metadata: clientMetadata(metadata), spec } as Draft;
  }

  /** Reads a field's value on its own; what is told of it has the field's name before it. */
  #part<T>(field: string, read: () => T): T {
    const { dropped } = this.#reader;
    const first = dropped.length;
    const value = within([field], read);
    for (let i = first; i < dropped.length; i++) dropped[i] = [field, ...(dropped[i] ?? [])];
    return value;
  }

  #pooled(metadata: ObjectMetaInput, kind: string): ObjectMetaInput {
    const annotations = kind === 'Pod' ? this.#annotated(metadata.annotations) : metadata.annotations;
    const labels = this.#pool.map(metadata.labels);
    const pooled = this.#pool.map(annotations);
    return {
      ...metadata,
      ...(labels === undefined ? {} : { labels }),
      ...(pooled === undefined ? {} : { annotations: pooled }),
    };
  }

  #annotated(annotations: StringMap | undefined): StringMap | undefined {
    return Object.keys(this.#options.annotations).length === 0
      ? annotations
      : { ...this.#options.annotations, ...annotations };
  }

  /** The object with the requests its annotations stand for, and the template with the annotations asked for. */
  #adapted(draft: Draft): Draft {
    if (draft.kind === 'Pod') {
      const { spec } = draft as unknown as { readonly spec: PodSpec };
      return { ...draft, spec: this.#withGpus(spec, draft.metadata.annotations) } as Draft;
    }
    const extra = Object.keys(this.#options.annotations).length > 0;
    if (this.#options.gpuFromAnnotations === false && !extra) return draft;
    return changeTemplate(draft, (template) => {
      const annotations = this.#annotated(template.metadata?.annotations);
      const metadata = annotations === undefined ? template.metadata : { ...template.metadata, annotations };
      const spec = this.#withGpus(template.spec, template.metadata?.annotations);
      return Object.freeze({ ...template, ...(metadata === undefined ? {} : { metadata }), spec });
    });
  }

  #withGpus(spec: PodSpec, annotations: StringMap | undefined): PodSpec {
    const rule = this.#options.gpuFromAnnotations;
    if (rule === false) return spec;
    const requests = requestsFromAnnotations(annotations, rule);
    const key = JSON.stringify(requests);
    return key === '{}' ? spec : this.#pool.derive(spec, key, () => withRequests(spec, requests));
  }
}
