/** Something that knows where in its heap it stands; -1: in none. */
export interface HeapItem {
  slot: number;
}

/** A binary heap whose items can be taken out from anywhere. `before` has to be a strict total order. */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** In no order. */
  items(): readonly T[] {
    return this.#items;
  }

  push(item: T): void {
    item.slot = this.#items.push(item) - 1;
    this.#up(item.slot);
  }

  pop(): T | undefined {
    const [first] = this.#items;
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(item: T): void {
    const { slot } = item;
    const last = this.#items.pop() as T;
    item.slot = -1;
    if (last === item) return;
    this.#items[slot] = last;
    last.slot = slot;
    this.#up(slot);
    this.#down(last.slot);
  }

  clear(): void {
    for (const item of this.#items) item.slot = -1;
    this.#items.length = 0;
  }

  #up(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let slot = from;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      const above = items[parent] as T;
      if (!this.#before(item, above)) break;
      items[slot] = above;
      above.slot = slot;
      slot = parent;
    }
    items[slot] = item;
    item.slot = slot;
  }

  #down(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let slot = from;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1] as T, items[child] as T)) child++;
      const below = items[child] as T;
      if (!this.#before(below, item)) break;
      items[slot] = below;
      below.slot = slot;
      slot = child;
    }
    items[slot] = item;
    item.slot = slot;
  }
}
