/** Nodes of a block, as a power of two: small enough to look through, large enough that there are few. */
const BLOCK_BITS = 5;
const BLOCK = 1 << BLOCK_BITS;

/** Not in the order. */
const NOWHERE = -1;

/**
 * Nodes in the order in which filtering looks at them, in blocks that remember when a node of theirs last changed: what is
 * known of a whole block holds until then. Made anew when nodes come or go, so what is known of blocks goes with it.
 */
export class NodeOrder {
  readonly rows: Int32Array;
  /** By block: the table's version when a node of it last changed. */
  readonly changed: Uint32Array;
  /** By row. */
  readonly #places: Int32Array;

  /** `capacity` rows may be asked for. */
  constructor(rows: Int32Array, capacity: number, version: number) {
    this.rows = rows;
    this.changed = new Uint32Array(blocksOf(rows.length)).fill(version);
    this.#places = new Int32Array(capacity).fill(NOWHERE);
    for (let place = 0; place < rows.length; place++) this.#places[rows[place] as number] = place;
  }

  /** Where a row stands; -1 where it does not. */
  placeOf(row: number): number {
    return this.#places[row] ?? NOWHERE;
  }

  /** Notes when a row changed, or that it changed after all only then. */
  touch(row: number, version: number): void {
    const place = this.placeOf(row);
    if (place !== NOWHERE) this.changed[blockOf(place)] = version;
  }

  /** When the block of a row last changed. */
  changeOf(row: number): number {
    const place = this.placeOf(row);
    return place === NOWHERE ? 0 : (this.changed[blockOf(place)] as number);
  }
}

/** The block of a place. */
export function blockOf(place: number): number {
  return place >> BLOCK_BITS;
}

/** Whether a block begins at a place. */
export function isBlockStart(place: number): boolean {
  return (place & (BLOCK - 1)) === 0;
}

/** Where the block of a place begins. */
export function blockStart(place: number): number {
  return place & -BLOCK;
}

/** Where the block of a place ends, of so many nodes. */
export function blockEnd(place: number, nodes: number): number {
  return Math.min(nodes, (place | (BLOCK - 1)) + 1);
}

/** How many blocks so many nodes are. */
export function blocksOf(nodes: number): number {
  return (nodes + BLOCK - 1) >> BLOCK_BITS;
}
