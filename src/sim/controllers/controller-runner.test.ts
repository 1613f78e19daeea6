import { describe, expect, it } from 'vitest';

import { TinyCluster } from '../../../test/support/tiny-cluster.ts';
import type { ConfigMap } from '../api/core.ts';
import { keyOf } from '../apiserver/request.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import type { Controller, ControllerEnvironment, Plan } from './controller.ts';

interface Trial {
  readonly cluster: TinyCluster;
  readonly environment: ControllerEnvironment;
  /** Times of reconciles in milliseconds. */
  readonly times: number[];
  readonly skipped: string[];
}

/** A cluster with one controller that watches ConfigMaps. */
function trial(plan: (key: string, count: number) => Plan | undefined, workers = 1, maxRetries = Infinity): Trial {
  const times: number[] = [];
  const skipped: string[] = [];
  let environment: ControllerEnvironment | undefined;
  const create = (given: ControllerEnvironment): Controller => {
    environment = given;
    const maps = given.informers.informer<ConfigMap>('ConfigMap');
    maps.on((_type, map) => given.queue.add(keyOf(map)));
    return {
      name: 'trial',
      workers,
      maxRetries,
      reconcile(key) {
        times.push(given.kernel.now / 1000);
        return plan(key, times.length);
      },
      skipped: (_key, request) => void skipped.push(request.name),
      save: () => null,
      restore: () => undefined,
    };
  };
  // No latencies: times are the framework's own.
  const constant = { medianMilliseconds: 0, p99Milliseconds: 0 };
  const cluster = new TinyCluster({
    controllers: [{ name: 'trial', create }],
    settings: {
      apiServer: {
        ...DEFAULT_SETTINGS.apiServer,
        writeLatency: { medianMilliseconds: 10, p99Milliseconds: 10 },
        watchDelayMinMilliseconds: 1,
        watchDelayMaxMilliseconds: 1,
        readLatency: constant,
      },
      controllerManager: { ...DEFAULT_SETTINGS.controllerManager, qps: 0, syncLatency: constant },
    },
  });
  return { cluster, environment: environment as unknown as ControllerEnvironment, times, skipped };
}

function configMap(name: string): ApiRequest {
  const metadata = { name, namespace: 'default' };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  return { verb: 'create', kind: 'ConfigMap', namespace: 'default', name, body };
}

/** Fails: there is no such object. */
function failing(name: string): ApiRequest {
  return { verb: 'delete', kind: 'Secret', namespace: 'default', name };
}

describe('the controller runner', () => {
  it('waits 5, 10, 20 … ms before it tries a refused plan again, and starts over after a good one', () => {
    const { cluster, environment, times } = trial((_key, count) =>
      count <= 4 ? { stages: [[failing('none')]] } : undefined,
    );
    cluster.until(1);
    environment.queue.add('key');
    cluster.until(2);
    // Each try takes the 10 ms of its request.
    expect(times.map((time) => time - 1000)).toEqual([0, 15, 35, 65, 115]);
  });

  it('gives a key up after maxRetries', () => {
    const { cluster, environment, times } = trial(() => ({ stages: [[failing('none')]] }), 1, 3);
    environment.queue.add('key');
    cluster.until(100);
    expect(times).toHaveLength(4);
  });

  it('lets all keys together retry 10 times a second after a burst of 100', () => {
    const { cluster, environment, times } = trial(
      (_key, count) => (count <= 150 ? { stages: [[failing('none')]] } : undefined),
      1000,
    );
    cluster.until(1);
    for (let i = 0; i < 150; i++) environment.queue.add(`key-${i}`);
    cluster.until(1.5);
    expect(times.length).toBeGreaterThan(249);
    expect(times.length).toBeLessThan(256);
    cluster.until(6.1);
    expect(times).toHaveLength(300);
  });

  it('works on a key once more after it was added in between, and never twice at a time', () => {
    const { cluster, environment, times } = trial(
      (_key, count) => (count === 1 ? { stages: [[configMap('made')]] } : undefined),
      5,
    );
    cluster.until(1);
    environment.queue.add('default/made');
    environment.queue.add('default/made');
    cluster.until(1.005);
    environment.queue.add('default/made');
    environment.queue.add('default/made');
    cluster.until(2);
    // At 10 ms the request is answered; at 11 ms the watch tells of the object.
    expect(times.map((time) => time - 1000)).toEqual([0, 10, 11]);
  });

  it('has no more keys in work than workers', () => {
    const { cluster, environment, times } = trial(() => ({ stages: [[{ ...failing('x'), ignore: ['NotFound'] }]] }), 2);
    cluster.until(1);
    for (let i = 0; i < 6; i++) environment.queue.add(`key-${i}`);
    cluster.until(2);
    expect(times.map((time) => time - 1000)).toEqual([0, 0, 10, 10, 20, 20]);
  });

  it('begins a stage when all of the one before is answered, and goes on to `always` after a refusal', () => {
    const { cluster, environment, skipped } = trial((_key, count) =>
      count > 1
        ? undefined
        : {
            stages: [
              [configMap('a'), configMap('b')],
              [failing('c'), configMap('d')],
              [configMap('e'), configMap('f')],
            ],
            always: [configMap('g')],
          },
    );
    const seen: [number, string][] = [];
    cluster.until(1);
    cluster.server.observeRequests((request) => seen.push([cluster.kernel.now / 1000 - 1000, request.name]));
    environment.queue.add('key');
    cluster.until(2);
    expect(seen).toEqual([
      [10, 'a'],
      [10, 'b'],
      [20, 'c'],
      [20, 'd'],
      [30, 'g'],
    ]);
    expect(skipped).toEqual(['e', 'f']);
  });

  it('creates slowly: 1, 2, 4 …, and no more after a batch with a refusal', () => {
    const names = ['a', 'b', 'c', 'taken', 'e', 'f', 'g', 'h', 'i'];
    let planned = false;
    const { cluster, environment, skipped } = trial((key) => {
      if (key !== 'key' || planned) return undefined;
      planned = true;
      return { stages: [names.map((name) => configMap(name))], slowStart: true };
    });
    cluster.create((configMap('taken') as { body: object }).body as never);
    cluster.until(1);
    const seen: number[] = [];
    cluster.server.observeRequests(() => seen.push(cluster.kernel.now / 1000 - 1000));
    environment.queue.add('key');
    cluster.until(2);
    expect(seen).toEqual([10, 20, 20, 30, 30, 30, 30]);
    expect(skipped).toEqual(['h', 'i']);
  });

  it('comes back after requeueAfterSeconds', () => {
    const { cluster, environment, times } = trial((_key, count) =>
      count < 3 ? { stages: [], requeueAfterSeconds: 60 } : undefined,
    );
    cluster.until(1);
    environment.queue.add('key');
    cluster.until(1000);
    expect(times).toEqual([1000, 61_000, 121_000]);
  });

  it('does not work before all caches are filled', () => {
    const { cluster, environment, times } = trial(() => undefined);
    environment.queue.add('early');
    expect(times).toEqual([]);
    expect(environment.informers.synced).toBe(false);
    cluster.until(0.1);
    expect(environment.informers.synced).toBe(true);
    expect(times).toHaveLength(1);
  });
});
