import type { RandomSource } from '../../sim/kernel/random.ts';
import { quantityMilli } from '../../sim/api/quantity.ts';
import type { GeneratorSpec } from '../scenario-schema.ts';
import type { Distribution } from '../schema/distribution.ts';
import { fittedPods } from './fitted-workload.ts';
import { OPENB_FIT } from './openb-fit.ts';
import { quantityText } from './pod-draw.ts';
import type { PodDraw } from './pod-draw.ts';
import { indexSampler, sampler } from './sampler.ts';

/** Reads the values of a CSV column that a distribution names; `unit` says what the cells hold. */
export type ColumnReader = (file: string, column: string, unit: 'quantity' | 'duration' | 'count') => readonly number[];

type Requests = (identity: number) => PodDraw['requests'];

function drawnResources(
  resources: Readonly<Record<string, Distribution>>,
  name: string,
  random: RandomSource,
  read: ColumnReader,
): Requests {
  const samplers = Object.entries(resources).map(([resource, distribution]) => {
    const purpose = random.purpose(`workload/${name}/${resource}`);
    return { resource, draw: sampler(distribution, purpose, (file, column) => read(file, column, 'quantity')) };
  });
  return (identity) => {
    const requests: Record<string, string> = {};
    for (const { resource, draw } of samplers) {
      const text = quantityText(resource, draw(identity, 0));
      if (text !== undefined) requests[resource] = text;
    }
    return requests;
  };
}

/** Quantities as written: "0" is no request. */
function withoutZeros(resources: PodDraw['requests']): PodDraw['requests'] {
  return Object.freeze(Object.fromEntries(Object.entries(resources).filter(([, text]) => quantityMilli(text) > 0)));
}

function drawnShapes(shapes: NonNullable<GeneratorSpec['shapes']>, name: string, random: RandomSource): Requests {
  const pick = indexSampler(
    shapes.map((shape) => shape.weight),
    random.purpose(`workload/${name}/shape`),
  );
  const requests = shapes.map((shape) => withoutZeros(shape.resources));
  return (identity) => requests[pick(identity, 0)] ?? {};
}

/** What each pod of a generator asks for: as the fit says, except for what the scenario gives itself. */
export function drawnPods(
  generator: GeneratorSpec,
  name: string,
  random: RandomSource,
  read: ColumnReader,
): (identity: number) => PodDraw {
  const { resources, shapes, lifetime } = generator;
  const fitted =
    generator.like === undefined
      ? undefined
      : fittedPods(OPENB_FIT, generator.speedup, random.purpose(`workload/${name}/like`));
  const requests =
    resources === undefined
      ? shapes && drawnShapes(shapes, name, random)
      : drawnResources(resources, name, random, read);
  const lifetimes =
    lifetime &&
    sampler(lifetime, random.purpose(`workload/${name}/lifetime`), (file, column) => read(file, column, 'duration'));
  return (identity) => {
    const like = fitted?.(identity);
    return {
      requests: requests?.(identity) ?? like?.requests ?? {},
      annotations: requests === undefined ? (like?.annotations ?? {}) : {},
      lifetime: lifetimes === undefined ? like?.lifetime : lifetimes(identity, 0),
      failureProbability: generator.failureProbability ?? like?.failureProbability ?? 0,
    };
  };
}
