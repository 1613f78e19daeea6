import { beforeEach, describe, expect, it } from 'vitest';
import { Calendar } from '../../api/timestamps.ts';
import { DEFAULT_SETTINGS } from '../../default-settings.ts';
import { Kernel } from '../../kernel/kernel.ts';
import { seconds } from '../../kernel/time.ts';
import { ApiServer } from '../api-server.ts';
import { rest, restWatch } from '../rest.ts';
import type { RestWatch } from '../rest-watch.ts';
import type { FlowSchemaObject, PriorityLevelObject } from './configuration.ts';
import { serveFlowControl } from './default-objects.ts';

const SCHEMAS = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
const LEVELS = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations';
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';

let kernel: Kernel;
let server: ApiServer;

beforeEach(() => {
  kernel = new Kernel({ seed: 1 });
  const calendar = new Calendar('2026-01-05T00:00:00Z');
  server = new ApiServer(kernel, calendar, DEFAULT_SETTINGS.apiServer);
  serveFlowControl(server, calendar);
});

const got = (path: string): object => rest(server, { method: 'GET', path }).body;
const namesAt = (path: string): string[] =>
  (got(path) as { items: readonly FlowSchemaObject[] }).items.map(({ metadata }) => metadata.name);
const danglingOf = (name: string): unknown => (got(`${SCHEMAS}/${name}`) as FlowSchemaObject).status?.conditions[0];

function schema(name: string, level: string): void {
  const spec = { priorityLevelConfiguration: { name: level }, matchingPrecedence: 700, rules: [] };
  const body = { apiVersion, kind: 'FlowSchema', metadata: { name }, spec };
  expect(rest(server, { method: 'POST', path: SCHEMAS, body }).code).toBe(201);
}

describe("the server's own priority levels and flow schemas", () => {
  it('are there with the fields of v1.34, and take no revision', () => {
    const before = server.revision;
    expect(namesAt(LEVELS).sort()).toEqual([
      'catch-all',
      'exempt',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ]);
    expect(namesAt(SCHEMAS)).toHaveLength(11);
    expect(got(`${LEVELS}/workload-low`)).toMatchObject({
      metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 100,
          lendablePercent: 90,
          limitResponse: { type: 'Queue', queuing: { queues: 128, handSize: 6, queueLengthLimit: 50 } },
        },
      },
    });
    const { spec } = got(`${LEVELS}/catch-all`) as PriorityLevelObject;
    expect(spec.limited?.limitResponse).toEqual({ type: 'Reject' });
    expect(got(`${SCHEMAS}/probes`)).toMatchObject({
      spec: {
        matchingPrecedence: 2,
        rules: [{ nonResourceRules: [{ nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] }],
      },
    });
    expect(server.revision).toBe(before);
  });

  it('say that no reference dangles', () => {
    expect(danglingOf('system-nodes')).toEqual({
      type: 'Dangling',
      status: 'False',
      reason: 'Found',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "system" and it exists',
      lastTransitionTime: '2026-01-05T00:00:00Z',
    });
  });

  it("make room for a user's object of the same name", () => {
    schema('service-accounts', 'workload-high');
    expect(namesAt(SCHEMAS).filter((name) => name === 'service-accounts')).toHaveLength(1);
    const { spec } = got(`${SCHEMAS}/service-accounts`) as FlowSchemaObject;
    expect(spec.priorityLevelConfiguration.name).toBe('workload-high');
  });
});

describe("a user's flow schema", () => {
  it('dangles until its level is there, in reads and in watches', () => {
    const watch = restWatch(server, { method: 'GET', path: SCHEMAS, query: { resourceVersion: '0' } }) as RestWatch;
    watch.take();
    schema('mine', 'nowhere');
    expect(danglingOf('mine')).toMatchObject({ status: 'True', reason: 'NotFound' });
    const [event] = watch.take();
    expect(event?.object).toMatchObject({ status: { conditions: [{ status: 'True' }] } });
    kernel.run({ until: seconds(60) });
    const limited = { limitResponse: { type: 'Reject' } };
    const body = {
      apiVersion,
      kind: 'PriorityLevelConfiguration',
      metadata: { name: 'nowhere' },
      spec: { type: 'Limited', limited },
    };
    expect(rest(server, { method: 'POST', path: LEVELS, body }).code).toBe(201);
    expect(danglingOf('mine')).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-05T00:01:00Z' });
  });
});
