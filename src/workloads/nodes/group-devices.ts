import type { Device, DeviceAttribute } from '../../sim/api/resource.ts';
import type { DriverDevices } from '../../sim/node/device-drivers.ts';
import type { NodeGroupSpec } from '../scenario-schema.ts';

type DeviceGroup = NodeGroupSpec['devices'][number];

/** The devices of each node of a group, one entry a driver, in the order in which drivers are first named. */
export function groupDevices(groups: readonly DeviceGroup[]): readonly DriverDevices[] {
  const byDriver = new Map<string, Device[]>();
  for (const group of groups) {
    const devices = byDriver.get(group.driver) ?? [];
    byDriver.set(group.driver, devices);
    for (let index = 0; index < group.count; index++) devices.push(deviceOf(group, index));
  }
  return [...byDriver].map(([driver, devices]) => ({ driver, devices }));
}

function deviceOf({ name, attributes, capacity }: DeviceGroup, index: number): Device {
  const values = Object.entries(attributes).map(([key, value]) => [key, attributeOf(value)] as const);
  const capacities = Object.entries(capacity).map(([key, value]) => [key, { value: String(value) }] as const);
  return {
    name: `${name}-${index}`,
    ...(values.length === 0 ? {} : { attributes: Object.fromEntries(values) }),
    ...(capacities.length === 0 ? {} : { capacity: Object.fromEntries(capacities) }),
  };
}

function attributeOf(value: DeviceGroup['attributes'][string]): DeviceAttribute {
  if (typeof value === 'object') return value;
  if (typeof value === 'number') return { int: value };
  return typeof value === 'boolean' ? { bool: value } : { string: value };
}
