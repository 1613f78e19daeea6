import { describe, expect, it } from 'vitest';
import { RandomSource } from '../sim/kernel/random.ts';
import { initTemplate } from './init-template.ts';
import { loadArrivals } from './load-arrivals.ts';
import { loadNodes } from './load-nodes.ts';
import { parseScenario } from './scenario.ts';

function uncommented(): string {
  return initTemplate().replace(/^( *)# (components:|policies:| {2,}\w+: .*|(?:labels|taints): .*)$/gm, '$1$2');
}

describe('the scenario that init writes', () => {
  it.each([
    ['as it is', initTemplate()],
    ['with what is commented out put in', uncommented()],
  ])('is good %s', (_how, text) => {
    const scenario = parseScenario(text, 'scenario.yaml');
    expect(loadNodes(scenario).entries).toHaveLength(9);
    const { sources, warnings } = loadArrivals(scenario, new RandomSource(scenario.seed));
    expect(sources.map((source) => source.name)).toEqual(['shop', 'batch', 'sale']);
    expect(warnings).toEqual([]);
  });

  it('has settings commented out that are real ones', () => {
    expect(parseScenario(uncommented(), 'scenario.yaml').cluster.nodeGroups[0]?.taints).toHaveLength(1);
    expect(uncommented()).toMatch(/^components:\n {2}controllerManager:/m);
  });
});
