import type { KubeNode, NodeSelector, NodeSelectorRequirement } from '../api/core.ts';
import { MOST_DEVICES_OF_A_CLAIM } from '../api/resource.ts';
import type { AllocationResult, DeviceAsk, DeviceRequest, ResourceClaim } from '../api/resource.ts';
import { AttributeConstraint } from './attribute-constraint.ts';
import { configurationOf } from './allocated-configuration.ts';
import { AllocationError, NodeAllocationError, titleOf } from './ask.ts';
import type { Ask, DeviceState } from './ask.ts';
import { matchesAll } from './device-matching.ts';
import { deviceId } from './pools.ts';
import type { Pool, PooledDevice } from './pools.ts';

interface Chosen {
  readonly ask: Ask;
  readonly device: PooledDevice;
}

/** Where the search stands: this claim, this request of it, this device of that. */
interface Place {
  readonly claim: number;
  readonly request: number;
  readonly device: number;
  /** The alternative that is tried; undefined: none is yet. */
  readonly ask: Ask | undefined;
}

/** 'too-many': whatever comes after, the claim would be allocated more devices than it may. */
type Outcome = 'done' | 'none' | 'too-many';

/**
 * Devices on a node for claims that have none: claim by claim, request by request, device by device, going back where it
 * leads nowhere. The first whole solution is taken. Answers undefined where there is none.
 * Source: structured/internal/stable/allocator_stable.go.
 */
export function allocate(
  claims: readonly ResourceClaim[],
  node: KubeNode,
  pools: readonly Pool[],
  state: DeviceState,
): AllocationResult[] | undefined {
  return new Search(claims, node, pools, state).run();
}

class Search {
  readonly #claims: readonly ResourceClaim[];
  readonly #node: KubeNode;
  readonly #pools: readonly Pool[];
  readonly #state: DeviceState;
  /** By claim and request: the alternatives, of which the first that works is taken. */
  readonly #asks: readonly (readonly (readonly Ask[])[])[];
  readonly #constraints: readonly (readonly AttributeConstraint[])[];
  readonly #chosen: Chosen[][];
  /** Devices that are taken in this search, with the claims they are taken for. */
  readonly #taken = new Map<string, Set<number>>();

  constructor(claims: readonly ResourceClaim[], node: KubeNode, pools: readonly Pool[], state: DeviceState) {
    this.#claims = claims;
    this.#node = node;
    this.#pools = pools;
    this.#state = state;
    this.#chosen = claims.map(() => []);
    this.#asks = claims.map((claim) => this.#asksOf(claim));
    this.#constraints = claims.map((claim) => constraintsOf(claim));
  }

  run(): AllocationResult[] | undefined {
    const outcome = this.#next({ claim: 0, request: 0, device: 0, ask: undefined });
    if (outcome === 'done') {
      return this.#claims.map((claim, index) => this.#result(claim, this.#chosen[index] as Chosen[]));
    }
    if (outcome === 'too-many') throw new AllocationError('allocation max size exceeded');
    if (this.#pools.some(({ invalid }) => invalid)) {
      throw new NodeAllocationError('invalid resource pools were encountered');
    }
    return undefined;
  }

  #asksOf(claim: ResourceClaim): readonly (readonly Ask[])[] {
    const requests = claim.spec.devices?.requests ?? [];
    const asks = requests.map((request) => alternativesOf(request).map((one) => this.#ask(claim, request, one)));
    const least = asks.reduce((sum, alternatives) => sum + Math.min(...alternatives.map(({ count }) => count)), 0);
    if (least > MOST_DEVICES_OF_A_CLAIM) {
      const problem = `number of requested devices ${least} exceeds the claim limit of ${MOST_DEVICES_OF_A_CLAIM}`;
      throw new AllocationError(`claim ${titleOf(claim)}: ${problem}`);
    }
    return asks;
  }

  #ask(claim: ResourceClaim, request: DeviceRequest, ask: DeviceAsk & { readonly name?: string }): Ask {
    const deviceClass = this.#state.deviceClass(ask.deviceClassName);
    const title = `claim ${titleOf(claim)}, request ${ask.name ?? request.name}`;
    if (deviceClass === undefined) {
      throw new AllocationError(`${title}: could not retrieve device class ${ask.deviceClassName}`);
    }
    const name = ask.name === undefined ? request.name : `${request.name}/${ask.name}`;
    const common = { name, request: request.name, ask, deviceClass };
    if (ask.allocationMode !== 'All') return { ...common, count: ask.count ?? 1, all: undefined };
    const all = this.#pools.flatMap((pool) => {
      const problem = pool.incomplete ? 'being updated' : pool.invalid ? 'invalid' : undefined;
      if (problem !== undefined) {
        throw new AllocationError(
          `${title}: asks for all devices, but resource pool ${pool.id} is currently ${problem}`,
        );
      }
      return pool.devices.filter((device) => matchesAll(claim, common, device));
    });
    return { ...common, count: all.length, all };
  }

  #next(place: Place): Outcome {
    const alternatives = this.#asks[place.claim]?.[place.request];
    if (place.claim === this.#claims.length) return 'done';
    if (alternatives === undefined) {
      const outcome = this.#next({ claim: place.claim + 1, request: 0, device: 0, ask: undefined });
      // Another claim's limit: earlier claims may leave it alternatives that take fewer devices.
      return outcome === 'too-many' ? 'none' : outcome;
    }
    const { ask } = place;
    if (ask !== undefined) return this.#device(place, ask);
    let tooMany = true;
    for (const alternative of alternatives) {
      const outcome = this.#device(place, alternative);
      if (outcome === 'done') return outcome;
      if (outcome === 'none') tooMany = false;
    }
    return tooMany ? 'too-many' : 'none';
  }

  #device(place: Place, ask: Ask): Outcome {
    if (ask.all?.length === 0) return 'none';
    if (place.device >= ask.count) {
      return this.#next({ claim: place.claim, request: place.request + 1, device: 0, ask: undefined });
    }
    const sofar = (this.#chosen[place.claim] as Chosen[]).length;
    if (sofar + ask.count - place.device > MOST_DEVICES_OF_A_CLAIM) return 'too-many';
    const after = { ...place, ask, device: place.device + 1 };
    if (ask.all !== undefined) {
      const device = ask.all[place.device] as PooledDevice;
      return this.#take(place.claim, ask, device, true) ? this.#onward(after, device) : 'none';
    }
    const claim = this.#claims[place.claim] as ResourceClaim;
    for (const { incomplete, invalid, devices } of this.#pools) {
      if (incomplete || invalid) continue;
      for (const device of devices) {
        if (this.#isInUse(place.claim, ask, device)) continue;
        if (!matchesAll(claim, ask, device) || !this.#take(place.claim, ask, device, false)) continue;
        const outcome = this.#onward(after, device);
        if (outcome !== 'none') return outcome;
      }
    }
    return 'none';
  }

  /** Goes on with a device that is taken; gives it back where that leads nowhere. */
  #onward(after: Place, device: PooledDevice): Outcome {
    const outcome = this.#next(after);
    if (outcome !== 'done') this.#giveBack(after.claim, after.ask as Ask, device);
    return outcome;
  }

  /** Beside its users (`adminAccess`), a device is only had once by a claim. */
  #isInUse(claim: number, { ask }: Ask, { id }: PooledDevice): boolean {
    const taken = this.#taken.get(id);
    if (ask.adminAccess === true) return taken?.has(claim) === true;
    return taken !== undefined || this.#state.isAllocated(id);
  }

  #take(index: number, ask: Ask, device: PooledDevice, must: boolean): boolean {
    if (this.#isInUse(index, ask, device)) return false;
    if ((device.device.consumesCounters?.length ?? 0) > 0) return false;
    const constraints = this.#constraints[index] as readonly AttributeConstraint[];
    const refusing = constraints.findIndex((constraint) => !constraint.add(ask, device));
    if (refusing >= 0) {
      for (const constraint of constraints.slice(0, refusing)) constraint.remove(ask);
      if (!must) return false;
      const title = `claim ${titleOf(this.#claims[index] as ResourceClaim)}, request ${ask.name.slice(ask.name.indexOf('/') + 1)}`;
      const problem = 'because a claim constraint would not be satisfied';
      throw new AllocationError(`${title}: cannot add device ${device.id} ${problem}`);
    }
    const taken = this.#taken.get(device.id);
    if (taken === undefined) this.#taken.set(device.id, new Set([index]));
    else taken.add(index);
    (this.#chosen[index] as Chosen[]).push({ ask, device });
    return true;
  }

  #giveBack(index: number, ask: Ask, { id }: PooledDevice): void {
    for (const constraint of this.#constraints[index] as readonly AttributeConstraint[]) constraint.remove(ask);
    const taken = this.#taken.get(id) as Set<number>;
    taken.delete(index);
    if (taken.size === 0) this.#taken.delete(id);
    (this.#chosen[index] as Chosen[]).pop();
  }

  #result(claim: ResourceClaim, chosen: readonly Chosen[]): AllocationResult {
    const results = chosen.map(({ ask, device }) => ({
      request: ask.name,
      driver: device.driver,
      pool: device.pool,
      device: device.device.name,
      ...(ask.ask.adminAccess === undefined ? {} : { adminAccess: ask.ask.adminAccess }),
    }));
    const config = configurationOf(
      claim,
      (claim.spec.devices?.requests ?? []).map(
        ({ name }) => chosen.find(({ ask }) => ask.request === name)?.ask ?? undefined,
      ),
    );
    const nodeSelector = this.#nodeSelector(chosen);
    return {
      devices: { results, ...(config.length === 0 ? {} : { config }) },
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
    };
  }

  /** Where all the devices can be used: at their node, where one has one; else where all selectors agree. */
  #nodeSelector(chosen: readonly Chosen[]): NodeSelector | undefined {
    const expressions: NodeSelectorRequirement[] = [];
    const fields: NodeSelectorRequirement[] = [];
    for (const { device } of chosen) {
      const { nodeName, nodeSelector } = device.slice.spec;
      if ((nodeName ?? '') !== '') {
        const values = [this.#node.metadata.name];
        return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values }] }] };
      }
      const [term] = nodeSelector?.nodeSelectorTerms ?? [];
      addNew(expressions, term?.matchExpressions);
      addNew(fields, term?.matchFields);
    }
    if (expressions.length + fields.length === 0) return undefined;
    const term = {
      ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
      ...(fields.length === 0 ? {} : { matchFields: fields }),
    };
    return { nodeSelectorTerms: [term] };
  }
}

function addNew(into: NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[] = []): void {
  for (const requirement of more) {
    const text = JSON.stringify(requirement);
    if (!into.some((known) => JSON.stringify(known) === text)) into.push(requirement);
  }
}

/** The alternatives of a request, best first; those of an exact one are itself. */
export function alternativesOf(request: DeviceRequest): readonly (DeviceAsk & { readonly name?: string })[] {
  return request.firstAvailable ?? (request.exactly === undefined ? [] : [request.exactly]);
}

function constraintsOf(claim: ResourceClaim): readonly AttributeConstraint[] {
  return (claim.spec.devices?.constraints ?? []).map(({ matchAttribute, requests }, index) => {
    if (matchAttribute !== undefined) return new AttributeConstraint(matchAttribute, requests ?? []);
    const problem = 'empty constraint (unsupported constraint type?)';
    throw new AllocationError(`claim ${titleOf(claim)}, constraint #${index}: ${problem}`);
  });
}

/** Ids of the devices that an allocation holds; those had for administration are free for others. */
export function heldDevices(allocation: AllocationResult): string[] {
  return allocation.devices.results
    .filter(({ adminAccess }) => adminAccess !== true)
    .map(({ driver, pool, device }) => deviceId(driver, pool, device));
}
