import { describe, expect, it } from 'vitest';
import { ask, claim, deviceClass, gpu, slice } from '../../../test/support/devices.ts';
import { Bench } from '../../../test/support/scheduler-bench.ts';
import type { Pod } from '../../sim/api/core.ts';
import type { KubeObject } from '../../sim/api/meta.ts';
import type { ResourceClaim } from '../../sim/api/resource.ts';

/** Two nodes with a GPU each, of which `m`'s is the bigger. */
function bench(): Bench {
  const made = new Bench();
  made.node('n', '8');
  made.node('m', '8');
  create(made, deviceClass('gpu'));
  create(made, slice('n', [gpu('g', { gigabytes: 40 })]));
  create(made, slice('m', [gpu('g', { gigabytes: 80 })]));
  made.scheduler.start();
  return made;
}

function create({ server }: Bench, object: KubeObject): void {
  const { namespace = '', name } = object.metadata;
  // The server numbers it anew.
  const body = { ...object, metadata: { ...object.metadata, uid: undefined } };
  const result = server.handle({ verb: 'create', kind: object.kind, namespace, name, body });
  if (!result.ok) throw new Error(result.status.message);
}

const bigger = ask(1, 'device.attributes["gpu.example.com"].gigabytes > 40');

function pod(made: Bench, name: string, ...claims: readonly string[]): void {
  made.pod(name, '1', { resourceClaims: claims.map((one) => ({ name: one, resourceClaimName: one })) });
}

function failures({ events }: Bench): string[] {
  return events.filter(({ reason }) => reason === 'FailedScheduling').map(({ message }) => message);
}

function stored({ server }: Bench, name: string): ResourceClaim {
  return server.get<ResourceClaim>('ResourceClaim', 'default', name) as ResourceClaim;
}

const one = { requests: [{ name: 'r', exactly: ask() }] };

describe('a pod with a claim', () => {
  it('goes where there is such a device; the claim says which, where, and for whom', () => {
    const made = bench();
    create(made, claim('c', { requests: [{ name: 'r', exactly: bigger }] }));
    pod(made, 'p', 'c');
    made.run(2);
    expect(made.nodeOf('p')).toBe('m');
    const { metadata, status } = stored(made, 'c');
    expect(metadata.finalizers).toEqual(['resource.kubernetes.io/delete-protection']);
    expect(status).toEqual({
      allocation: {
        devices: { results: [{ request: 'r', driver: 'gpu.example.com', pool: 'm', device: 'g' }] },
        nodeSelector: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m'] }] }],
        },
      },
      reservedFor: [{ resource: 'pods', name: 'p', uid: made.server.get<Pod>('Pod', 'default', 'p')?.metadata.uid }],
    });
  });

  it('is told the words of the real plugin where no node has one', () => {
    const made = bench();
    create(made, claim('c', { requests: [{ name: 'r', exactly: ask(2) }] }));
    pod(made, 'p', 'c');
    made.run(2);
    expect(failures(made)).toEqual([
      '0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    ]);
  });

  it('waits for its device class, and is tried again when that comes', () => {
    const made = bench();
    create(made, claim('c', { requests: [{ name: 'r', exactly: { ...ask(), deviceClassName: 'fpga' } }] }));
    pod(made, 'p', 'c');
    made.run(1);
    expect(failures(made)[0]).toMatch(/^0\/2 nodes are available: request r: device class fpga does not exist\./);
    create(made, deviceClass('fpga'));
    // Rejected once, so it backs off for 1 s; with nothing else to do it is popped before that.
    made.run(3);
    expect(made.nodeOf('p')).toBeDefined();
  });

  it('is tried again when its device class takes other devices than before', () => {
    const made = bench();
    create(made, deviceClass('big', 'device.attributes["gpu.example.com"].gigabytes > 100'));
    create(made, claim('c', { requests: [{ name: 'r', exactly: { ...ask(), deviceClassName: 'big' } }] }));
    pod(made, 'p', 'c');
    made.run(1);
    expect(failures(made)[0]).toMatch('2 cannot allocate all claims');
    const patch = { spec: deviceClass('big', 'device.attributes["gpu.example.com"].gigabytes > 50').spec };
    made.server.handle({ verb: 'patch', kind: 'DeviceClass', namespace: '', name: 'big', patch });
    made.run(3);
    expect(made.nodeOf('p')).toBe('m');
  });

  it('is held back before it is tried while the claim is missing', () => {
    const made = bench();
    pod(made, 'p', 'c');
    made.run(5);
    expect(made.decisions).toEqual([]);
    create(made, claim('c', one));
    made.run(6);
    expect(made.nodeOf('p')).toBeDefined();
    expect(made.decisions.map(({ attempt }) => attempt)).toEqual([1]);
  });

  it('fails, and is tried again, where an expression fails on a device', () => {
    const made = bench();
    create(
      made,
      claim('c', { requests: [{ name: 'r', exactly: ask(1, 'device.attributes["gpu.example.com"].no == 1') }] }),
    );
    pod(made, 'p', 'c');
    made.run(1);
    expect(made.decisions[0]).toMatchObject({ result: 'error', rejectingPlugins: [] });
    expect(failures(made)[0]).toMatch(
      /selector #0 on device gpu.example.com\/.\/g: CEL runtime error: no such key: no$/,
    );
  });
});

describe('claims in use', () => {
  it('take their devices out of the reach of other claims', () => {
    const made = bench();
    for (const name of ['a', 'b', 'c']) create(made, claim(name, one));
    for (const name of ['a', 'b', 'c']) pod(made, `pod-${name}`, name);
    made.run(2);
    const nodes = ['a', 'b', 'c'].map((name) => made.nodeOf(`pod-${name}`));
    expect(new Set(nodes.slice(0, 2))).toEqual(new Set(['m', 'n']));
    expect(nodes[2]).toBeUndefined();
  });

  it('are free again as soon as they are given back', () => {
    const made = bench();
    create(made, claim('a', { requests: [{ name: 'r', exactly: bigger }] }));
    create(made, claim('b', { requests: [{ name: 'r', exactly: bigger }] }));
    pod(made, 'pa', 'a');
    made.run(1);
    pod(made, 'pb', 'b');
    made.run(10);
    expect([made.nodeOf('pa'), made.nodeOf('pb')]).toEqual(['m', undefined]);
    const patch = { status: { allocation: null, reservedFor: null } };
    made.server.handle({
      verb: 'patch',
      subresource: 'status',
      kind: 'ResourceClaim',
      namespace: 'default',
      name: 'a',
      patch,
    });
    made.run(12);
    expect(made.nodeOf('pb')).toBe('m');
  });

  it('that are shared bring pods together on a node', () => {
    const made = bench();
    create(made, claim('c', one));
    for (const name of ['p', 'q', 'r']) pod(made, name, 'c');
    made.run(5);
    const nodes = new Set(['p', 'q', 'r'].map((name) => made.nodeOf(name)));
    expect(nodes.size).toBe(1);
    expect(
      stored(made, 'c')
        .status?.reservedFor?.map(({ name }) => name)
        .sort(),
    ).toEqual(['p', 'q', 'r']);
  });

  it('keep the next pod waiting while they are on their way', () => {
    const made = bench();
    create(made, claim('c', one));
    pod(made, 'p', 'c');
    pod(made, 'q', 'c');
    made.run(5);
    expect(failures(made)[0]).toMatch(/resource claim default\/c is in the process of being allocated/);
    expect(made.nodeOf('q')).toBe(made.nodeOf('p'));
  });

  it('are used by 256 pods at most', () => {
    const made = bench();
    create(made, claim('c', one));
    const consumers = Array.from({ length: 256 }, (_, i) => ({ resource: 'pods', name: `x${i}`, uid: `u${i}` }));
    const allocation = { devices: { results: [{ request: 'r', driver: 'gpu.example.com', pool: 'n', device: 'g' }] } };
    const patch = { status: { allocation, reservedFor: consumers } };
    made.server.handle({
      verb: 'patch',
      subresource: 'status',
      kind: 'ResourceClaim',
      namespace: 'default',
      name: 'c',
      patch,
    });
    made.run(1);
    pod(made, 'p', 'c');
    made.run(2);
    expect(failures(made)[0]).toMatch(/^0\/2 nodes are available: resourceclaim in use\./);
  });

  it('that hold devices where the pod cannot go, and for nobody, are given back by PostFilter', () => {
    const made = bench();
    create(made, claim('c', one));
    const nodeSelector = {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['gone'] }] }],
    };
    const allocation = {
      devices: { results: [{ request: 'r', driver: 'gpu.example.com', pool: 'gone', device: 'g' }] },
      nodeSelector,
    };
    const patch = { status: { allocation } };
    made.server.handle({
      verb: 'patch',
      subresource: 'status',
      kind: 'ResourceClaim',
      namespace: 'default',
      name: 'c',
      patch,
    });
    made.run(1);
    pod(made, 'p', 'c');
    made.run(3);
    expect(failures(made)[0]).toMatch(
      /^0\/2 nodes are available: 2 resourceclaim not available on the node\. deallocation of ResourceClaim completed/,
    );
    expect(made.nodeOf('p')).toBeDefined();
  });
});

describe('saving and restoring', () => {
  it('goes on with claims that are on their way', () => {
    const [whole, branch] = [bench(), bench()];
    for (const name of ['a', 'b']) create(whole, claim(name, one));
    pod(whole, 'p', 'a', 'b');
    pod(whole, 'q', 'a');
    // Between the finalizer and the allocation.
    for (let at = 0.001; stored(whole, 'a').metadata.finalizers === undefined && at < 2; at += 0.001) whole.run(at);
    branch.restore(whole.save());
    for (const made of [whole, branch]) made.run(5);
    expect(branch.server.hash).toBe(whole.server.hash);
    expect(failures(branch)[0]).toMatch(/cannot allocate all claims/);
  });
});
