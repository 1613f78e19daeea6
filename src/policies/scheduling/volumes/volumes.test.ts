import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod, Volume } from '../../../sim/api/core.ts';
import type { CSINode, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../sim/api/storage.ts';
import type { StorageObjects } from '../../../sim/scheduler/framework.ts';
import { matchVolumes, provisioning } from '../../../sim/storage/volume-matching.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import type { Cycle, PluginHandle } from '../../../sim/scheduler/framework.ts';
import type { NodeView } from '../../../sim/scheduler/node-view.ts';
import type { PodInfo } from '../../../sim/scheduler/pod-class.ts';

const metadata = (name: string, more: object = {}): Pod['metadata'] =>
  ({ name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '', ...more }) as Pod['metadata'];

const node = (labels: Record<string, string> = {}): KubeNode =>
  ({ metadata: metadata('n', { labels }), spec: {}, status: {} }) as unknown as KubeNode;

const claim = (name: string, spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim =>
  ({
    metadata: metadata(name),
    spec: {
      storageClassName: 'local',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '5Gi' } },
      ...spec,
    },
  }) as unknown as PersistentVolumeClaim;

const volume = (
  name: string,
  size: string,
  spec: PersistentVolume['spec'] = {},
  phase = 'Available',
): PersistentVolume =>
  ({
    metadata: metadata(name, { labels: { tier: name } }),
    spec: { storageClassName: 'local', capacity: { storage: size }, accessModes: ['ReadWriteOnce'], ...spec },
    status: { phase },
  }) as unknown as PersistentVolume;

interface World {
  readonly volumes?: readonly PersistentVolume[];
  readonly classes?: readonly object[];
  readonly drivers?: readonly string[];
  readonly capacities?: readonly object[];
}

function storageOf({ volumes = [], classes = [], drivers = [], capacities = [] }: World): StorageObjects {
  return {
    claim: () => undefined,
    volume: (name) => volumes.find((one) => one.metadata.name === name),
    volumesOfClass: (name) => volumes.filter(({ spec }) => (spec.storageClassName ?? '') === name),
    storageClass: (name) => classes.find((one) => (one as StorageClass).metadata.name === name) as StorageClass,
    csiNode: () => undefined as CSINode | undefined,
    csiDriver: (name) => (drivers.includes(name) ? ({ spec: { storageCapacity: true } } as never) : undefined),
    storageCapacities: () => capacities as never,
    csiNodeVersion: 0,
    attachments: () => [],
    attachmentCount: () => 0,
    attachmentTotal: 0,
    version: 0,
  };
}

const withoutVolume = (...args: Parameters<typeof matchVolumes>): readonly PersistentVolumeClaim[] =>
  matchVolumes(...args).left;

const names = (claims: readonly PersistentVolumeClaim[]): string[] => claims.map((one) => one.metadata.name);

describe('volumes for claims that wait for a node', () => {
  it('are the smallest that are large enough, for the smallest claim first', () => {
    const storage = storageOf({ volumes: [volume('big', '20Gi'), volume('small', '5Gi')] });
    const large = claim('large', { resources: { requests: { storage: '8Gi' } } });
    expect(withoutVolume(storage, [large, claim('a')], node())).toEqual([]);
    expect(names(withoutVolume(storage, [large, claim('a'), claim('b')], node()))).toEqual(['large']);
  });

  it('are free, of the mode and with the access that the claim wants', () => {
    const unfit = [
      volume('bound', '5Gi', {}, 'Bound'),
      volume('block', '5Gi', { volumeMode: 'Block' }),
      volume('reader', '5Gi', { accessModes: ['ReadOnlyMany'] }),
      volume('other', '5Gi', { claimRef: { namespace: 'default', name: 'other' } }),
      volume('small', '1Gi'),
    ];
    expect(names(withoutVolume(storageOf({ volumes: unfit }), [claim('a')], node()))).toEqual(['a']);
  });

  it('may be promised to a claim, and are then the only ones for it', () => {
    const promised = (labels: string): PersistentVolume =>
      volume('mine', '5Gi', {
        claimRef: { namespace: 'default', name: 'a' },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [labels] }] }] },
        },
      });
    const volumes = (zone: string): PersistentVolume[] => [promised(zone), volume('free', '5Gi')];
    expect(withoutVolume(storageOf({ volumes: volumes('a') }), [claim('a')], node({ zone: 'a' }))).toEqual([]);
    expect(names(withoutVolume(storageOf({ volumes: volumes('b') }), [claim('a')], node({ zone: 'a' })))).toEqual([
      'a',
    ]);
  });

  it('are selected by their labels', () => {
    const storage = storageOf({ volumes: [volume('gold', '5Gi')] });
    const wants = (tier: string): PersistentVolumeClaim => claim('a', { selector: { matchLabels: { tier } } });
    expect(withoutVolume(storage, [wants('gold')], node())).toEqual([]);
    expect(names(withoutVolume(storage, [wants('silver')], node()))).toEqual(['a']);
  });
});

describe('volumes that are to be made', () => {
  const fast = { metadata: metadata('fast'), provisioner: 'csi.example' };
  const wanted = claim('a', { storageClassName: 'fast' });
  const capacity = (size: object): object => ({ storageClassName: 'fast', nodeTopology: {}, ...size });

  it('need a class with a provisioner', () => {
    expect(provisioning(storageOf({ classes: [fast] }), [wanted], node())).toBe('possible');
    expect(provisioning(storageOf({}), [wanted], node())).toEqual({ error: 'failed to find storage class "fast"' });
    const none = { ...fast, provisioner: 'kubernetes.io/no-provisioner' };
    expect(provisioning(storageOf({ classes: [none] }), [wanted], node())).toBe('unbindable');
    const { storageClassName: _, ...classless } = wanted.spec;
    const bare = { ...wanted, spec: classless };
    expect(provisioning(storageOf({}), [bare], node())).toEqual({ error: 'no class for claim "default/a"' });
  });

  it('need a node where the class allows them', () => {
    const allowedTopologies = [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'b'] }] }];
    const storage = storageOf({ classes: [{ ...fast, allowedTopologies }] });
    expect(provisioning(storage, [wanted], node({ zone: 'b' }))).toBe('possible');
    expect(provisioning(storage, [wanted], node({ zone: 'c' }))).toBe('unbindable');
    expect(provisioning(storage, [wanted], node())).toBe('unbindable');
  });

  it('need room, where the driver says how much there is', () => {
    const world = (capacities: readonly object[], drivers = ['csi.example']): StorageObjects =>
      storageOf({ classes: [fast], drivers, capacities });
    expect(provisioning(world([], []), [wanted], node())).toBe('possible');
    expect(provisioning(world([]), [wanted], node())).toBe('full');
    expect(provisioning(world([capacity({ capacity: '5Gi' })]), [wanted], node())).toBe('possible');
    expect(provisioning(world([capacity({ capacity: '5Gi', maximumVolumeSize: '4Gi' })]), [wanted], node())).toBe(
      'full',
    );
    expect(provisioning(world([capacity({ capacity: '9Gi', nodeTopology: undefined })]), [wanted], node())).toBe(
      'full',
    );
  });
});

describe('disks in the spec of a pod', () => {
  const plugin = volumeRestrictions({ objects: {} } as unknown as PluginHandle);
  const pod = (source: Partial<Volume>): PodInfo =>
    ({ pod: { metadata: metadata('p'), spec: { containers: [], volumes: [{ name: 'v', ...source }] } } }) as never;
  const verdict = (ours: Partial<Volume>, theirs: Partial<Volume>): readonly string[] | undefined => {
    const cycle = { state: new Map() } as unknown as Cycle;
    expect(plugin.preFilter?.(cycle, pod(ours))).toBeUndefined();
    return plugin.filter?.(cycle, pod(ours), { pods: [pod(theirs)] } as unknown as NodeView)?.reasons;
  };
  const conflict = ['node(s) had no available disk'];

  it('are mounted once on a node, or by all for reading', () => {
    const disk = (pdName: string, readOnly: boolean): Partial<Volume> => ({ gcePersistentDisk: { pdName, readOnly } });
    expect(verdict(disk('a', false), disk('a', true))).toEqual(conflict);
    expect(verdict(disk('a', true), disk('a', true))).toBeUndefined();
    expect(verdict(disk('a', false), disk('b', false))).toBeUndefined();
  });

  it('of AWS once in any case', () => {
    const disk = { awsElasticBlockStore: { volumeID: 'x', readOnly: true } };
    expect(verdict(disk, disk)).toEqual(conflict);
  });

  it('of Ceph by pool and image, wherever monitors are shared', () => {
    const image = (monitors: string[], more: object = {}): Partial<Volume> => ({
      rbd: { monitors, image: 'i', ...more },
    });
    expect(verdict(image(['a', 'b']), image(['b'], { pool: 'rbd' }))).toEqual(conflict);
    expect(verdict(image(['a']), image(['b']))).toBeUndefined();
    expect(verdict(image(['a']), image(['a'], { pool: 'other' }))).toBeUndefined();
  });
});
