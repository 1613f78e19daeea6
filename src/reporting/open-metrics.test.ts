import { describe, expect, it } from 'vitest';
import { HandMadeRun, node, pod } from '../../test/support/hand-made-run.ts';
import { seconds } from '../sim/kernel/time.ts';
import { openMetrics } from './open-metrics.ts';
import type { Recording } from './recording.ts';
import { Tally } from './tally.ts';

/** Two pods on one of two nodes, placed after 30 ms and 2 s; the second runs 5 s later, a third finds no place. */
function twoPods(): HandMadeRun {
  const run = new HandMadeRun();
  run.write(0, node('a', { cpu: '4', memory: '1Gi', 'nvidia.com/gpu': '2' }));
  run.write(0, node('b', { cpu: '2', memory: '1Gi' }, { ready: false }));
  run.write(10, pod('p', { requests: { cpu: '500m' } }));
  run.write(10.03, pod('p', { requests: { cpu: '500m' }, node: 'a' }));
  run.write(20, pod('q', { requests: { cpu: '1' } }));
  run.write(22, pod('q', { requests: { cpu: '1' }, node: 'a' }));
  run.write(27, pod('q', { requests: { cpu: '1' }, node: 'a', phase: 'Running', ready: true, restarts: 3 }));
  run.write(30, pod('r'));
  return run;
}

function metricsOf(more: Partial<Recording> = {}): readonly string[] {
  return openMetrics(twoPods().recording(60, more)).split('\n');
}

describe('metrics.prom', () => {
  it('has the state at the end of the run under the names of the real components', () => {
    expect(metricsOf()).toEqual(
      expect.arrayContaining([
        'kube_pod_status_phase{phase="Pending"} 2',
        'kube_pod_status_phase{phase="Running"} 1',
        'kube_pod_status_ready{condition="true"} 1',
        'kube_pod_container_status_restarts_total 3',
        'kube_node_status_condition{condition="Ready",status="true"} 1',
        'kube_node_status_allocatable{resource="cpu",unit="core"} 6',
        'kube_node_status_allocatable{resource="memory",unit="byte"} 2147483648',
        'kube_node_status_allocatable{resource="gpu",unit="integer"} 2',
        'kube_pod_resource_request{resource="cpu",unit="core"} 1.5',
        'orrery_simulated_seconds 60',
      ]),
    );
  });

  it('has the latencies of pods that got there, in the buckets of the real components', () => {
    expect(metricsOf()).toEqual(
      expect.arrayContaining([
        'scheduler_pod_scheduling_sli_duration_seconds_bucket{le="0.02"} 0',
        'scheduler_pod_scheduling_sli_duration_seconds_bucket{le="0.04"} 1',
        'scheduler_pod_scheduling_sli_duration_seconds_bucket{le="1.28"} 1',
        'scheduler_pod_scheduling_sli_duration_seconds_bucket{le="2.56"} 2',
        'scheduler_pod_scheduling_sli_duration_seconds_bucket{le="5242.88"} 2',
        'scheduler_pod_scheduling_sli_duration_seconds_sum 2.03',
        'kubelet_pod_start_duration_seconds_bucket{le="4.0"} 0',
        'kubelet_pod_start_duration_seconds_bucket{le="5.0"} 1',
        'kubelet_pod_start_duration_seconds_count 1',
      ]),
    );
  });

  it('has what containers have lost at the processor, under the names of cadvisor', () => {
    const lost = { throttled: 2_500_000, waiting: 1_000_000, limited: 5_000_000 };
    expect(metricsOf({ lostCpu: lost })).toEqual(
      expect.arrayContaining([
        'container_cpu_cfs_throttled_seconds_total 2.5',
        'container_cpu_cfs_throttled_periods_total 50',
        'container_pressure_cpu_waiting_seconds_total 1',
      ]),
    );
  });

  it('leaves pods of the warm-up out of the latencies', () => {
    const lines = metricsOf({ warmUp: seconds(15) });
    expect(lines).toContain('scheduler_pod_scheduling_sli_duration_seconds_count 1');
    expect(lines).toContain('kube_pod_status_phase{phase="Pending"} 2');
  });

  it('names requests as the API server does, sorted, and says which verb of the simulator each was', () => {
    const { tallies } = twoPods().recording(60);
    const requests = new Tally();
    requests.add('update', 'Node', '409');
    for (let i = 0; i < 2; i++) requests.add('bind', 'Pod', '201');
    for (let i = 0; i < 4; i++) requests.add('evict', 'Pod', '429');
    const lines = metricsOf({ tallies: { ...tallies, requests } }).filter((line) => line.startsWith('apiserver_'));
    expect(lines).toEqual([
      'apiserver_request_total{verb="POST",resource="pods",subresource="binding",code="201",request="bind"} 2',
      'apiserver_request_total{verb="POST",resource="pods",subresource="eviction",code="429",request="evict"} 4',
      'apiserver_request_total{verb="PUT",resource="nodes",subresource="",code="409",request="update"} 1',
    ]);
  });

  it('has each family once, all samples of a family together and under its type, and an end', () => {
    const families: string[] = [];
    const lines = metricsOf();
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    for (const line of lines.slice(0, -2)) {
      const type = /^# TYPE (\S+)/.exec(line)?.[1];
      if (type !== undefined) families.push(type);
      if (line.startsWith('#')) continue;
      expect(line).toMatch(new RegExp(`^${families.at(-1)}(_total|_bucket|_sum|_count)?[{ ]`));
    }
    expect(families.length).toBeGreaterThan(10);
    expect(new Set(families).size).toBe(families.length);
  });
});
