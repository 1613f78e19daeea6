import { z } from 'zod';
import { schemaProblems } from '../../workloads/scenario-problems.ts';
import { readInput, YamlSource } from '../../workloads/yaml.ts';

const count = {
  count: z.int().min(0).optional(),
  countParam: z.string().startsWith('$').optional(),
};
const duration = { duration: z.string().optional(), durationParam: z.string().startsWith('$').optional() };
const labels = z.record(z.string(), z.string());

const createPods = z.strictObject({
  opcode: z.literal('createPods'),
  ...count,
  namespace: z.string().optional(),
  podTemplatePath: z.string().optional(),
  skipWaitToCompletion: z.boolean().default(false),
  steadyState: z.boolean().default(false),
  ...duration,
  collectMetrics: z.boolean().default(false),
  persistentVolumeTemplatePath: z.string().optional(),
  persistentVolumeClaimTemplatePath: z.string().optional(),
  templateParams: z.record(z.string(), z.unknown()).optional(),
});

/** The operations that a workload is made of. Source: test/integration/scheduler_perf/scheduler_perf.go. */
const operation = z.discriminatedUnion('opcode', [
  z.strictObject({
    opcode: z.literal('createNodes'),
    ...count,
    nodeTemplatePath: z.string().optional(),
    labelNodePrepareStrategy: z
      .strictObject({ labelKey: z.string(), labelValues: z.array(z.string()).min(1) })
      .optional(),
    uniqueNodeLabelStrategy: z.strictObject({ labelKey: z.string() }).optional(),
    nodeAllocatableStrategy: z
      .strictObject({
        nodeAllocatable: labels.default({}),
        csiNodeAllocatable: z.record(z.string(), z.looseObject({ count: z.int().optional() })).default({}),
        migratedPlugins: z.array(z.string()).default([]),
      })
      .optional(),
  }),
  z.strictObject({
    opcode: z.literal('createNamespaces'),
    ...count,
    prefix: z.string(),
    namespaceTemplatePath: z.string().optional(),
  }),
  createPods,
  z.strictObject({
    opcode: z.literal('createPodSets'),
    ...count,
    namespacePrefix: z.string(),
    createPodsOp: createPods,
  }),
  z.strictObject({
    opcode: z.literal('churn'),
    mode: z.enum(['create', 'recreate']),
    number: z.int().min(0).default(0),
    intervalMilliseconds: z.number().positive().default(500),
    namespace: z.string().optional(),
    templatePaths: z.array(z.string()).min(1),
  }),
  z.strictObject({
    opcode: z.literal('barrier'),
    namespaces: z.array(z.string()).default([]),
    labelSelector: labels.default({}),
    stageRequirement: z.enum(['Attempted', 'Scheduled']).default('Scheduled'),
  }),
  z.strictObject({ opcode: z.literal('sleep'), ...duration }),
  z.strictObject({
    opcode: z.literal('createResourceDriver'),
    driverName: z.string().min(1),
    nodes: z.string().min(1),
    maxClaimsPerNode: z.int().min(0).optional(),
    maxClaimsPerNodeParam: z.string().startsWith('$').optional(),
  }),
  z.strictObject({ opcode: z.literal('allocResourceClaims'), namespace: z.string().default('') }),
  z.strictObject({
    opcode: z.literal('createAny'),
    ...count,
    namespace: z.string().optional(),
    templatePath: z.string(),
    templateParams: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    opcode: z.literal('updateAny'),
    ...count,
    namespace: z.string().optional(),
    templatePath: z.string(),
    updatePerSecond: z.number().positive().optional(),
    skipWaitToCompletion: z.boolean().default(false),
    subresources: z.array(z.string()).default([]),
    templateParams: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    opcode: z.literal('deletePods'),
    namespace: z.string(),
    labelSelector: labels.default({}),
    deletePodsPerSecond: z.number().positive().optional(),
    skipWaitToCompletion: z.boolean().default(false),
  }),
  z.strictObject({
    opcode: z.literal('startCollectingMetrics'),
    name: z.string().default('collected'),
    namespaces: z.array(z.string()).min(1),
    labelSelector: labels.default({}),
  }),
  z.strictObject({ opcode: z.literal('stopCollectingMetrics') }),
]);

const gates = z.record(z.string(), z.boolean()).default({});

const testCase = z.looseObject({
  name: z.string().min(1),
  featureGates: gates,
  labels: z.array(z.string()).default([]),
  defaultPodTemplatePath: z.string().optional(),
  schedulerConfigPath: z.string().optional(),
  workloadTemplate: z.array(operation).min(1),
  workloads: z.array(
    z.looseObject({
      name: z.string().min(1),
      featureGates: gates,
      labels: z.array(z.string()).default([]),
      params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
      threshold: z.union([z.number(), z.record(z.string(), z.unknown())]).optional(),
    }),
  ),
});

const config = z.array(testCase).min(1);

export type Operation = z.output<typeof operation>;
export type TestCase = z.output<typeof testCase>;
export type PerfWorkload = TestCase['workloads'][number];
export type CreatePods = z.output<typeof createPods>;

/** Which workloads are run: all of these must hold. */
export interface PerfSelection {
  /** A label that the workload (or its case) has. */
  readonly label?: string;
  /** A part of `Case/Workload`. */
  readonly match?: string;
}

/** What a selection goes by. */
interface Labelled {
  readonly name: string;
  readonly labels: readonly string[];
}

export function nameOf(testCase: Pick<TestCase, 'name'>, workload: Pick<PerfWorkload, 'name'>): string {
  return `${testCase.name}/${workload.name}`;
}

/** Workloads of a configuration that a selection leaves, in order. */
export function selectWorkloads<W extends Labelled, C extends Labelled & { readonly workloads: readonly W[] }>(
  cases: readonly C[],
  { label, match }: PerfSelection,
): readonly (readonly [C, C['workloads'][number]])[] {
  return cases.flatMap((testCase) =>
    testCase.workloads
      .filter((workload) => label === undefined || [...testCase.labels, ...workload.labels].includes(label))
      .filter((workload) => match === undefined || nameOf(testCase, workload).includes(match))
      .map((workload) => [testCase, workload] as const),
  );
}

/** As much of a configuration as tells which of its cases are meant. */
const outline = z.array(
  z.looseObject({
    ...testCase.pick({ name: true, labels: true }).shape,
    workloads: z.array(z.looseObject(testCase.shape.workloads.element.pick({ name: true, labels: true }).shape)),
  }),
);

/**
 * Reads a benchmark's configuration; whatever is wrong is told with its place. What is wrong with a case of which no
 * workload is selected does not matter: it may be of a newer age.
 */
export function readPerfConfig(file: string, selection: PerfSelection = {}): readonly TestCase[] {
  const yaml = new YamlSource(file, readInput(file));
  const [document] = yaml.documents;
  if (document === undefined)
    throw yaml.error(0, [], { message: 'the file is empty', allowed: 'a list of test cases' });
  const parsed = config.safeParse(document);
  if (parsed.success) return parsed.data;
  const problems = schemaProblems(parsed.error, config, document);
  const cases = outline.safeParse(document);
  const all = selection.label === undefined && selection.match === undefined;
  const selected = cases.success ? cases.data.map((one) => all || selectWorkloads([one], selection).length > 0) : [];
  const problem = problems.find(({ path: [index] }) => !cases.success || selected[Number(index)] !== false);
  if (problem !== undefined) throw yaml.error(0, problem.path, problem.problem, problem.at);
  const meant = (document as readonly unknown[]).filter((_, i) => selected[i] === true);
  return meant.map((one) => testCase.parse(one));
}
