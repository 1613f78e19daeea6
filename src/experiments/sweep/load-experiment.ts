import { dirname, relative, resolve } from 'node:path';
import { InputError, printValue } from '../../workloads/input-error.ts';
import type { DocumentPath } from '../../workloads/input-error.ts';
import { unknownName } from '../../workloads/nearest.ts';
import { schemaProblems } from '../../workloads/scenario-problems.ts';
import { loadScenario } from '../../workloads/scenario.ts';
import { readInput, YamlSource } from '../../workloads/yaml.ts';
import { METRIC_MEANINGS } from '../../reporting/metric-meanings.ts';
import { letterOf } from '../compare/variants.ts';
import type { Variant } from '../compare/variants.ts';
import { metricsOf } from '../study/asked-metrics.ts';
import type { Study } from '../study/study.ts';
import { fullFactorial, latinHypercube } from './design.ts';
import type { Dimension } from './design.ts';
import { experimentSchema } from './experiment-schema.ts';
import type { AxisSpec, ExperimentDocument } from './experiment-schema.ts';

/** An experiment as its file has it. */
export interface Experiment {
  readonly name: string;
  readonly description: string;
  readonly study: Study;
}

/** Reads an experiment's file. Whatever is wrong in it, or does not fit its scenario, is an InputError with its place. */
export function loadExperiment(path: string): Experiment {
  const source = new YamlSource(path, readInput(path));
  const document = checked(source);
  const scenario = resolve(dirname(path), document.scenario);
  const file = relative('.', scenario) || scenario;
  const set = settingsOf(document.set);
  const axes = document.axes.map((axis, i) => new DesignAxis(axis, i));
  checkNames(source, axes);
  checkMetrics(source, document);
  checkAgainstScenario(source, file, set, axes);
  const { seeds, firstSeed, until, margin, confidence, stopWhen, maxSeeds, warmUp } = document;
  return {
    name: document.metadata.name,
    description: document.metadata.description ?? '',
    study: {
      file,
      variants: variantsOf(source, document, axes),
      seeds,
      firstSeed,
      set,
      untilSeconds: until,
      allowUnknown: false,
      metrics: metricsShown(document),
      objectives: document.objectives,
      constraints: document.constraints.map(({ metric, atMost, atLeast }) => ({
        metric,
        ...(atMost === undefined ? {} : { atMost }),
        ...(atLeast === undefined ? {} : { atLeast }),
      })),
      margin,
      confidence,
      stopWhen,
      maxSeeds: maxSeeds ?? 10 * seeds,
      warmUp,
    },
  };
}

function checked(source: YamlSource): ExperimentDocument {
  const [document] = source.documents;
  if (source.documents.length !== 1 || typeof document !== 'object' || document === null) {
    throw new InputError({
      file: source.file,
      message: 'not an experiment',
      allowed: 'one document, kind: Experiment',
    });
  }
  const { kind } = document as { readonly kind?: unknown };
  if (kind !== 'Experiment') {
    const hint = kind === 'Scenario' ? 'A scenario is run by orrery run, and compared by orrery compare.' : undefined;
    throw source.error(0, ['kind'], {
      message: 'not an experiment',
      found: `kind: ${printValue(kind)}`,
      allowed: 'kind: Experiment',
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const result = experimentSchema.safeParse(document);
  if (result.success) return result.data;
  const [told] = schemaProblems(result.error, experimentSchema, document);
  if (told === undefined) throw new InputError({ file: source.file, message: 'not an experiment' });
  throw source.error(0, told.path, told.problem, told.at);
}

/** An axis with its levels as settings of a scenario. */
class DesignAxis {
  readonly index: number;
  readonly name: string;
  readonly spec: AxisSpec;

  constructor(spec: AxisSpec, index: number) {
    this.spec = spec;
    this.index = index;
    this.name = spec.name ?? spec.path?.split('.').at(-1) ?? `axis-${index + 1}`;
  }

  get dimension(): Dimension {
    const { name } = this;
    const { range, values, levels } = this.spec;
    return range === undefined ? { name, levels: (levels ?? values ?? []).length } : { name, range };
  }

  /** The settings of a level, or of a number of the range; and what tables call it. */
  at(value: number): { readonly settings: readonly string[]; readonly label: string } {
    const { path = '', range, values, levels } = this.spec;
    if (levels !== undefined) {
      const level = levels[value] as (typeof levels)[number];
      return { settings: settingsOf(level.set), label: level.name };
    }
    const text = range === undefined ? valueText(values?.[value]) : `${value}${range.unit}`;
    return { settings: [`${path}=${text}`], label: text };
  }

  /** Every level, or the ends of the range, with the place in the document. */
  samples(): readonly (readonly [readonly string[], DocumentPath])[] {
    const { range, values, levels } = this.spec;
    const place: DocumentPath = ['axes', this.index];
    if (range !== undefined)
      return [range.from, range.to].map((value) => [this.at(value).settings, [...place, 'path']]);
    const key = levels === undefined ? 'values' : 'levels';
    return (levels ?? values ?? []).map((_, i) => [this.at(i).settings, [...place, key, i]]);
  }
}

function settingsOf(set: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(set).map(([path, value]) => `${path}=${valueText(value)}`);
}

/** Words that YAML takes for something else than text. */
const NO_TEXT = /^(true|false|yes|no|on|off|null|y|n)$/i;

/** A value as `--set` takes it: plain where it can be, else as JSON, which is YAML. */
function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z./][\w./-]*$/.test(value) && !NO_TEXT.test(value)) return value;
  return JSON.stringify(value) ?? 'null';
}

function checkNames(source: YamlSource, axes: readonly DesignAxis[]): void {
  const twice = axes.find(({ name }, i) => axes.findIndex((other) => other.name === name) < i);
  if (twice === undefined) return;
  throw source.error(0, ['axes', twice.index], {
    message: 'two axes have one name',
    found: twice.name,
    hint: 'Give one of them a name of its own.',
  });
}

function checkMetrics(source: YamlSource, { metrics, objectives, constraints }: ExperimentDocument): void {
  const check = (name: string, path: DocumentPath): void => {
    if (METRIC_MEANINGS.has(name)) return;
    throw source.error(0, path, { ...unknownName('metric', name, [...METRIC_MEANINGS.keys()]) });
  };
  for (const [i, name] of metrics.entries()) check(name, ['metrics', i]);
  for (const [i, { metric }] of objectives.entries()) check(metric, ['objectives', i, 'metric']);
  for (const [i, { metric }] of constraints.entries()) check(metric, ['constraints', i, 'metric']);
}

/** Metrics of objectives are compared, whether they are listed or not. */
function metricsShown({ metrics, objectives }: ExperimentDocument): readonly string[] {
  return [...new Set([...metricsOf(metrics, 'metrics'), ...objectives.map(({ metric }) => metric)])];
}

/** Puts each level into the scenario by itself, so that what does not fit is told at its place in this file. */
function checkAgainstScenario(
  source: YamlSource,
  file: string,
  set: readonly string[],
  axes: readonly DesignAxis[],
): void {
  const load = (settings: readonly string[], path: DocumentPath): void => {
    try {
      loadScenario(file, { set: [...set, ...settings] });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { message, found, allowed, nearest, path: at } = error.problem;
      const known = Object.entries({ found, allowed, nearest }).filter(([, value]) => value !== undefined);
      const where = at === undefined || at === '' ? '' : `${at}: `;
      // A path that leads nowhere is no fault of the value.
      const place = message === 'unknown field' && path[0] === 'axes' ? [...path.slice(0, 2), 'path'] : path;
      throw source.error(0, place, { message: `${where}${message}`, ...Object.fromEntries(known) });
    }
  };
  loadScenario(file);
  load([], ['set']);
  for (const axis of axes) for (const [settings, path] of axis.samples()) load(settings, path);
}

function variantsOf(
  source: YamlSource,
  { design }: ExperimentDocument,
  axes: readonly DesignAxis[],
): readonly Variant[] {
  const dimensions = axes.map(({ dimension }) => dimension);
  if (design !== 'full-factorial') {
    const { points, seed } = design.latinHypercube;
    // Levels are few, so that two points may be one: it is run once.
    const drawn = latinHypercube(dimensions, points, seed).map((point) => variantAt(axes, point));
    const own = drawn.filter(
      (one, i) => drawn.findIndex((other) => other.settings.join(' ') === one.settings.join(' ')) === i,
    );
    const baseline = { settings: [], parameters: {} };
    return [baseline, ...own].map((variant, i) => ({ letter: letterOf(i), ...variant }));
  }
  const ranged = axes.find(({ spec }) => spec.range !== undefined);
  if (ranged !== undefined) {
    throw source.error(0, ['axes', ranged.index, 'range'], {
      message: 'a range has no levels to combine',
      allowed: 'values, or design: {latinHypercube: {points: 20}}',
    });
  }
  const points = fullFactorial(dimensions);
  if (points.length < 2) throw source.error(0, ['axes'], { message: 'one combination alone is nothing to compare' });
  return points.map((point, i) => ({ letter: letterOf(i), ...variantAt(axes, point) }));
}

function variantAt(axes: readonly DesignAxis[], point: readonly number[]): Omit<Variant, 'letter'> {
  const levels = axes.map((axis, k) => [axis.name, axis.at(point[k] as number)] as const);
  return {
    settings: levels.flatMap(([, { settings }]) => settings),
    parameters: Object.fromEntries(levels.map(([name, { label }]) => [name, label])),
  };
}
