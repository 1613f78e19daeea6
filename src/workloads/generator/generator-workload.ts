import type { PodSpec } from '../../sim/api/core.ts';
import { isQuantity, quantityMilli } from '../../sim/api/quantity.ts';
import { parseTimestamp } from '../../sim/api/timestamps.ts';
import type { RandomSource } from '../../sim/kernel/random.ts';
import type { WorkloadPlan } from '../arrivals/workload-plan.ts';
import { parseDuration } from '../../sim/durations.ts';
import type { DocumentPath } from '../input-error.ts';
import { checkBehavior } from '../manifests/check-behavior.ts';
import { checkMaps } from '../manifests/check-names.ts';
import { checkPodSpec } from '../manifests/check-pod-spec.ts';
import { FieldReader } from '../manifests/field-reader.ts';
import { Misfit, within } from '../manifests/misfit.ts';
import type { SpecPool } from '../manifests/spec-pool.ts';
import { referencedCsv } from '../referenced-file.ts';
import type { Scenario } from '../scenario.ts';
import type { GeneratorSpec, WorkloadSpec } from '../scenario-schema.ts';
import { arrivalProcess, overlaps } from './arrival-process.ts';
import type { ArrivalProcess } from './arrival-process.ts';
import { drawnPods } from './drawn-pods.ts';
import type { ColumnReader } from './drawn-pods.ts';
import { fittedArrivals } from './fitted-workload.ts';
import { generatedObject, kindOf } from './generated-object.ts';
import { GeneratorSource } from './generator-source.ts';
import { OPENB_FIT } from './openb-fit.ts';
import { sampler } from './sampler.ts';

const DAY = 86_400;

function columnReader(scenario: Scenario, path: DocumentPath): ColumnReader {
  const readers = {
    duration: parseDuration,
    count: (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined),
    quantity: (text: string) => (isQuantity(text) && !text.startsWith('-') ? quantityMilli(text) / 1000 : undefined),
  };
  const forms = { duration: 'a duration such as 90s', count: 'a whole number', quantity: 'a quantity such as 2Gi' };
  return (file, name, unit) => {
    const table = referencedCsv(scenario.source, path, file);
    const column = table.column(name);
    if (table.rows.length === 0) throw table.noRows();
    return table.rows.map((row) => {
      const text = (row.cells[column] ?? '').trim();
      const value = text === '' ? undefined : readers[unit](text);
      if (value !== undefined) return value;
      const found = text === '' ? 'nothing' : text;
      throw table.error(row, column, {
        message: `not ${forms[unit].replace(/ such.*/, '')}`,
        found,
        allowed: forms[unit],
      });
    });
  };
}

/** Fields of the pod spec and labels that the user adds, checked as in a manifest. */
function checkAdditions(scenario: Scenario, generator: GeneratorSpec, base: DocumentPath): void {
  const { podSpec, labels, annotations } = generator;
  try {
    if (podSpec['containers'] !== undefined) {
      throw new Misfit(['podSpec', 'containers'], {
        message: 'the container is made by the generator',
        allowed: 'generator.image, generator.resources and the other fields of a pod spec',
      });
    }
    within(['podSpec'], () => {
      const whole = { ...podSpec, containers: [{ name: 'main', image: generator.image }] };
      checkPodSpec(new FieldReader({ dropUnknown: false }).read(whole, 'PodSpec') as PodSpec);
    });
    checkMaps({ labels, annotations });
    checkBehavior(annotations);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const path = error.path[0] === 'metadata' ? error.path.slice(1) : error.path;
    throw scenario.source.error([...base, ...path], error.problem, error.at);
  }
}

function processOf(
  scenario: Scenario,
  workload: WorkloadSpec,
  generator: GeneratorSpec,
  base: DocumentPath,
  random: RandomSource,
): ArrivalProcess {
  const { arrivals } = generator;
  const purpose = random.purpose(`workload/${workload.name}/arrivals`);
  const start = parseTimestamp(scenario.startTime) ?? 0;
  const startOfDay = (((start + workload.at + generator.from) % DAY) + DAY) % DAY;
  if (arrivals === undefined) {
    return fittedArrivals(OPENB_FIT, generator.scale, generator.speedup, startOfDay, purpose);
  }
  if (overlaps(arrivals)) {
    throw scenario.source.error([...base, 'arrivals', 'bursts', 'over'], {
      message: 'a burst ends after the next begins',
      allowed: 'at most `every`',
    });
  }
  const times =
    arrivals.csv === undefined
      ? []
      : [
          ...columnReader(scenario, [...base, 'arrivals', 'csv', 'file'])(
            arrivals.csv.file,
            arrivals.csv.column,
            'duration',
          ),
        ];
  times.sort((a, b) => a - b);
  return arrivalProcess(arrivals, purpose, startOfDay, times);
}

/** Pods, Jobs or Deployments drawn from distributions. */
export function generatorWorkload(
  scenario: Scenario,
  workload: WorkloadSpec,
  generator: GeneratorSpec,
  base: DocumentPath,
  context: { readonly random: RandomSource; readonly pool: SpecPool },
): WorkloadPlan {
  const { random, pool } = context;
  const { name } = workload;
  const path = [...base, 'generator'];
  checkAdditions(scenario, generator, path);
  const read = columnReader(scenario, path);
  const pods = drawnPods(generator, name, random, read);
  const replicas = sampler(generator.replicas, random.purpose(`workload/${name}/replicas`), (file, column) =>
    read(file, column, 'count'),
  );
  const source = new GeneratorSource({
    name,
    process: processOf(scenario, workload, generator, path, random),
    shift: workload.at + generator.from,
    until: workload.at + (generator.until ?? scenario.duration),
    most: generator.pods ?? Number.POSITIVE_INFINITY,
    make: (ordinal) => {
      const draw = pods(ordinal);
      const count = Math.max(0, Math.round(replicas(ordinal, 0)));
      const object = generatedObject(generator, name, ordinal, draw, count, pool);
      return { object, deletedAfter: generator.as === 'deployment' ? draw.lifetime : undefined };
    },
  });
  return {
    name,
    source,
    counts: { [kindOf(generator)]: generator.pods },
    namespaces: new Set([generator.namespace]),
    warnings: [],
  };
}
