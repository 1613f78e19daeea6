/** Rows that may have a resource before it gets a column of its own. */
const FEW = 64;

const NO_ROWS: ReadonlyMap<number, number> = new Map();

/**
 * Amounts of resources by row: a column for each resource that many rows have, and a list for those that few have. So a
 * cluster of devices each with a name of its own does not cost rows times resources.
 */
export class ResourceColumns {
  readonly #columns: (Float64Array | undefined)[] = [];
  readonly #lists: (Map<number, number> | undefined)[] = [];
  #capacity = 0;

  get(id: number, row: number): number {
    const column = this.#columns[id];
    return (column === undefined ? this.#lists[id]?.get(row) : column[row]) ?? 0;
  }

  set(id: number, row: number, amount: number): void {
    const column = this.#columns[id];
    if (column !== undefined) {
      column[row] = amount;
      return;
    }
    const list = (this.#lists[id] ??= new Map());
    if (amount === 0) list.delete(row);
    else list.set(row, amount);
    if (list.size > FEW) this.column(id);
  }

  add(id: number, row: number, amount: number): void {
    this.set(id, row, this.get(id, row) + amount);
  }

  /** All rows of a resource; made where there is only a list. */
  column(id: number): Float64Array {
    let column = this.#columns[id];
    if (column === undefined) {
      column = new Float64Array(this.#capacity);
      for (const [row, amount] of this.#lists[id] ?? NO_ROWS) column[row] = amount;
      this.#columns[id] = column;
      this.#lists[id] = undefined;
    }
    return column;
  }

  /** The rows that have a resource, where they are few. */
  few(id: number): ReadonlyMap<number, number> | undefined {
    return this.#columns[id] === undefined ? (this.#lists[id] ?? NO_ROWS) : undefined;
  }

  grow(capacity: number): void {
    this.#capacity = capacity;
    for (const [id, column] of this.#columns.entries()) {
      if (column === undefined) continue;
      const larger = new Float64Array(capacity);
      larger.set(column);
      this.#columns[id] = larger;
    }
  }
}
