import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../api/workloads.ts';
import { usableEndpoints } from './endpoint-choice.ts';
import type { ServiceTable } from './service-tables.ts';

type State = 'ready' | 'terminating' | 'unready';

/** `name node state [zone hint] [node hint]`, node `a1` being in zone `a`. */
function endpoint(text: string): Endpoint {
  const [name = '', nodeName = '', state = '', zone, node] = text.split(' ');
  const conditions: Record<State, Endpoint['conditions']> = {
    ready: { ready: true, serving: true, terminating: false },
    terminating: { ready: false, serving: true, terminating: true },
    unready: { ready: false, serving: false, terminating: false },
  };
  const hints = {
    ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
    ...(node === undefined ? {} : { forNodes: [{ name: node }] }),
  };
  return {
    addresses: [name],
    nodeName,
    conditions: conditions[state as State],
    ...(zone === undefined ? {} : { hints }),
  };
}

const table = (endpoints: readonly string[], spec: ServiceTable['spec'] = {}): ServiceTable => ({
  service: 'default/web',
  spec,
  endpoints: endpoints.map(endpoint),
});

const LOCAL = { internalTrafficPolicy: 'Local' } as const;
const HINTED = ['w1 a1 ready a', 'w2 b1 ready b', 'w3 b2 ready b'];
const NODE_HINTED = ['w1 a1 ready a a1', 'w2 b1 ready b b1'];

// prettier-ignore
const CASES: readonly (readonly [what: string, endpoints: readonly string[], spec: ServiceTable['spec'], node: string, chosen: readonly string[]])[] = [
  ['the ready ones', ['w1 a1 ready', 'w2 a2 terminating', 'w3 b1 unready', 'w4 b2 ready'], {}, 'a1', ['w1', 'w4']],
  ['where none is ready, those that still serve while they end', ['w1 a1 unready', 'w2 a2 terminating'], {}, 'a1', ['w2']],
  ['none', ['w1 a1 unready'], {}, 'a1', []],
  ['by Local, the node’s own', ['w1 a1 ready', 'w2 b1 ready'], LOCAL, 'b1', ['w2']],
  ['by Local, the node’s own that still serve while they end', ['w1 a1 ready', 'w2 b1 terminating'], LOCAL, 'b1', ['w2']],
  ['by Local on another node, none', ['w1 a1 ready'], LOCAL, 'c1', []],
  ['by hints, the zone’s', HINTED, {}, 'b9', ['w2', 'w3']],
  ['in a zone that no hint names, all', HINTED, {}, 'c1', ['w1', 'w2', 'w3']],
  ['where a ready one has no hint, all', [...HINTED, 'w4 b3 ready'], {}, 'b9', ['w1', 'w2', 'w3', 'w4']],
  ['hints of those that are not ready do not count', ['w1 a1 unready a', 'w2 b1 ready b'], {}, 'a1', ['w2']],
  ['by hints, the node’s', NODE_HINTED, {}, 'a1', ['w1']],
  ['on a node that no hint names, the zone’s', NODE_HINTED, {}, 'b7', ['w2']],
];

describe('the endpoints that a node spreads connections over', () => {
  it.each(CASES.map(([what, endpoints, spec, node, chosen]) => ({ what, endpoints, spec, node, chosen })))(
    'are $what',
    ({ endpoints, spec, node, chosen }) => {
      const usable = usableEndpoints(table(endpoints, spec), 'internal', node, node.slice(0, 1));
      expect(usable.map(({ addresses }) => addresses[0])).toEqual(chosen);
    },
  );

  it('are one list for all nodes that choose among the same', () => {
    const one = table(HINTED);
    expect(usableEndpoints(one, 'internal', 'b1', 'b')).toBe(usableEndpoints(one, 'internal', 'b2', 'b'));
    expect(usableEndpoints(one, 'internal', 'c1', 'c')).toBe(usableEndpoints(one, 'internal', 'd1', 'd'));
  });

  it('of outside traffic go by the policy for it', () => {
    const one = table(['w1 a1 ready', 'w2 b1 ready'], { externalTrafficPolicy: 'Local' });
    expect(usableEndpoints(one, 'external', 'a1', 'a')).toHaveLength(1);
    expect(usableEndpoints(one, 'internal', 'a1', 'a')).toHaveLength(2);
  });
});
