import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RollOutPolicy } from './sim/controllers/deployment/roll-out-policy.ts';
import type { EvictionPolicy } from './sim/controllers/eviction-policy.ts';
import type { AutoscalingPolicy } from './sim/controllers/horizontal/autoscaling-policy.ts';
import type { JobRetryPolicy } from './sim/controllers/job/job-retry-policy.ts';
import type { ScaleDownPolicy } from './sim/controllers/policies.ts';
import type { QueuePolicy } from './sim/controllers/queue-policy.ts';
import type { PluginHandle } from './sim/scheduler/framework.ts';
import { scenarioPolicies } from './scenario-policies.ts';
import type { PolicyFailure } from './policies/policy.ts';
import { InputError } from './workloads/input-error.ts';
import { parseScenario } from './workloads/scenario.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orrery-policies-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

let modules = 0;

/** Writes a module under a name of its own, because Node loads each file once. */
function moduleOf(text: string): string {
  const name = `./m${modules++}.mjs`;
  writeFileSync(join(folder, name), text);
  return name;
}

function scenario(policies: string) {
  const text = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: test}
duration: 1h
cluster: {nodeGroups: [{name: n, count: 1, capacity: {cpu: 1, memory: 1Gi}}]}
policies:
${policies}
`;
  return parseScenario(text, join(folder, 's.yaml'));
}

async function chosen(policies: string, failures: PolicyFailure[] = []) {
  return scenarioPolicies(scenario(policies), (failure) => failures.push(failure));
}

async function refusal(policies: string): Promise<string> {
  const error: unknown = await chosen(policies).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect(error).toMatchObject({ exitCode: 2 });
  return (error as InputError).message.replaceAll(folder, '').replaceAll(/\s+/g, ' ');
}

const SCORING = "family: 'scoring', name: 'mine'";
const EMPTY = 'params: (z) => z.strictObject({})';

/** Modules that cannot be used, each with what must stand in the answer. */
const BAD_MODULES: readonly (readonly [what: string, text: string, answer: readonly string[]])[] = [
  ['does not parse', 'export const policy = {\n  a b\n};', ['cannot be loaded', '.mjs:2']],
  ['throws as it loads', "throw new Error('no licence');", ['cannot be loaded', 'Error: no licence', ':1:7)']],
  ['imports what is not there', "import './missing.mjs';", ['cannot be loaded', 'missing.mjs']],
  ['exports nothing', 'const policy = {};', ['the module exports no "policy"', 'exports: none']],
  ['exports another name', 'export const polcy = {};', ['exports no "policy"', 'Was "polcy" to be called "policy"?']],
  ['exports a default', 'export default {};', ['the module exports no "policy"', 'exports: default']],
  ['exports no object', 'export const policy = 7;', ['"policy" is no object', 'a number']],
  ['has no family', `export const policy = { name: 'x', ${EMPTY}, create() {} };`, ['"family" of', 'is missing']],
  [
    'is of another family',
    `export const policy = { family: 'failure', name: 'x', ${EMPTY}, create() {} };`,
    ['belongs to another family', 'found: failure', 'allowed: scoring'],
  ],
  [
    'is of no family',
    `export const policy = { family: 'scorring', name: 'x', ${EMPTY}, create() {} };`,
    ['names no known family', 'found: scorring', 'did you mean "scoring"?'],
  ],
  [
    'has a misspelt field',
    `export const policy = { ${SCORING}, param: (z) => z.strictObject({}), create() {} };`,
    ['"params" of', 'is missing', 'Was "param" to be called "params"?'],
  ],
  [
    'has a field of the wrong type',
    `export const policy = { ${SCORING}, params: {}, create() {} };`,
    ['"params" of', 'wrong type', 'a function: (z) => z.strictObject({…})'],
  ],
  [
    'throws in params',
    `export const policy = { ${SCORING}, params: (z) => z.nothing(), create() {} };`,
    ['params() threw', 'z.nothing is not a function'],
  ],
  ['gives no schema', `export const policy = { ${SCORING}, params: () => ({}), create() {} };`, ['gave no schema']],
];

describe('a policy module of a user’s own', () => {
  it.each(BAD_MODULES)('that %s is refused, with the place that names it', async (_, text, answer) => {
    const message = await refusal(`  scoring: {use: ${moduleOf(text)}}`);
    expect(message).toMatch(/^\/s\.yaml:7:18: policies\.scoring(\[0\])?\.use: /);
    for (const part of answer) expect(message).toContain(part);
  });

  it('that is not there is refused, with where it is looked for', async () => {
    const message = await refusal('  scoring: {use: ./mising.mjs}');
    expect(message).toContain('no such policy module found: ./mising.mjs It is looked for at /mising.mjs');
  });

  it('is given parameters that its own schema has checked', async () => {
    const text = `export const policy = { ${SCORING}, params: (z) => z.strictObject({ weight: z.number() }), create() {} };`;
    const message = await refusal(`  scoring:\n    - use: ${moduleOf(text)}\n      with: {wieght: 3}`);
    expect(message).toContain('/s.yaml:9:14: policies.scoring[0].with.wieght: unknown field');
    expect(message).toContain('did you mean "weight"?');
    const wrong = await refusal(`  scoring:\n    - use: ${moduleOf(text)}\n      with: {weight: much}`);
    expect(wrong).toContain('/s.yaml:9:22: policies.scoring[0].with.weight: wrong type');
  });

  it.each([
    ['throws', 'create() { throw new Error("no data"); }', ['create() threw', 'Error: no data', '.mjs:1:']],
    ['gives nothing', 'create() {}', ['is no scale-down policy', 'an object with rank()']],
    ['gives a promise', 'async create() {}', ['found: a promise', 'create() must not be async']],
    ['misspells its method', 'create: () => ({ ranks() {} })', ['Was "ranks" to be called "rank"?']],
  ])('whose create %s is refused', async (_, create, answer) => {
    const use = moduleOf(`export const policy = { family: 'reconcile', name: 'x', ${EMPTY}, ${create} };`);
    const message = await refusal(`  reconcile: {scaleDown: {use: ${use}}}`);
    expect(message).toContain('policies.reconcile.scaleDown.use: ');
    for (const part of answer) expect(message).toContain(part);
  });
});

const PODS = ['a', 'b'].map((name) => ({ kind: 'Pod', metadata: { name, namespace: 'default' } }));

describe('a policy of a user’s own that fails as the cluster runs', () => {
  it.each([
    ['throws', '() => { throw new TypeError("oops"); }', 'rank() threw: TypeError: oops (/m'],
    ['gives no list', '() => undefined', 'rank() gave undefined, not a list of pods'],
    ['loses a pod', '([a]) => [a]', 'has to give the 2 pods it was given, each once; it gave 1'],
    ['repeats a pod', '([a]) => [a, a]', 'has to give the 2 pods it was given, each once; it gave 2'],
  ])('because it %s says so, to the one who runs the cluster as well', async (_, rank, answer) => {
    const use = moduleOf(
      `export const policy = { family: 'reconcile', name: 'x', ${EMPTY}, create: () => ({ rank: ${rank} }) };`,
    );
    const failures: PolicyFailure[] = [];
    const {
      reconcile: { scaleDown },
    } = await chosen(`  reconcile: {scaleDown: {use: ${use}}}`, failures);
    const call = (): unknown => scaleDown.rank(PODS as never, {} as Parameters<ScaleDownPolicy['rank']>[1]);
    expect(call).toThrow('the scale-down policy ./m');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ exitCode: 2 });
    expect(failures[0]?.message.replaceAll(folder, '')).toContain(answer);
  });

  it.each([
    [
      'NaN',
      'score: () => NaN',
      'score() gave NaN where a number from 0 to 100 is wanted for pod default/a and node n1',
    ],
    ['a score over 100', 'score: () => 101', 'score() gave 101 where a number from 0 to 100'],
    ['a text', 'score: () => "7"', 'score() gave "7" where'],
    ['nothing', 'score() {}', 'score() gave undefined where'],
    ['a promise', 'async score() {}', 'score() gave a promise where'],
    ['infinity', 'score: () => Infinity, normalizeScore() {}', 'score() gave Infinity where a finite number is wanted'],
  ])('because a score is %s names the pod and the node', async (_, methods, answer) => {
    const use = moduleOf(`export const policy = { ${SCORING}, ${EMPTY}, create: () => ({ ${methods} }) };`);
    const { profiles } = await chosen(`  scoring: {use: ${use}}`);
    const plugin = profiles[0]?.plugins.at(-1)?.create({} as PluginHandle);
    const call = (): unknown =>
      plugin?.score?.({} as never, { pod: PODS[0] } as never, { name: 'n1', row: 0 } as never);
    expect(call).toThrow(answer);
  });
});

describe('a reconcile policy of a user’s own', () => {
  const SET = { kind: 'ReplicaSet', metadata: { name: 'web-1' } };

  /** What each kind of decision is asked here, and what it may not answer. */
  const ASKED: readonly (readonly [slot: string, methods: string, call: (made: never) => unknown, answer: string])[] = [
    [
      'rollout',
      'step: () => 3',
      (made: RollOutPolicy) => made.step({ sets: [] } as never),
      'step() gave 3, not a step',
    ],
    [
      'rollout',
      'step: () => ({ create: -1 })',
      (made: RollOutPolicy) => made.step({ sets: [] } as never),
      'step() gave create: -1, not a number of pods',
    ],
    [
      'rollout',
      'step: ({ sets: [set] }) => ({ scales: [{ set, replicas: 1.5 }] })',
      (made: RollOutPolicy) => made.step({ sets: [SET] } as never),
      'step() gave replicas: 1.5, not a number of pods',
    ],
    [
      'rollout',
      'step: () => ({ scales: [{ set: {}, replicas: 1 }] })',
      (made: RollOutPolicy) => made.step({ sets: [SET] } as never),
      "step() gave a scale whose set is none of the view's",
    ],
    [
      'autoscaling',
      'replicas: () => NaN',
      (made: AutoscalingPolicy) => made.replicas({} as never),
      'replicas() gave NaN, not a number of replicas',
    ],
    [
      'jobRetry',
      'waitSeconds: () => -1',
      (made: JobRetryPolicy) => made.waitSeconds({} as never),
      'waitSeconds() gave -1, not a number of seconds',
    ],
    [
      'queue',
      'next: () => "other"',
      (made: QueuePolicy) => made.next?.(['a/b'], undefined, 'job'),
      'next() gave "other", not one of the keys that wait',
    ],
    [
      'eviction',
      'nodesPerSecond: () => 1, toleratedSeconds: () => NaN',
      (made: EvictionPolicy) => made.toleratedSeconds?.({} as never, {} as never, 300),
      'toleratedSeconds() gave NaN, not a number of seconds',
    ],
  ] as never;

  it.each(ASKED)('for %s that answers %s is stopped', async (slot, methods, call, answer) => {
    const text = `export const policy = { family: 'reconcile', name: 'x', ${EMPTY}, create: () => ({ ${methods} }) };`;
    const { reconcile } = await chosen(`  reconcile: {${slot}: {use: ${moduleOf(text)}}}`);
    expect(() => call((reconcile as unknown as Record<string, never>)[slot] as never)).toThrow(answer);
  });

  it('has its parameters checked, as built-in ones have', async () => {
    expect(
      await refusal('  reconcile: {rollout: {use: canary, with: {steps: [{percent: 200, pauseSeconds: 1}]}}}'),
    ).toContain('policies.reconcile.rollout.with.steps[0].percent');
    expect(await refusal('  reconcile: {jobRetry: {use: constnt, with: {seconds: 1}}}')).toContain(
      'did you mean "constant"?',
    );
    expect(await refusal('  reconcile: {queue: {use: batching}}')).toContain('with.seconds: this field is missing');
  });
});

describe('built-in policies', () => {
  it('are found by name, and a misspelt name is told the nearest', async () => {
    const message = await refusal('  scoring: {use: MostAlocated}');
    expect(message).toContain('no such scoring policy');
    expect(message).toContain('did you mean "MostAllocated"?');
    expect(await refusal('  reconcile: {scaleDown: {use: empty-node}}')).toContain('did you mean "empty-nodes"?');
  });

  it('have parameters with schemas of their own', async () => {
    const message = await refusal('  scoring: {use: RequestedToCapacityRatio}');
    expect(message).toContain('policies.scoring.with.shape: this field is missing');
    expect(await refusal('  scoring: {use: default, with: {cpu: 1}}')).toContain('with.cpu: unknown field');
  });

  it('score beside the default profile, or without it, and never instead of its filters', async () => {
    const weights = async (policies: string): Promise<readonly number[]> =>
      ((await chosen(policies)).profiles[0]?.plugins ?? []).map(({ weight }) => weight);
    const standard = await weights('  scoring: {use: default}');
    expect(await weights('  {}')).toEqual(standard);
    expect(await weights('  scoring: [{use: default, weight: 2}, {use: MostAllocated, weight: 5}]')).toEqual([
      ...standard.map((weight) => 2 * weight),
      5,
    ]);
    expect(await weights('  scoring: {use: MostAllocated}')).toEqual([...standard.map(() => 0), 1]);
  });
});
