import { describe, expect, it } from 'vitest';
import { HandMadeRun, node } from '../../test/support/hand-made-run.ts';
import { ABSENT, FULL, NodeFrames, NOT_READY } from './node-frames.ts';
import { nodeMap } from './report/node-map.ts';

const SIZE = { cpu: '4', memory: '8Gi', pods: '10' };

describe('frames of nodes', () => {
  it('keeps a bounded number, and in them every peak and every failure', () => {
    const run = new HandMadeRun();
    run.write(0, node('a', SIZE));
    const [a] = run.nodes.nodes.values();
    const frames = new NodeFrames(4);
    for (let time = 1; time <= 64; time++) {
      if (time === 33) run.write(33, node('b', SIZE));
      if (a !== undefined) {
        a.requested.cpu = time === 17 ? 4000 : 1000;
        a.ready = time !== 50;
      }
      frames.take(time, run.nodes);
    }
    expect(frames.frames.map(({ time }) => time)).toEqual([16, 32, 48, 64]);
    expect(frames.frames.map(({ cells }) => cells.cpu[0])).toEqual([63, FULL, 63, NOT_READY]);
    expect(frames.frames.map(({ cells }) => cells.cpu.length)).toEqual([1, 1, 2, 2]);
  });

  it('shows a node that has not come, or is gone, as absent', () => {
    const run = new HandMadeRun();
    const frames = new NodeFrames();
    run.write(0, node('a', SIZE));
    frames.take(1, run.nodes);
    run.write(1, node('b', SIZE, { labels: { 'topology.kubernetes.io/zone': 'z' } }));
    run.delete(1, node('a', SIZE));
    frames.take(2, run.nodes);
    expect([...(frames.frames[1]?.cells.cpu ?? [])]).toEqual([ABSENT, 0]);
    const map = nodeMap(run.recording(2, { frames: frames.frames }));
    // Runs of a value and a length, node by node.
    expect([...Buffer.from(map.cells['cpu'] ?? '', 'base64')]).toEqual([0, 1, ABSENT, 1, ABSENT, 1, 0, 1]);
    expect([map.zones, map.zoneOf]).toEqual([
      ['', 'z'],
      [0, 1],
    ]);
    expect(map.metrics).toEqual(['cpu', 'memory', 'pods']);
  });
});
