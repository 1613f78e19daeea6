import { countKinds } from './arrivals/workload-plan.ts';
import { InputError } from './input-error.ts';
import { loadArrivals } from './load-arrivals.ts';
import { loadNodes } from './load-nodes.ts';
import { loadProvider } from './load-provider.ts';
import { loadTraffic } from './load-traffic.ts';
import { ManifestReader, PLAIN_READING } from './manifests/manifests.ts';
import { SpecPool } from './manifests/spec-pool.ts';
import { parseScenario } from './scenario.ts';
import { loadStages } from './stages/load-stages.ts';
import { loadStaticPods } from './nodes/load-static-pods.ts';
import { RandomSource } from '../sim/kernel/random.ts';
import { readInput, YamlSource } from './yaml.ts';

/** What a good file holds. */
export interface FileReport {
  readonly file: string;
  readonly kind: 'scenario' | 'manifests';
  /** Objects by kind; for a scenario the nodes and all that its workloads apply. Undefined: not known before the run. */
  readonly counts: Readonly<Record<string, number | undefined>>;
  /** Things let pass, one sentence each. */
  readonly warnings: readonly string[];
}

export interface ValidateOptions {
  /** Drop unknown fields and skip unknown kinds, with a warning. */
  readonly allowUnknown?: boolean;
  /** `path=value` texts; scenarios only. */
  readonly set?: readonly string[];
}

function isScenario(documents: readonly unknown[]): boolean {
  const first = documents.find((document) => document !== null && document !== undefined);
  if (typeof first !== 'object' || first === null) return false;
  const { apiVersion, kind } = first as { readonly apiVersion?: unknown; readonly kind?: unknown };
  return kind === 'Scenario' || (typeof apiVersion === 'string' && apiVersion.startsWith('orrery.dev/'));
}

function scenarioReport(text: string, path: string, options: ValidateOptions): FileReport {
  const scenario = parseScenario(text, path, options);
  const nodes = loadNodes(scenario);
  const random = new RandomSource(scenario.seed);
  loadProvider(scenario, random);
  const arrivals = loadArrivals(scenario, random);
  loadTraffic(scenario, nodes.entries, arrivals.workloads);
  const counts: Record<string, number | undefined> = { Node: nodes.entries.length };
  for (const plan of arrivals.workloads) {
    for (const [kind, count] of Object.entries(plan.counts)) {
      const sum = Object.hasOwn(counts, kind) ? counts[kind] : 0;
      counts[kind] = sum === undefined || count === undefined ? undefined : sum + count;
    }
  }
  const stages = loadStages(scenario)?.warnings ?? [];
  loadStaticPods(scenario);
  const warnings = [...scenario.source.warnings, ...nodes.warnings, ...stages, ...arrivals.warnings];
  return { file: path, kind: 'scenario', counts, warnings };
}

function manifestReport(source: YamlSource, options: ValidateOptions): FileReport {
  const allowUnknown = options.allowUnknown ?? false;
  const reader = new ManifestReader({ ...PLAIN_READING, allowUnknown }, new SpecPool());
  const objects = reader.read(source);
  if (objects.length === 0 && reader.warnings.length === 0) {
    throw new InputError({
      file: source.file,
      message: 'the file is empty',
      allowed: 'a scenario or Kubernetes manifests',
    });
  }
  const counts = countKinds(objects.map(({ object }) => object));
  return { file: source.file, kind: 'manifests', counts, warnings: reader.warnings };
}

/** Checks a scenario (with all files it names) or plain manifests, by what the file holds. Throws InputError. */
export function validateFile(path: string, options: ValidateOptions = {}): FileReport {
  const text = readInput(path);
  const source = new YamlSource(path, text);
  return isScenario(source.documents) ? scenarioReport(text, path, options) : manifestReport(source, options);
}
