import type { KubeNode } from '../api/core.ts';

/** The value of a label that a node does not have. */
export const NO_VALUE = -1;

/** One label of all nodes as a column: a value's number, or NO_VALUE. */
export interface LabelColumn {
  readonly key: string;
  /** By row. */
  values: Int32Array;
  /** Rows that have a value. */
  known: number;
  readonly ids: Map<string, number>;
  readonly texts: string[];
}

/** The labels that topologies are made of, as columns; a column is made when it is first asked for. */
export class LabelColumns {
  readonly #columns = new Map<string, LabelColumn>();
  readonly #nodes: readonly (KubeNode | undefined)[];
  #capacity = 0;

  constructor(nodes: readonly (KubeNode | undefined)[]) {
    this.#nodes = nodes;
  }

  grow(capacity: number): void {
    this.#capacity = capacity;
    for (const column of this.#columns.values()) {
      const values = new Int32Array(capacity).fill(NO_VALUE);
      values.set(column.values);
      column.values = values;
    }
  }

  column(key: string): LabelColumn {
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = { key, values: new Int32Array(this.#capacity).fill(NO_VALUE), known: 0, ids: new Map(), texts: [] };
      for (const [row, node] of this.#nodes.entries()) set(column, row, node);
      this.#columns.set(key, column);
    }
    return column;
  }

  update(row: number): void {
    for (const column of this.#columns.values()) set(column, row, this.#nodes[row]);
  }
}

function set(column: LabelColumn, row: number, node: KubeNode | undefined): void {
  const value = valueOf(column, node);
  column.known += Number(value !== NO_VALUE) - Number(column.values[row] !== NO_VALUE);
  column.values[row] = value;
}

function valueOf(column: LabelColumn, node: KubeNode | undefined): number {
  const text = node?.metadata.labels?.[column.key];
  if (text === undefined) return NO_VALUE;
  let id = column.ids.get(text);
  if (id === undefined) {
    id = column.texts.push(text) - 1;
    column.ids.set(text, id);
  }
  return id;
}
