/** Resources with a column of their own in every node table. Amounts: millicores, bytes. */
export const CPU = 0;
export const MEMORY = 1;

const NATIVE = ['cpu', 'memory', 'ephemeral-storage'] as const;

/** Resource names under small numbers: the index of their columns and of their place in request vectors. */
export class ResourceNames {
  readonly #names: string[] = [...NATIVE];
  readonly #ids = new Map<string, number>(NATIVE.map((name, id) => [name, id]));

  get size(): number {
    return this.#names.length;
  }

  id(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#names.push(name) - 1;
      this.#ids.set(name, id);
    }
    return id;
  }

  name(id: number): string {
    return this.#names[id] as string;
  }
}

/** Native resources carry no domain, or one that ends in kubernetes.io. Source: `v1helper.IsNativeResource`. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** Source: `v1helper.IsExtendedResourceName`. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.');
}

/** Resources that a pod which asks for none of them is not scored by. Source: `schedutil.IsScalarResourceName`. */
export function isScalarResource(name: string): boolean {
  return (
    isExtendedResource(name) ||
    name.startsWith('hugepages-') ||
    name.includes('kubernetes.io/') ||
    name.startsWith('attachable-volumes-')
  );
}
