import { dirname, resolve } from 'node:path';
import type { Draft } from '../../sim/api/meta.ts';
import { InputError } from '../../workloads/input-error.ts';
import { readInput, YamlSource } from '../../workloads/yaml.ts';
import { TemplateError } from '../../sim/go-template/template-error.ts';
import { perfTemplate } from './perf-template.ts';
import type { TemplateValues } from './perf-template.ts';

/** Makes objects from one template; those that do not differ share all but their metadata. */
export type ObjectTemplate = (values: TemplateValues) => Draft;

/** The templates that a configuration names, by path from its folder; each is read once. */
export class Templates {
  readonly #folder: string;
  readonly #known = new Map<string, ObjectTemplate>();

  constructor(configFile: string) {
    this.#folder = dirname(resolve(configFile));
  }

  get(path: string): ObjectTemplate {
    let template = this.#known.get(path);
    if (template === undefined) {
      template = this.#read(path);
      this.#known.set(path, template);
    }
    return template;
  }

  /** Another file, as it is. */
  yaml(path: string): YamlSource {
    return new YamlSource(path, readInput(resolve(this.#folder, path), path));
  }

  #read(path: string): ObjectTemplate {
    const text = readInput(resolve(this.#folder, path), path);
    const template = guarded(path, () => perfTemplate(text));
    if (!template.constant) {
      return (values) =>
        objectOf(
          path,
          guarded(path, () => template.render(values)),
        );
    }
    const object = objectOf(path, text);
    return () => object;
  }
}

function guarded<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof TemplateError) throw new InputError({ file: path, message: error.message });
    throw error;
  }
}

function objectOf(path: string, text: string): Draft {
  const yaml = new YamlSource(path, text);
  const [object] = yaml.documents as readonly (Draft | undefined)[];
  if (typeof object?.kind !== 'string')
    throw yaml.error(0, [], { message: 'not an object', allowed: 'kind, metadata, spec' });
  return object.metadata === undefined ? { ...object, metadata: {} } : object;
}

/** Where a configuration names no template. Source: test/integration/scheduler_perf, default node and pod. */
export const DEFAULT_NODE: Draft = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { generateName: 'scheduler-perf-' },
  spec: {},
  status: {
    capacity: { pods: '110', cpu: '4', memory: '32Gi' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
} as never;

export const DEFAULT_POD: Draft = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'pod-' },
  spec: {
    containers: [
      {
        name: 'pause',
        image: 'registry.k8s.io/pause:3.10.1',
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: '100m', memory: '500Mi' }, requests: { cpu: '100m', memory: '500Mi' } },
      },
    ],
  },
} as never;
