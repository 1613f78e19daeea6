import { describe, expect, it } from 'vitest';
import { HandMadeRun, node, pod } from '../../test/support/hand-made-run.ts';
import type { OutputFile } from './output-folder.ts';
import type { Recording } from './recording.ts';
import { writeNodes, writePods } from './tables.ts';

/** The rows of a table, each cell under its column's name. */
function rowsOf(
  write: (file: OutputFile, recording: Recording) => void,
  recording: Recording,
): Record<string, string>[] {
  let text = '';
  write({ write: (more) => (text += more) }, recording);
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const columns = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    expect(cells).toHaveLength(columns.length);
    return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']));
  });
}

describe('pods.csv', () => {
  it('has a row a pod in order of creation, times in seconds, empty where the pod never got there', () => {
    const run = new HandMadeRun();
    run.write(0, node('n', { cpu: '4', memory: '8Gi' }));
    const requests = { cpu: '500m', memory: '1Mi', 'alibabacloud.com/gpu-milli': '700' };
    run.write(1, pod('b', { requests, spec: { priority: 7 } }));
    run.write(1.5, pod('b', { requests, node: 'n' }));
    run.write(4, pod('b', { requests, node: 'n', phase: 'Running', ready: true, restarts: 2 }));
    run.write(5, pod('a'));
    run.pods.attempted('a', '0/1 nodes are available');
    const [first, second] = rowsOf(writePods, run.recording(10));
    expect(first).toMatchObject({
      pod: 'b',
      namespace: 'default',
      uid: 'b',
      priority: '7',
      node: 'n',
      phase: 'Running',
      reason: '',
      cpu_request_cores: '0.5',
      memory_request_bytes: '1048576',
      gpu_request: '0.7',
      created_seconds: '1',
      scheduled_seconds: '1.5',
      running_seconds: '4',
      ready_seconds: '4',
      finished_seconds: '',
      deletion_seconds: '',
      deleted_seconds: '',
      container_restarts: '2',
    });
    expect(second).toMatchObject({
      pod: 'a',
      node: '',
      phase: 'Pending',
      created_seconds: '5',
      scheduled_seconds: '',
      running_seconds: '',
      scheduling_attempts: '1',
      unschedulable_message: '0/1 nodes are available',
    });
  });

  it('says Deleted of pods that are gone, and when', () => {
    const run = new HandMadeRun();
    run.write(1, pod('a'));
    run.write(2, pod('a', { deleting: true }));
    run.delete(3, pod('a'));
    expect(rowsOf(writePods, run.recording(10))).toMatchObject([
      { phase: 'Deleted', deletion_seconds: '2', deleted_seconds: '3' },
    ]);
  });
});

describe('nodes.csv', () => {
  const SIZE = { cpu: '4', memory: '8Gi', pods: '110' };

  it('has means over the whole life: 2 of 4 cores for 30 of 60 s are a quarter', () => {
    const run = new HandMadeRun();
    run.write(1, node('n', SIZE, { labels: { 'topology.kubernetes.io/zone': 'z' } }));
    run.write(11, pod('a', { node: 'n', requests: { cpu: '2' } }));
    run.write(41, pod('a', { node: 'n', requests: { cpu: '2' }, phase: 'Succeeded' }));
    expect(rowsOf(writeNodes, run.recording(61))).toMatchObject([
      {
        node: 'n',
        zone: 'z',
        registered_seconds: '1',
        removed_seconds: '',
        ready: 'true',
        not_ready_seconds: '0',
        cpu_allocatable_cores: '4',
        pods_allocatable: '110',
        cpu_requested_cores: '0',
        cpu_requested_mean_ratio: '0.25',
        cpu_requested_peak_ratio: '0.5',
        gpu_requested_mean_ratio: '',
        pods: '0',
        pods_peak: '1',
        pods_scheduled_total: '1',
      },
    ]);
  });

  it('counts a node as not Ready up to the end of the run, and no longer than it was there', () => {
    const run = new HandMadeRun();
    for (const name of ['down', 'gone']) run.write(0, node(name, SIZE));
    for (const name of ['down', 'gone']) run.write(10, node(name, SIZE, { ready: false }));
    run.delete(25, node('gone', SIZE));
    expect(rowsOf(writeNodes, run.recording(40))).toMatchObject([
      { node: 'down', ready: 'false', not_ready_seconds: '30', removed_seconds: '' },
      { node: 'gone', ready: 'false', not_ready_seconds: '15', removed_seconds: '25' },
    ]);
  });
});
