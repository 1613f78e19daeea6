import { afterAll, describe, expect, it } from 'vitest';
import { SMALL, Workspace } from '../../../test/support/orrery.ts';
import { InputError } from '../../workloads/input-error.ts';
import { loadExperiment } from './load-experiment.ts';
import type { Experiment } from './load-experiment.ts';

const workspace = new Workspace();
workspace.write('s.yaml', SMALL);
afterAll(() => workspace.remove());

function load(rest: string): Experiment {
  const head = 'apiVersion: orrery.dev/v1alpha1\nkind: Experiment\nmetadata: {name: x}\nscenario: s.yaml\n';
  workspace.write('e.yaml', head + rest);
  return loadExperiment(workspace.path('e.yaml'));
}

describe('an experiment', () => {
  it('combines its axes: paths with values, and levels of several paths', () => {
    const { study } = load(`
set: {duration: 2h}
axes:
  - {path: policies.scoring, values: [least, {use: MostAllocated}]}
  - name: luck
    levels:
      - {name: calm, set: {faults: []}}
      - {name: stormy, set: {'faults[0].kind': node-freeze, 'faults[0].for': 20m}}
`);
    expect(study.set).toEqual(['duration="2h"']);
    expect(study.variants.map(({ letter, parameters }) => [letter, parameters])).toEqual([
      ['A', { scoring: 'least', luck: 'calm' }],
      ['B', { scoring: 'least', luck: 'stormy' }],
      ['C', { scoring: '{"use":"MostAllocated"}', luck: 'calm' }],
      ['D', { scoring: '{"use":"MostAllocated"}', luck: 'stormy' }],
    ]);
    expect(study.variants[3]?.settings).toEqual([
      'policies.scoring={"use":"MostAllocated"}',
      'faults[0].kind=node-freeze',
      'faults[0].for="20m"',
    ]);
  });

  it('draws points of ranges, with the scenario as it is for baseline', () => {
    const { study } = load(`
design: {latinHypercube: {points: 5}}
axes:
  - {name: nodes, path: cluster.nodeGroups.n.count, range: {from: 3, to: 12, whole: true}}
  - {name: grace, path: 'faults[0].for', range: {from: 5, to: 20, unit: m}}
`);
    expect(study.variants).toHaveLength(6);
    expect(study.variants[0]).toEqual({ letter: 'A', settings: [], parameters: {} });
    for (const { parameters } of study.variants.slice(1)) {
      expect(Number(parameters['nodes'])).toBeGreaterThanOrEqual(3);
      expect(parameters['grace']).toMatch(/^\d+(\.\d+)?m$/);
    }
  });

  it.each([
    [
      'an axis that names no path',
      'axes: [{path: polices.scoring, values: [least, most]}]',
      '5:15: axes[0].path: polices: unknown field',
      'did you mean "policies"?',
    ],
    [
      'a value that does not fit',
      'axes: [{path: duration, values: [1h, soon]}]',
      '5:38: axes[0].values[1]: duration: not a duration',
      'soon',
    ],
    [
      'an unknown metric',
      'axes: [{path: seed, values: [1, 2]}]\nmetrics: [pods_redy]',
      'metrics[0]',
      'did you mean "pods_ready"?',
    ],
    [
      'an unknown metric of an objective',
      'axes: [{path: seed, values: [1, 2]}]\nobjectives: [{metric: cost, goal: min}]',
      'objectives[0].metric',
      'no such metric',
    ],
    [
      'a range without a hypercube',
      'axes: [{path: duration, range: {from: 1, to: 2, unit: h}}]',
      'axes[0].range',
      'a range has no levels',
    ],
    ['one combination', 'axes: [{path: duration, values: [1h]}]', 'axes', 'nothing to compare'],
    [
      'a path and levels',
      'axes: [{path: duration, levels: [{name: a, set: {}}]}]',
      'axes[0]',
      'leave out path, values and range',
    ],
    ['neither values nor a range', 'axes: [{path: duration}]', 'axes[0]', 'needs a path with values or a range'],
    [
      'two axes of one name',
      'axes: [{path: duration, values: [1h, 2h]}, {name: duration, path: seed, values: [1, 2]}]',
      'axes[1]',
      'two axes have one name',
    ],
    ['a misspelt field', 'axis: []', 'axis: unknown field', 'did you mean "axes"?'],
  ])('refuses %s', (_, rest, place, answer) => {
    const refused = ((): string => {
      try {
        load(rest);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as InputError).message;
      }
      return 'accepted';
    })().replaceAll(/\s+/g, ' ');
    expect(refused).toContain(place);
    expect(refused).toContain(answer);
  });

  it('says what a scenario is for', () => {
    expect(() => loadExperiment(workspace.path('s.yaml'))).toThrow('A scenario is run by orrery run');
  });
});
