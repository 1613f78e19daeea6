import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workspace } from '../support/orrery.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = new Workspace();
});

afterAll(() => workspace.remove());

const MODULE = (family: string, made: string): string => `export const policy = {
  family: '${family}',
  name: 'mine',
  params: (z) => z.strictObject({}),
  create: (_params, { random }) => (${made}),
};
`;

/** A policy's family, what it does, how the scenario names it, and what the user is told. */
const FAILING: readonly (readonly [family: string, made: string, policies: string, answer: RegExp])[] = [
  [
    'scoring',
    `{ score: (_cycle, { pod }, { name }) => (name === 'n-2' ? NaN : 1) }`,
    'scoring: {use: ./mine.mjs}',
    /^at \d+\.?\d*ms, the scoring policy \.\/mine\.mjs: score\(\) gave NaN where a number from 0 to 100 is wanted for pod default\/web-\S+ and node n-2$/m,
  ],
  [
    'scoring',
    `{ score(_cycle, { pod }) { return pod.metadata.missing.length; } }`,
    'scoring: [{use: default}, {use: ./mine.mjs}]',
    /the scoring policy \.\/mine\.mjs: score\(\) threw for pod \S+ and node n-\d: TypeError: .*mine\.mjs:5:\d+\)$/m,
  ],
  [
    'reconcile',
    `{ rank: (pods) => pods.slice(1) }`,
    'reconcile: {scaleDown: {use: ./mine.mjs}}',
    /^at 30m0?\.?\d*s, the scale-down policy \.\/mine\.mjs: rank\(\) has to give the 4 pods it was given, each once; it gave 3 for replicaset default\/web-\S+$/m,
  ],
  [
    'failure',
    `{ next: (_node, ordinal) => ({ afterSeconds: ordinal === 0 ? 600 : NaN, kind: 'node-freeze', forSeconds: 60 }) }`,
    'failure: {models: [{use: ./mine.mjs}]}',
    /^at 1\dm\S*, the failure model \.\/mine\.mjs: next\(\) gave afterSeconds: NaN, not a time for node n-\d$/m,
  ],
  [
    'failure',
    `{ respond: () => ({ action: 'rebot', afterSeconds: 10 }) }`,
    'failure: {response: {use: ./mine.mjs}}',
    /^at \S+, the failure response \.\/mine\.mjs: respond\(\) gave action: "rebot", not one of reboot, replace, drain-and-reboot, drain, taint for node n-1$/m,
  ],
  [
    'reconcile',
    `{ nodesPerSecond: () => -1 }`,
    'reconcile: {eviction: {use: ./mine.mjs}}',
    /^at \S+, the eviction policy \.\/mine\.mjs: nodesPerSecond\(\) gave -1, not a number of nodes a second/m,
  ],
];

const SCALE = `  - {name: less, at: 30m, scale: [{kind: Deployment, name: web, replicas: 1}]}\nfaults:`;

describe('a policy of a user’s own that fails in the middle of a run', () => {
  it.each(FAILING)('stops it with the time and what it was asked: %s %s', (family, made, policies, answer) => {
    workspace.write('mine.mjs', MODULE(family, made));
    workspace.write('own.yaml', `${SMALL.replace('faults:', SCALE)}policies: {${policies}}\n`);
    const { exitCode, stderr } = workspace.orrery('run', 'own.yaml', '--out', 'out');
    expect(stderr).toMatch(answer);
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain('defect of Orrery');
    const summary = JSON.parse(readFileSync(workspace.path('out', 'summary.json'), 'utf8')) as Record<string, unknown>;
    expect(summary).toMatchObject({ partial: true, ended_because: expect.stringContaining('./mine.mjs') as unknown });
  });

  it('fails the attempt alone, where the scenario wants it so', () => {
    workspace.write('mine.mjs', MODULE('scoring', `{ score() { throw new Error('no data'); } }`));
    workspace.write('own.yaml', `${SMALL}policies: {onPluginError: unschedulable, scoring: {use: ./mine.mjs}}\n`);
    const { exitCode, stderr } = workspace.orrery('run', 'own.yaml', '--out', 'on', '--quiet');
    expect([exitCode, stderr]).toEqual([0, '']);
    const { metrics } = JSON.parse(readFileSync(workspace.path('on', 'summary.json'), 'utf8')) as {
      metrics: Record<string, number>;
    };
    expect(metrics).toMatchObject({ pods_pending: 4, scheduling_attempts: metrics['scheduling_attempts_error'] });
    expect(metrics['scheduling_attempts_error']).toBeGreaterThan(4);
    expect(readFileSync(workspace.path('on', 'decisions.csv'), 'utf8')).toContain('score() threw for pod default/web-');
  });
});
