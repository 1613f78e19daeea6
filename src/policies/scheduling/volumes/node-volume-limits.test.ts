import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../test/property-runs.ts';
import type { KubeNode, Pod } from '../../../sim/api/core.ts';
import type { StorageObjects } from '../../../sim/scheduler/framework.ts';
import type { Cycle, PluginHandle } from '../../../sim/scheduler/framework.ts';
import { NodeTable } from '../../../sim/scheduler/node-table.ts';
import type { NodeView } from '../../../sim/scheduler/node-view.ts';
import { PodClasses } from '../../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../../sim/scheduler/resource-names.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';

/** A claim's volume: of a driver, by a handle that several claims may share. */
const someVolume = fc.record({ driver: fc.constantFrom('a', 'b'), handle: fc.nat(3) });
const somePod = fc.array(someVolume, { maxLength: 3 });
/** How many volumes of each driver the node takes; undefined: as many as come. */
const someLimits = fc.record({ a: fc.option(fc.nat(5)), b: fc.option(fc.nat(5)) });
const someNode = fc.record({ limits: someLimits, pods: fc.array(somePod, { maxLength: 4 }), attached: somePod });

type VolumeDraw = { readonly driver: 'a' | 'b'; readonly handle: number };
const metadata = (name: string): Pod['metadata'] => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});
/** A claim's name says which volume it has. */
const claimName = ({ driver, handle }: VolumeDraw): string => `${driver}-${handle}`;

function podOf(name: string, volumes: readonly VolumeDraw[]): Pod {
  const claims = volumes.map((volume, i) => ({
    name: `v${i}`,
    persistentVolumeClaim: { claimName: claimName(volume) },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(name),
    spec: { containers: [{ name: 'c', image: 'i' }], volumes: claims },
    status: { phase: 'Pending' },
  } as unknown as Pod;
}

describe('the limit on volumes', () => {
  it('counts each volume of a driver once, those of pods and attached ones alike', () => {
    fc.assert(
      fc.property(fc.array(someNode, { minLength: 1, maxLength: 4 }), somePod, (nodes, wanted) => {
        const classes = new PodClasses(new ResourceNames());
        const table = new NodeTable(classes);
        for (const [i, { pods }] of nodes.entries()) {
          const spec = { apiVersion: 'v1', kind: 'Node', metadata: metadata(`n${i}`), spec: {}, status: {} };
          table.setNode(spec as unknown as KubeNode);
          for (const [k, volumes] of pods.entries()) table.addPod(classes.info(podOf(`n${i}-${k}`, volumes)), `n${i}`);
        }
        const attachments = (name: string): VolumeDraw[] => nodes[Number(name.slice(1))]?.attached ?? [];
        const storage = {
          claim: (key: string) => ({
            metadata: metadata(key.slice('default/'.length)),
            spec: { volumeName: key.slice('default/'.length) },
          }),
          volume: (name: string) => ({
            metadata: metadata(name),
            spec: { csi: { driver: name[0], volumeHandle: name } },
          }),
          csiNode: (name: string) => {
            const { limits } = nodes[Number(name.slice(1))] as { limits: Record<string, number | null> };
            const drivers = Object.entries(limits).map(([driver, count]) =>
              count === null ? { name: driver } : { name: driver, allocatable: { count } },
            );
            return { metadata: metadata(name), spec: { drivers } };
          },
          csiNodeVersion: 1,
          attachments: (name: string) =>
            attachments(name).map((volume) => ({
              spec: { attacher: volume.driver, source: { persistentVolumeName: claimName(volume) } },
            })),
          attachmentCount: (name: string) => attachments(name).length,
          attachmentTotal: nodes.reduce((sum, { attached }) => sum + attached.length, 0),
        } as unknown as StorageObjects;
        const plugin = nodeVolumeLimits({ table, objects: { storage } } as unknown as PluginHandle);
        const cycle = { state: new Map() } as unknown as Cycle;
        const pod = classes.info(podOf('new', wanted));
        if (plugin.preFilter?.(cycle, pod) !== undefined) return;
        const fits = nodes.map(({ limits, pods, attached }) => {
          const there = new Set(pods.flat().map(claimName));
          const more = wanted.filter((volume) => !there.has(claimName(volume)));
          return (['a', 'b'] as const).every((driver) => {
            const limit = limits[driver];
            const added = new Set(more.filter((volume) => volume.driver === driver).map(claimName));
            if (limit === null || added.size === 0) return true;
            const all = new Set([...pods.flat(), ...attached].filter((one) => one.driver === driver).map(claimName));
            return all.size + added.size <= limit;
          });
        });
        const found = nodes.map(
          (_node, i) =>
            plugin.filter?.(cycle, pod, table.views[table.rowOf(`n${i}`) as number] as NodeView) === undefined,
        );
        expect(found).toEqual(fits);
        if (plugin.passesAll?.(cycle, pod) === true) expect(fits).not.toContain(false);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});
