import { RandomSource } from '../../sim/kernel/random.ts';

/** A dimension of a design: given levels, or a range that a Latin hypercube may draw from. */
export interface Dimension {
  readonly name: string;
  /** How many levels; undefined for a range. */
  readonly levels?: number;
  readonly range?: {
    readonly from: number;
    readonly to: number;
    readonly whole: boolean;
    readonly logarithmic: boolean;
  };
}

/** One point of a design: for each dimension the index of a level, or a number of its range. */
export type DesignPoint = readonly number[];

/** All combinations of all levels, the last dimension changing fastest. */
export function fullFactorial(dimensions: readonly Dimension[]): readonly DesignPoint[] {
  let points: number[][] = [[]];
  for (const { levels = 0 } of dimensions) {
    points = points.flatMap((point) => Array.from({ length: levels }, (_, level) => [...point, level]));
  }
  return points;
}

/**
 * A Latin hypercube: each dimension is cut into as many strips as there are points, and each strip of each dimension holds
 * one point. Levels get as many points each as can be. Source: McKay, Beckman and Conover, A comparison of three methods for
 * selecting values of input variables, 1979.
 */
export function latinHypercube(dimensions: readonly Dimension[], count: number, seed: string): readonly DesignPoint[] {
  const random = new RandomSource(seed);
  const columns = dimensions.map(({ name, levels, range }) => {
    const order = random.purpose(`latin-hypercube/order/${name}`);
    const place = random.purpose(`latin-hypercube/place/${name}`);
    const strips = shuffled(count, (i) => order.uniform(0, i));
    return strips.map((strip, i) => {
      const share = (strip + place.uniform(0, i)) / count;
      if (range === undefined) return Math.min((levels ?? 1) - 1, Math.floor(share * (levels ?? 1)));
      return inRange(range, share);
    });
  });
  return Array.from({ length: count }, (_, i) => columns.map((column) => column[i] as number));
}

function inRange({ from, to, whole, logarithmic }: NonNullable<Dimension['range']>, share: number): number {
  if (whole) return Math.min(to, Math.floor(from + share * (to - from + 1)));
  const value = logarithmic ? from * (to / from) ** share : from + share * (to - from);
  return Number(value.toPrecision(6));
}

/** 0 to count - 1 in a drawn order. Source: Fisher and Yates, as Durstenfeld does it. */
function shuffled(count: number, draw: (i: number) => number): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(draw(i) * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
