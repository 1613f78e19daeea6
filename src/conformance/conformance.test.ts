import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_PROFILE_CONFIGURATION,
  readConfiguration,
} from '../policies/scheduling/configuration/read-configuration.ts';
import type { ConfigurationDoor } from '../policies/scheduling/configuration/read-configuration.ts';
import type { KubeNode, Pod } from '../sim/api/core.ts';
import { explain } from '../sim/scheduler/explain.ts';
import { conform } from './conformance.ts';
import { conformanceText } from './conformance-text.ts';
import { readCases } from './read-cases.ts';
import type { LocatedCase } from './read-cases.ts';
import { ReferenceWorld } from './reference-world.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const COMMITTED = path.join(ROOT, 'test/conformance');
const ORACLE = path.join(process.env['ORRERY_DATA'] ?? path.join(ROOT, '../shared'), 'oracle');

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /\.jsonl(\.gz)?$/.test(name));
  return names.map((name) => path.join(folder, name));
}

function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function agree(file: string): void {
  const result = conform(readCases(file));
  expect(conformanceText(result)).toMatch(/\nAll \d+ cases agree\.$/);
  expect(result.groups.map(({ cases }) => cases.agreed)).toEqual(result.groups.map(({ cases }) => cases.compared));
}

describe('decisions of kube-scheduler v1.34.1', () => {
  const committed = filesIn(COMMITTED);

  it('come with the project', () => {
    expect(committed.length).toBeGreaterThanOrEqual(10);
  });

  it.each(committed.map((file) => [path.basename(file), file] as const))('%s: agrees in everything', (_, file) => {
    agree(file);
  });

  const known = new Set(committed.map(textOf));
  const others = filesIn(ORACLE).filter((file) => !known.has(textOf(file)));
  it.each(others.map((file) => [path.basename(file), file] as const))('%s of the data folder, too', (_, file) => {
    agree(file);
  });
});

/** A node for two pods, and a pod that fits: with whatever a test changes. */
function smallCase(expectation: object, changes: object = {}): LocatedCase {
  const node = (name: string) => ({
    metadata: { name },
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '10' } },
  });
  const pod = {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1', memory: '1Gi' } } }], priority: 0 },
  };
  const reference = {
    id: 'small-1',
    group: 'small',
    kind: 'decision',
    input: { nodes: [node('n0'), node('n1')], pod, ...changes },
    expect: { queue: { gated: false }, ...expectation },
  };
  return { reference, file: 'small.jsonl', line: 7 } as unknown as LocatedCase;
}

describe('a pod that is nominated to a node', () => {
  const waiting = (name: string, priority: number): Pod =>
    ({
      metadata: { name, namespace: 'default' },
      spec: { containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }], priority },
      status: { nominatedNodeName: 'n0' },
    }) as unknown as Pod;
  const node = {
    metadata: { name: 'n0' },
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '1' } },
  } as unknown as KubeNode;
  const reasons = (nominated: Pod, priority: number, inQueue: boolean): readonly string[] => {
    const world = new ReferenceWorld(
      { nodes: [node], pods: inQueue ? [] : [nominated] },
      DEFAULT_PROFILE_CONFIGURATION,
    );
    if (inQueue) world.cycle.nominations.set(world.pod(nominated), 'n0');
    const verdict = explain(world.cycle, world.pod(waiting('p', priority))).verdicts.get('n0');
    return typeof verdict === 'object' ? [...verdict.reasons].sort() : [];
  };

  it('counts in full while it waits in the queue, against pods of no higher priority', () => {
    expect(reasons(waiting('other', 5), 5, true)).toEqual(['Insufficient cpu', 'Too many pods']);
    expect(reasons(waiting('other', 5), 4, true)).toEqual(['Insufficient cpu', 'Too many pods']);
    expect(reasons(waiting('other', 5), 6, true)).toEqual([]);
  });

  it('is a pod of priority 0 that asks for nothing where the queue does not have it, as in recorded cases', () => {
    expect(reasons(waiting('other', 5), 5, false)).toEqual([]);
    expect(reasons(waiting('other', 5), 1, false)).toEqual([]);
    expect(reasons(waiting('other', 5), 0, false)).toEqual(['Too many pods']);
  });
});

const FITS = { prefilter: { code: 'Success' }, filter: { n0: 'ok', n1: 'ok' }, best: ['n0', 'n1'] };

describe('a case that does not agree', () => {
  const aspects = (located: LocatedCase): string[] => {
    const [mismatch] = conform([located]).mismatches;
    return [...new Set(mismatch?.differences.map(({ aspect }) => aspect))];
  };

  it('is told from one that does', () => {
    expect(aspects(smallCase(FITS))).toEqual([]);
    expect(aspects(smallCase({ ...FITS, filter: { n0: 'ok', n1: 'excluded' } }))).toEqual(['filter']);
    expect(aspects(smallCase({ ...FITS, queue: { gated: true, plugin: 'SchedulingGates' } }))).toEqual(['queue']);
    expect(aspects(smallCase({ ...FITS, prefilter: { code: 'Unschedulable' } }))).toEqual(['prefilter']);
    expect(aspects(smallCase({ ...FITS, best: ['n1'] }))).toEqual(['chosen', 'best']);
    const plugins = { NodeResourcesFit: { raw: 1, normalized: 1, weighted: 1 } };
    const scored = aspects(smallCase({ ...FITS, score: { n0: { total: 1, plugins } } }));
    expect(scored).toEqual(['scorers', 'raw', 'normalized', 'weighted', 'chosen']);
    const failure = { filterMessage: 'no', message: 'no' };
    expect(aspects(smallCase({ failure, prefilter: { code: 'Success' } }))).toEqual(['message']);
  });

  it('may be one that ends with an error', () => {
    const config = {
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      profiles: [{ plugins: { preScore: { disabled: [{ name: 'TaintToleration' }] } } }],
    };
    const { profiles } = readConfiguration(config, {} as ConfigurationDoor);
    const { best: _, ...filtered } = FITS;
    const state = 'failed to read "PreScoreTaintToleration" from cycleState: not found';
    const error = `running Score plugins: plugin "TaintToleration" failed with: ${state}`;
    expect(aspects(smallCase({ ...filtered, error }, { profiles }))).toEqual([]);
    expect(aspects(smallCase({ ...filtered, error: 'another' }, { profiles }))).toEqual(['message']);
    expect(aspects(smallCase(filtered, { profiles }))).toEqual(['message']);
    expect(aspects(smallCase({ ...filtered, error }))).toEqual(['message']);
  });

  it('is shown with its place, what the reference says and what was found', () => {
    const located = smallCase({
      ...FITS,
      filter: { n0: 'ok', n1: { plugin: 'NodePorts', code: 'Unschedulable', reasons: ['x'] } },
    });
    const text = conformanceText(conform([located]));
    expect(text).toContain('small.jsonl:7: small-1 (small) differs');
    expect(text).toContain(
      '  filter, n1\n    reference: {"plugin":"NodePorts","code":"Unschedulable","reasons":["x"]}\n    here:      "ok"',
    );
    expect(text).toMatch(/^small +1 +0 +2 +1 +1\/2$/m);
    expect(text).toMatch(/1 of 1 cases do not agree\.$/);
  });

  it('may be one that the replay fails on', () => {
    const [mismatch] = conform([smallCase(FITS, { nodes: [null] })]).mismatches;
    expect(mismatch?.differences[0]).toMatchObject({ aspect: 'message', where: 'the replay threw' });
  });
});
