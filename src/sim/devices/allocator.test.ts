import { describe, expect, it } from 'vitest';
import { ask, claim, deviceClass, DRIVER, gpu, plainNode, slice } from '../../../test/support/devices.ts';
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../api/resource.ts';
import { allocate, heldDevices } from './allocator.ts';
import { gatherPools } from './pools.ts';

const CLASSES = [
  deviceClass('gpu', `device.driver == "${DRIVER}"`),
  deviceClass('big', 'device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0'),
];

const A = gpu('a', { model: 'A100', numa: 0, driver: 'v535.1.0' }, { memory: '40Gi' });
const B = gpu('b', { model: 'A100', numa: 1, driver: 'v550.0.0' }, { memory: '80Gi' });
const C = gpu('c', { model: 'T4', numa: 1, driver: 'v550.2.0' }, { memory: '16Gi' });
const NODE = slice('n', [A, B, C]);

interface Given {
  readonly slices?: readonly ResourceSlice[];
  readonly taken?: readonly string[];
  readonly classes?: readonly DeviceClass[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** Devices by claim, as `request:device`. */
function devices(claims: readonly ResourceClaim[], given: Given = {}): string[][] | undefined {
  return results(claims, given)?.map(({ devices: { results: all } }) =>
    all.map(({ request, device }) => `${request}:${device}`),
  );
}

function results(
  claims: readonly ResourceClaim[],
  { slices = [NODE], taken = [], classes = CLASSES, labels = {} }: Given,
) {
  const node = plainNode('n', labels);
  return allocate(claims, node, gatherPools(slices, node), {
    deviceClass: (name) => classes.find(({ metadata }) => metadata.name === name),
    isAllocated: (id) => taken.includes(id.split('/')[2] ?? ''),
  });
}

const wants = (...requests: (readonly [string, ReturnType<typeof ask>])[]): ResourceClaim =>
  claim('c', { requests: requests.map(([name, exactly]) => ({ name, exactly })) });

describe('exact counts', () => {
  it('takes the first devices that are free, in the order of pool, slice and device', () => {
    expect(devices([wants(['r', ask(2)])])).toEqual([['r:a', 'r:b']]);
    expect(devices([wants(['r', ask(2)])], { taken: ['a'] })).toEqual([['r:b', 'r:c']]);
  });

  it('finds nothing where there are too few', () => {
    expect(devices([wants(['r', ask(3)])], { taken: ['c'] })).toBeUndefined();
  });

  it('takes no device twice, for several requests and claims of one pod', () => {
    const two = [wants(['x', ask()], ['y', ask()]), claim('d', { requests: [{ name: 'z', exactly: ask() }] })];
    expect(devices(two)).toEqual([['x:a', 'y:b'], ['z:c']]);
  });

  it('goes back: the first request gives way to a choosier one', () => {
    const choosy = ask(
      1,
      'device.attributes["gpu.example.com"].model == "A100"',
      'device.attributes["gpu.example.com"].numa == 0',
    );
    expect(devices([wants(['any', ask()], ['choosy', choosy])])).toEqual([['any:b', 'choosy:a']]);
  });

  it('is held to 32 devices a claim', () => {
    const many = slice(
      'n',
      Array.from({ length: 40 }, (_, i) => gpu(`g${i}`)),
    );
    expect(devices([wants(['r', ask(32)])], { slices: [many] })?.[0]).toHaveLength(32);
    expect(() => devices([wants(['r', ask(33)])], { slices: [many] })).toThrow(
      'claim default/c: number of requested devices 33 exceeds the claim limit of 32',
    );
  });
});

describe('selectors', () => {
  it.each([
    ['device.attributes["gpu.example.com"].model == "T4"', 'r:c'],
    ['device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("40Gi"))', 'r:b'],
    ['device.attributes["gpu.example.com"].driver.isGreaterThan(semver("550.0.0"))', 'r:c'],
    ['"other.example.com" in device.attributes || device.attributes["gpu.example.com"].numa == 1', 'r:b'],
    ['cel.bind(gpu, device.attributes["gpu.example.com"], gpu.model.startsWith("A") && gpu.numa > 0)', 'r:b'],
    ['has(device.attributes["gpu.example.com"].uuid) ? false : device.attributes["gpu.example.com"].numa == 0', 'r:a'],
    ['device.attributes["none.example.com"].?x.orValue(1) == 1', 'r:a'],
  ])('%s', (expression, wanted) => {
    expect(devices([wants(['r', ask(1, expression)])])).toEqual([[wanted]]);
  });

  it("need the class's as well as the request's", () => {
    const big = { ...ask(1, 'device.attributes["gpu.example.com"].numa == 1'), deviceClassName: 'big' };
    expect(devices([wants(['r', big])])).toEqual([['r:b']]);
  });

  it('end the attempt where they fail on a device', () => {
    const request = wants(['r', ask(1, 'device.attributes["gpu.example.com"].uuid == "x"')]);
    expect(() => devices([request])).toThrow(
      `claim default/c: selector #0 on device ${DRIVER}/n/a: CEL runtime error: no such key: uuid`,
    );
  });

  it('end the attempt where the class is missing', () => {
    expect(() => devices([wants(['r', { ...ask(), deviceClassName: 'fpga' }])])).toThrow(
      'claim default/c, request r: could not retrieve device class fpga',
    );
  });
});

describe('all devices', () => {
  const a100 = 'device.attributes["gpu.example.com"].model == "A100"';

  it('takes all that match', () => {
    expect(devices([wants(['r', ask('All', a100)])])).toEqual([['r:a', 'r:b']]);
  });

  it('finds nothing where one of them is taken, or none matches', () => {
    expect(devices([wants(['r', ask('All', a100)])], { taken: ['b'] })).toBeUndefined();
    expect(devices([wants(['r', ask('All', 'false')])])).toBeUndefined();
  });

  it('waits for a pool to be whole', () => {
    const half = slice('n', [A], { pool: { name: 'n', generation: 1, resourceSliceCount: 2 } });
    expect(() => devices([wants(['r', ask('All')])], { slices: [half] })).toThrow(
      `claim default/c, request r: asks for all devices, but resource pool ${DRIVER}/n is currently being updated`,
    );
    expect(devices([wants(['r', ask()])], { slices: [half] })).toBeUndefined();
  });
});

describe('the first alternative that is to be had', () => {
  const either = claim('c', {
    requests: [
      {
        name: 'r',
        firstAvailable: [
          { name: 'two-big', ...ask(2, 'device.capacity["gpu.example.com"].memory.compareTo(quantity("80Gi")) >= 0') },
          { name: 'one-big', ...ask(1, 'device.capacity["gpu.example.com"].memory.compareTo(quantity("80Gi")) >= 0') },
          { name: 'small', ...ask(1) },
        ],
      },
    ],
  });

  it('is taken', () => {
    expect(devices([either])).toEqual([['r/one-big:b']]);
    expect(devices([either], { taken: ['b'] })).toEqual([['r/small:a']]);
    expect(devices([either], { taken: ['a', 'b', 'c'] })).toBeUndefined();
  });

  it('gives way where a later request could not be met otherwise', () => {
    const needsB = claim('d', {
      requests: [{ name: 's', exactly: ask(1, 'device.attributes["gpu.example.com"].driver == semver("550.0.0")') }],
    });
    expect(devices([either, needsB])).toEqual([['r/small:a'], ['s:b']]);
  });
});

describe('constraints', () => {
  const paired = (requests: readonly string[]): ResourceClaim =>
    claim('c', {
      requests: [
        { name: 'x', exactly: ask() },
        { name: 'y', exactly: ask() },
      ],
      constraints: [{ requests, matchAttribute: 'gpu.example.com/numa' }],
    });

  it('hold devices to one value of an attribute', () => {
    // a is on NUMA node 0 and alone there.
    expect(devices([paired([])])).toEqual([['x:b', 'y:c']]);
    expect(devices([paired([])], { taken: ['c'] })).toBeUndefined();
  });

  it('are about the requests they name', () => {
    expect(devices([paired(['y'])])).toEqual([['x:a', 'y:b']]);
  });

  it('need the attribute to be there', () => {
    const bare = slice('n', [gpu('d'), gpu('e')]);
    expect(devices([paired([])], { slices: [bare] })).toBeUndefined();
  });

  it('are an error where all devices are asked for and differ', () => {
    const all = claim('c', {
      requests: [{ name: 'x', exactly: ask('All') }],
      constraints: [{ matchAttribute: 'gpu.example.com/numa' }],
    });
    expect(() => devices([all])).toThrow(
      `claim default/c, request x: cannot add device ${DRIVER}/n/b because a claim constraint would not be satisfied`,
    );
  });
});

describe('administrators', () => {
  const admin = { ...ask('All'), adminAccess: true };

  it('have devices beside their users', () => {
    const allocation = results([wants(['r', admin])], { taken: ['a', 'b', 'c'] });
    expect(allocation?.[0]?.devices.results.map(({ device, adminAccess }) => [device, adminAccess])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ]);
    expect(allocation?.flatMap(heldDevices)).toEqual([]);
  });
});

describe('pools', () => {
  it('count the latest generation alone', () => {
    const old = slice('n', [A], { pool: { name: 'n', generation: 1, resourceSliceCount: 1 } }, 'old');
    const young = slice('n', [C], { pool: { name: 'n', generation: 2, resourceSliceCount: 1 } }, 'young');
    expect(devices([wants(['r', ask()])], { slices: [young, old] })).toEqual([['r:c']]);
  });

  it('with a name that two devices have are of no use', () => {
    const twice = slice('n', [A, A]);
    expect(() => devices([wants(['r', ask()])], { slices: [twice] })).toThrow(
      'invalid resource pools were encountered',
    );
    expect(devices([wants(['r', ask()])], { slices: [twice, slice('other', [B], { allNodes: true })] })).toEqual([
      ['r:b'],
    ]);
  });

  it('are within reach by the name of the node, by a selector, or for all', () => {
    const zone = {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['z'] } as const] }],
    };
    const network = slice('net', [C], { nodeSelector: zone });
    expect(devices([wants(['r', ask()])], { slices: [slice('m', [A]), network] })).toBeUndefined();
    expect(devices([wants(['r', ask()])], { slices: [network], labels: { zone: 'z' } })).toEqual([['r:c']]);
    expect(results([wants(['r', ask()])], { slices: [network], labels: { zone: 'z' } })?.[0]?.nodeSelector).toEqual(
      zone,
    );
    expect(
      results([wants(['r', ask()])], { slices: [slice('all', [C], { allNodes: true })] })?.[0]?.nodeSelector,
    ).toBeUndefined();
    expect(results([wants(['r', ask()])], {})?.[0]?.nodeSelector).toEqual({
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }],
    });
  });
});

describe('configuration', () => {
  const opaque = (x: number) => ({ opaque: { driver: DRIVER, parameters: { x } } });

  it("is the classes', once each, then the claim's; without requests it is for all", () => {
    const classes = [{ ...deviceClass('gpu'), spec: { config: [opaque(1)] } }];
    const configured = claim('c', {
      requests: [
        { name: 'x', exactly: ask() },
        { name: 'y', firstAvailable: [{ name: 'one', ...ask() }] },
      ],
      config: [opaque(2), { ...opaque(3), requests: ['y/one'] }, { ...opaque(4), requests: ['y/two'] }],
    });
    expect(results([configured], { classes })?.[0]?.devices.config).toEqual([
      { source: 'FromClass', ...opaque(1) },
      { source: 'FromClaim', ...opaque(2) },
      { source: 'FromClaim', requests: ['y/one'], ...opaque(3) },
    ]);
  });
});
