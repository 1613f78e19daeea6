import type { DeviceSelector, ResourceClaim } from '../api/resource.ts';
import { CelError } from '../cel/cel.ts';
import { AllocationError, titleOf } from './ask.ts';
import type { Ask } from './ask.ts';
import { deviceSelector } from './device-selector.ts';
import type { PooledDevice } from './pools.ts';

/**
 * Whether a device meets all selectors of the request's class and of the request. Throws an AllocationError for an
 * expression that cannot be compiled, or fails on the device.
 */
export function matchesAll(
  claim: ResourceClaim,
  { ask, deviceClass }: Pick<Ask, 'ask' | 'deviceClass'>,
  device: PooledDevice,
): boolean {
  // Conditions that a driver has to see to before a pod is bound: alpha in 1.34.
  if ((device.device.bindingConditions?.length ?? 0) > 0) return false;
  return (
    meets(deviceClass.spec.selectors ?? [], device, () => `class ${deviceClass.metadata.name}`) &&
    meets(ask.selectors ?? [], device, () => `claim ${titleOf(claim)}`)
  );
}

function meets(selectors: readonly DeviceSelector[], device: PooledDevice, owner: () => string): boolean {
  return selectors.every(({ cel }, index) => {
    const selector = deviceSelector(cel?.expression ?? '');
    if (selector instanceof CelError) {
      throw new AllocationError(`${owner()}: selector #${index}: CEL compile error: ${selector.message}`);
    }
    try {
      return selector.matches(device.driver, device.device);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const at = `${owner()}: selector #${index} on device ${device.id}`;
      throw new AllocationError(`${at}: CEL runtime error: ${error.message}`);
    }
  });
}
