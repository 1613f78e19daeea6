import { cidrText, parseCidr } from '../api/cidr.ts';
import type { Cidr } from '../api/cidr.ts';
import type { Saveable } from '../kernel/saveable.ts';

interface State {
  readonly used: readonly number[];
  readonly next: number;
}

/** A cluster's range, cut into ranges of one size for nodes. Source: pkg/controller/nodeipam/ipam/cidrset/cidr_set.go. */
export class CidrSet implements Saveable {
  readonly #cluster: Cidr;
  readonly #length: number;
  /** How many ranges there are. */
  readonly size: number;
  #used = new Set<number>();
  /** Where the next search begins: a range that is given back is not given out again at once. */
  #next = 0;

  constructor(cluster: Cidr, length: number) {
    this.#cluster = cluster;
    this.#length = length;
    this.size = 2 ** (length - cluster.length);
  }

  /** The range of a number. */
  range(index: number): string {
    const { isIPv6, base } = this.#cluster;
    const each = 1n << BigInt((isIPv6 ? 128 : 32) - this.#length);
    return cidrText({ isIPv6, base: base + BigInt(index) * each, length: this.#length });
  }

  /** Gives a range out; undefined where all are. */
  allocate(): string | undefined {
    for (let tries = 0; tries < this.size; tries++) {
      const candidate = (this.#next + tries) % this.size;
      if (this.#used.has(candidate)) continue;
      this.#used.add(candidate);
      this.#next = (candidate + 1) % this.size;
      return this.range(candidate);
    }
    return undefined;
  }

  /** Notes that a range is in use; one of elsewhere is nobody's concern. */
  occupy(range: string): void {
    for (const index of this.#indexesOf(range)) this.#used.add(index);
  }

  release(range: string): void {
    for (const index of this.#indexesOf(range)) this.#used.delete(index);
  }

  /** The ranges that one touches, which may be larger or smaller. */
  #indexesOf(text: string): readonly number[] {
    const { isIPv6, base, length } = this.#cluster;
    const range = parseCidr(text);
    if (range === undefined || range.isIPv6 !== isIPv6 || range.length < length) return [];
    const each = BigInt((isIPv6 ? 128 : 32) - this.#length);
    const first = Number((range.base - base) >> each);
    if (first < 0 || first >= this.size) return [];
    return Array.from({ length: 2 ** Math.max(0, this.#length - range.length) }, (_, i) => first + i);
  }

  save(): State {
    return { used: [...this.#used], next: this.#next };
  }

  restore(saved: unknown): void {
    const { used, next } = saved as State;
    this.#used = new Set(used);
    this.#next = next;
  }
}

/** The sets of a manager's --cluster-cidr and --node-cidr-mask-size-ipv4, -ipv6. Throws RangeError for texts that are no ranges. */
export function cidrSets({
  clusterCIDR,
  nodeCIDRMaskSizeIPv4,
  nodeCIDRMaskSizeIPv6,
}: {
  readonly clusterCIDR: readonly string[];
  readonly nodeCIDRMaskSizeIPv4: number;
  readonly nodeCIDRMaskSizeIPv6: number;
}): readonly CidrSet[] {
  return clusterCIDR.map((text) => {
    const cluster = parseCidr(text);
    if (cluster === undefined) throw new RangeError(`"${text}" is not a range of addresses`);
    return new CidrSet(cluster, cluster.isIPv6 ? nodeCIDRMaskSizeIPv6 : nodeCIDRMaskSizeIPv4);
  });
}
