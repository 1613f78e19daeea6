import { describe, expect, it } from 'vitest';
import { at, FaultRun, isReady } from '../../../test/support/fault-run.ts';
import { FAILURE_RESPONSES } from '../../policies/failure-responses.ts';
import { RandomSource } from '../kernel/random.ts';
import type { KubeNode, Pod } from '../api/core.ts';
import { seconds } from '../kernel/time.ts';
import { z } from 'zod';
import type { FailureResponse } from './failure-response.ts';

/** A built-in response, with parameters as a scenario gives them. */
function response(name: string, given: object = {}): FailureResponse {
  const definition = FAILURE_RESPONSES.find((one) => one.name === name);
  if (definition === undefined) throw new Error(`no response ${name}`);
  const params = definition.params(z).parse(given);
  return definition.create(params as never, { random: new RandomSource(1).purpose('test') });
}

const CRASH = at(100, 'node-crash', { nodes: ['n3'] });

/** When the first pod of a node that failed at 100 s was deleted. */
function deleted(run: FaultRun, name: string): number {
  return run.when('Pod', name, 100, ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined);
}

describe('responses to a crash', () => {
  it('repair: reboots after five minutes, and replaces ten minutes later if that did not help', () => {
    // The place has no power, so that no reboot helps; a replacement finds it back.
    const outage = at(100, 'zone-outage', { zone: 'b', forMicros: seconds(1200) });
    const run = new FaultRun({ faults: [outage], cloud: true, failureResponse: response('repair') })
      .start()
      .until(1800);
    const done = run.begins.filter(([, what]) => what.endsWith(' n3'));
    const [reboot, replace] = ['reboot n3', 'replace n3'].map((what) => done.find(([, one]) => one === what)?.[0] ?? 0);
    // Not Ready after some 50 s.
    expect((reboot as number) - 150).toBeGreaterThan(289);
    expect((reboot as number) - 150).toBeLessThan(306);
    expect((replace as number) - (reboot as number)).toBeGreaterThan(599);
    expect((replace as number) - (reboot as number)).toBeLessThan(602);
  });

  it('fast-eviction: pods are deleted as soon as the node is not Ready', () => {
    const run = new FaultRun({ faults: [CRASH], failureResponse: response('fast-eviction') }).start().until(99);
    const { name } = (run.podsOn('n3')[0] as Pod).metadata;
    run.until(300);
    expect(deleted(run, name) - 100).toBeGreaterThan(39.6);
    expect(deleted(run, name) - 100).toBeLessThan(55.1 + 1);
  });

  it('out-of-service: they are removed by force at the next tick of the garbage collector, and may run elsewhere', () => {
    const run = new FaultRun({ faults: [CRASH], failureResponse: response('out-of-service', { after: '2m' }) }).start();
    run.until(99);
    const { name } = (run.podsOn('n3')[0] as Pod).metadata;
    run.until(400);
    const gone = run.when('Pod', name, 100, (_pod: Pod, removed) => removed);
    // 40 to 55 s until it is noticed, 2 minutes, and at most 20 s.
    expect(gone - 100).toBeGreaterThan(39.6 + 120);
    expect(gone - 100).toBeLessThan(55.1 + 120 + 20 + 1);
  });

  it('take back their taints when the node is Ready', () => {
    const crash = { ...CRASH, forMicros: seconds(300) };
    const run = new FaultRun({ faults: [crash], failureResponse: response('fast-eviction') }).start().until(600);
    expect(isReady(run, 'n3')).toBe(true);
    expect((run.node('n3') as KubeNode).spec.taints ?? []).toEqual([]);
  });

  it('do nothing while too much is unhealthy', () => {
    const outage = at(100, 'zone-outage', { zone: 'b', forMicros: seconds(900) });
    const bounded = response('replace', { after: '1m', maxUnhealthy: 0.4 });
    const run = new FaultRun({ faults: [outage], cloud: true, failureResponse: bounded }).start().until(1500);
    expect(run.notices.filter(({ kind }) => kind === 'replace')).toEqual([]);
    const one = new FaultRun({ faults: [CRASH], cloud: true, failureResponse: bounded }).start().until(1000);
    expect(one.notices.filter(({ kind }) => kind === 'replace')).toHaveLength(2);
  });
});

describe('drain-on-warning', () => {
  it('empties a spot instance within its notice, and takes the new one back', () => {
    const reclaim = at(300, 'spot-reclaim', { nodes: ['n3'], forMicros: seconds(200) });
    const run = new FaultRun({ faults: [reclaim], cloud: true, failureResponse: response('drain-on-warning') }).start();
    run.until(179);
    expect(run.podsOn('n3').length).toBeGreaterThan(0);
    run.until(295);
    expect(run.podsOn('n3')).toEqual([]);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
    run.until(700);
    expect(isReady(run, 'n3')).toBe(true);
    expect((run.node('n3') as KubeNode).spec.unschedulable).not.toBe(true);
  });
});
