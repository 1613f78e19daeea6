import { celEnvironment, CelError, celValue, compileCel } from '../../cel/cel.ts';
import type { CelProgram } from '../../cel/cel.ts';
import { parseDuration } from '../../durations.ts';
import type { KubeObject, LabelSelector } from '../../api/meta.ts';
import { matchesPairs } from '../../api/selectors.ts';
import { parseTimestamp } from '../../api/timestamps.ts';
import { TemplateError } from '../../go-template/template-error.ts';
import { JqError } from '../../jq/jq-syntax.ts';
import { jq, JqFailure } from '../../jq/jq.ts';
import type { Query } from '../../jq/jq.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { stepsOf } from './stage-document.ts';
import type {
  ExpressionFrom,
  PlacedStep,
  StageDocument,
  StageExpression,
  StageOperator,
  StageStep,
} from './stage-document.ts';
import { stageTemplate } from './stage-template.ts';
import type { StageTemplate } from './stage-template.ts';

/** A step whose template is compiled. */
export type CompiledStep = Omit<StageStep, 'patch'> & {
  readonly patch?:
    | {
        readonly status: boolean;
        readonly root: string;
        readonly type: 'json' | 'merge' | 'strategic';
        readonly template: StageTemplate;
      }
    | undefined;
};

/** The clock, for what a delay counts from: simulated time, and what it is as seconds since 1970. */
export interface StageClock {
  readonly epochSeconds: number;
}

/** A stage, compiled. */
export interface Stage {
  readonly name: string;
  readonly kind: 'Pod' | 'Node';
  /** `file:line:column`, for messages. */
  readonly place: string;
  readonly steps: readonly CompiledStep[];
  /** What comes after it is looked for at once, without a word from the API server. */
  readonly immediate: boolean;
  /** Whether it never waits, whatever the object. */
  readonly atOnce: boolean;
  matches(object: KubeObject): boolean;
  /** Undefined: what it was to be taken from says none. */
  weight(object: KubeObject): number | undefined;
  /** How long it waits for an object it matches; `uniform` is a draw from [0, 1). */
  delay(object: KubeObject, clock: StageClock, uniform: number): Micros;
}

/** Stages by what they are of; a kind that has any is theirs, and not the kubelet's. */
export interface Stages {
  readonly pods: readonly Stage[];
  readonly nodes: readonly Stage[];
  /** Nodes that they are for; all where absent. */
  readonly on?: LabelSelector | undefined;
}

type Condition = (object: KubeObject) => boolean;

/** A part of a stage cannot be read. */
export class StagePartError extends Error {
  override readonly name = 'StagePartError';
  /** Where it stands in the stage's spec. */
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

function reading<T>(path: readonly (string | number)[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof JqError || error instanceof CelError || error instanceof TemplateError)) throw error;
    throw new StagePartError(path, error.message, { cause: error });
  }
}

/**
 * Compiles a stage; undefined for one without a selector, which is never played. Throws a `StagePartError` for what cannot
 * be read. Source: kwok pkg/utils/lifecycle.
 */
export function compileStage(document: StageDocument, place: string): Stage | undefined {
  const { metadata, spec } = document;
  const { selector, resourceRef, immediateNextStage } = spec;
  if (selector === undefined) return undefined;
  const { matchLabels, matchAnnotations, matchExpressions = [] } = selector;
  const conditions = matchExpressions.map((expression, index) =>
    reading(['selector', 'matchExpressions', index, placeIn(expression)], () => compileExpression(expression)),
  );
  return {
    name: metadata.name,
    kind: resourceRef.kind,
    place,
    steps: stepsOf(document).map(compileStep),
    immediate: immediateNextStage,
    atOnce: isAtOnce(spec.delay),
    matches: (object) =>
      (matchLabels === undefined || matchesPairs(matchLabels, object.metadata.labels)) &&
      (matchAnnotations === undefined || matchesPairs(matchAnnotations, object.metadata.annotations)) &&
      conditions.every((holds) => holds(object)),
    weight: weightOf(spec),
    delay: delayOf(spec.delay),
  };
}

function compileStep({ step: { patch, ...rest }, path }: PlacedStep): CompiledStep {
  if (patch === undefined) return rest;
  const { subresource = '', root = '', template: text, type = 'strategic' } = patch;
  const template = reading(path, () => stageTemplate(text));
  return { ...rest, patch: { status: subresource === 'status', root, type, template } };
}

function placeIn({ jq: nested, cel }: StageExpression): string {
  if (cel !== undefined) return 'cel';
  return nested === undefined ? 'key' : 'jq';
}

/** Runs a query; what fails on the object gives nothing. Source: kwok pkg/utils/expression/query.go. */
function found(query: Query, object: KubeObject): readonly unknown[] | undefined {
  try {
    return query(object).filter((value) => value !== null && value !== undefined);
  } catch (error) {
    if (error instanceof JqFailure) return undefined;
    throw error;
  }
}

/** An expression of CEL in which the object is `self`. */
function selfProgram(expression: string, wanted?: string): CelProgram {
  return compileCel(celEnvironment().registerVariable('self', 'dyn'), expression, wanted);
}

/** What it comes to; undefined where it fails on the object. */
function evaluated(program: CelProgram, object: KubeObject): unknown {
  try {
    return program.evaluate({ self: celValue(object) });
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}

/** A value of CEL as one of JSON: durations as text. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  const { seconds, nanos } = (value ?? {}) as { readonly seconds?: bigint; readonly nanos?: number };
  return typeof seconds === 'bigint' ? `${Number(seconds) + (nanos ?? 0) / 1e9}s` : value;
}

function compileExpression({ key, operator, values, jq: nested, cel }: StageExpression): Condition {
  if (cel !== undefined) {
    const program = selfProgram(cel.expression, 'bool');
    return (object) => evaluated(program, object) === true;
  }
  const query = jq(nested?.key ?? key ?? '.');
  return condition(query, nested?.operator ?? operator ?? 'Exists', nested?.values ?? values ?? []);
}

function condition(query: Query, operator: StageOperator, values: readonly string[]): Condition {
  const isOneOf = (value: unknown): boolean =>
    ['string', 'number', 'boolean'].includes(typeof value) && values.includes(String(value as string));
  switch (operator) {
    case 'In':
      return (object) => found(query, object)?.some(isOneOf) ?? false;
    case 'NotIn':
      return (object) => !(found(query, object)?.some(isOneOf) ?? false);
    case 'Exists':
      return (object) => (found(query, object)?.length ?? 0) > 0;
    case 'DoesNotExist':
      return (object) => (found(query, object)?.length ?? 0) === 0;
  }
}

/** The first value that an expression gives; undefined: none. */
function firstOf(
  from: ExpressionFrom | undefined,
  path: readonly string[],
): ((object: KubeObject) => unknown) | undefined {
  if (from?.cel !== undefined) {
    const { expression } = from.cel;
    const program = reading(path, () => selfProgram(expression));
    return (object) => plainValue(evaluated(program, object));
  }
  const text = from?.jq?.expression ?? from?.expressionFrom;
  if (text === undefined) return undefined;
  const query = reading(path, () => jq(text));
  return (object) => found(query, object)?.[0];
}

function weightOf({ weight, weightFrom }: StageDocument['spec']): Stage['weight'] {
  const first = firstOf(weightFrom, ['weightFrom']);
  if (first === undefined) return () => weight;
  return (object) => {
    const value = first(object);
    if (typeof value === 'number') return Math.trunc(value);
    if (typeof value !== 'string') return weight;
    return /^[-+]?\d+$/.test(value) ? Number(value) : undefined;
  };
}

type Time = (object: KubeObject, clock: StageClock) => Micros | undefined;

/** A time said in milliseconds, or by what an expression gives: a duration, or an instant to wait until. */
function timeOf(milliseconds: number | undefined, from: ExpressionFrom | undefined, field: string): Time | undefined {
  const first = firstOf(from, ['delay', field]);
  const fixed = milliseconds === undefined ? undefined : milliseconds * 1000;
  if (first === undefined) return fixed === undefined ? undefined : () => fixed;
  return (object, { epochSeconds }) => {
    const value = first(object);
    if (value === '') return undefined;
    if (typeof value !== 'string') return fixed;
    const instant = parseTimestamp(value);
    if (instant !== undefined) return Math.round((instant - epochSeconds) * SECOND);
    const seconds = parseDuration(value);
    return seconds === undefined ? fixed : Math.round(seconds * SECOND);
  };
}

/** The delay, uniform between the duration and the jitter's, or the jitter's where that is less. */
function delayOf(delay: StageDocument['spec']['delay']): Stage['delay'] {
  const duration = timeOf(delay?.durationMilliseconds ?? 0, delay?.durationFrom, 'durationFrom') as Time;
  const jitter = timeOf(delay?.jitterDurationMilliseconds, delay?.jitterDurationFrom, 'jitterDurationFrom');
  return (object, clock, uniform) => {
    const least = duration(object, clock);
    if (least === undefined) return 0;
    const most = jitter?.(object, clock);
    if (most === undefined) return Math.max(0, least);
    return Math.max(0, most <= least ? most : Math.round(least + uniform * (most - least)));
  };
}

function isAtOnce(delay: StageDocument['spec']['delay']): boolean {
  if (delay === undefined) return true;
  const { durationMilliseconds = 0, jitterDurationMilliseconds, durationFrom, jitterDurationFrom } = delay;
  if (durationFrom !== undefined || jitterDurationFrom !== undefined) return false;
  return durationMilliseconds === 0 ? (jitterDurationMilliseconds ?? 0) === 0 : jitterDurationMilliseconds === 0;
}

/**
 * The stage that is played next on an object, drawn by the weights of those that match. Where none says a weight above
 * zero, each that says one is as likely. `uniform` is a draw from [0, 1). Source: kwok pkg/utils/lifecycle Match.
 */
export function nextStage(stages: readonly Stage[], object: KubeObject, uniform: number): Stage | undefined {
  const matching = stages.filter((stage) => stage.matches(object));
  if (matching.length <= 1) return matching[0];
  const weights = matching.map((stage) => stage.weight(object));
  const total = weights.reduce<number>((sum, weight) => sum + Math.max(0, weight ?? 0), 0);
  if (total === 0) {
    const saying = matching.filter((_, index) => weights[index] !== undefined);
    const among = saying.length > 0 ? saying : matching;
    return among[Math.floor(uniform * among.length)];
  }
  let left = uniform * total;
  for (const [index, stage] of matching.entries()) {
    left -= Math.max(0, weights[index] ?? 0);
    if (left < 0) return stage;
  }
  return matching.at(-1);
}

/** Those that may be next. */
export function possibleStages(stages: readonly Stage[], object: KubeObject): readonly Stage[] {
  const matching = stages.filter((stage) => stage.matches(object));
  const weights = matching.map((stage) => stage.weight(object));
  if (matching.length <= 1 || weights.every((weight) => (weight ?? 0) <= 0)) return matching;
  return matching.filter((_, index) => (weights[index] ?? 0) > 0);
}
