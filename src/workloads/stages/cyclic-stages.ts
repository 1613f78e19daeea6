import type { KubeObject } from '../../sim/api/meta.ts';
import { patched } from '../../sim/apiserver/patched.ts';
import { TemplateError } from '../../sim/go-template/template-error.ts';
import { parseJq } from '../../sim/jq/jq-syntax.ts';
import type { Filter } from '../../sim/jq/jq-syntax.ts';
import type { StageDocument, StageExpression } from '../../sim/node/stages/stage-document.ts';
import { requestOf } from '../../sim/node/stages/stage-request.ts';
import { possibleStages } from '../../sim/node/stages/stage.ts';
import type { Stage } from '../../sim/node/stages/stage.ts';
import type { StagePlace } from '../../sim/node/stages/stage-template.ts';
import { formatTimestamp } from '../../sim/api/timestamps.ts';

/** Stages played one after the other without a wait, after which nobody waits for an end. */
const ENOUGH = 20;

/**
 * The stages that an object goes round in without ever waiting, once it comes to the given one; undefined where it does
 * not. It is played through on an object made to match the stage, as far as only one stage can follow; each write takes a
 * second of the calendar, so that what tells the time changes. Where no such object can be made, nothing is said.
 */
export function cyclic(document: StageDocument, stage: Stage, all: readonly Stage[]): readonly Stage[] | undefined {
  if (!stage.atOnce) return undefined;
  const stages = all.filter(({ kind }) => kind === stage.kind);
  let object = exampleOf(document);
  if (object === undefined || !stage.matches(object)) return undefined;
  const played: Stage[] = [];
  for (let second = 0; played.length < ENOUGH + stages.length; second++) {
    const [next, another] = possibleStages(stages, object);
    if (next === undefined || another !== undefined || !next.atOnce) return undefined;
    const after = playedOn(next, object, placeAt(second));
    if (after === undefined) return undefined;
    object = after;
    played.push(next);
  }
  // Told at the stages that are part of it, which begin it.
  const again = played[0] === stage ? played.indexOf(stage, 1) : -1;
  return again < 0 ? undefined : played.slice(0, again + 1);
}

function placeAt(second: number): StagePlace {
  const now = formatTimestamp(1_767_571_200 + second);
  return { now, start: now, nodeName: 'node-0', nodeIP: '172.16.0.0', podIP: () => '10.128.0.1' };
}

/** The object after a stage; undefined where the stage changes nothing, removes it, or cannot be played on it. */
function playedOn(stage: Stage, object: KubeObject, place: StagePlace): KubeObject | undefined {
  let after = object;
  for (const step of stage.steps) {
    try {
      const request = requestOf(step, object, place);
      if (request === undefined) continue;
      if (request.verb !== 'patch') return undefined;
      const next = patched(after, request);
      if ('code' in next) return undefined;
      after = next;
    } catch (error) {
      if (error instanceof TemplateError) return undefined;
      throw error;
    }
  }
  return after === object ? undefined : after;
}

/** A plain object that is as a stage's selector wants it; undefined where it says that in a way not understood here. */
function exampleOf({ spec: { resourceRef, selector } }: StageDocument): KubeObject | undefined {
  const isPod = resourceRef.kind === 'Pod';
  const object = {
    apiVersion: 'v1',
    kind: resourceRef.kind,
    metadata: {
      name: 'example',
      ...(isPod ? { namespace: 'default' } : {}),
      uid: '00000000-0000-4000-a000-000000000000',
      resourceVersion: '1',
      creationTimestamp: formatTimestamp(1_767_571_200),
      labels: { ...selector?.matchLabels },
      annotations: { ...selector?.matchAnnotations },
    },
    spec: isPod ? { nodeName: 'node-0', containers: [{ name: 'c', image: 'i' }] } : {},
    status: isPod ? { phase: 'Pending' } : {},
  };
  for (const expression of selector?.matchExpressions ?? []) if (!satisfy(object, expression)) return undefined;
  return object as unknown as KubeObject;
}

/** Changes an object so that a condition holds. False where it is not seen how. */
function satisfy(object: object, { key, operator, values, jq, cel }: StageExpression): boolean {
  if (cel !== undefined) return false;
  const path = stepsOf(parseJq(jq?.key ?? key ?? '.'));
  if (path === undefined) return false;
  const wanted = jq?.values ?? values ?? [];
  switch (jq?.operator ?? operator) {
    case 'In':
      put(object, path, wanted[0]);
      return true;
    case 'Exists':
      put(object, path, formatTimestamp(1_767_571_200));
      return true;
    default:
      // What is to be absent, or other, is so in an object of which nothing is said.
      return true;
  }
}

/** A step into an object: a field, an item by its number, any item, or one with a field of a value. */
type Step = string | number | { readonly where: readonly Step[]; readonly is: unknown };

/** Any item of a list. */
const EACH = -1;

/** The steps that a filter takes, where it is a path with selections by equality. */
function stepsOf(filter: Filter): readonly Step[] | undefined {
  if (filter.kind === 'identity') return [];
  if (filter.kind === 'index' && filter.key.kind === 'literal')
    return joined(stepsOf(filter.of), [filter.key.value as Step]);
  if (filter.kind === 'each') return joined(stepsOf(filter.of), [EACH]);
  if (filter.kind === 'pipe') return joined(stepsOf(filter.left), stepsOf(filter.right));
  const [test] = filter.kind === 'call' && filter.name === 'select' ? filter.args : [];
  if (test?.kind !== 'operator' || test.operator !== '==' || test.right.kind !== 'literal') return undefined;
  const where = stepsOf(test.left);
  return where === undefined ? undefined : [{ where, is: test.right.value }];
}

function joined(a: readonly Step[] | undefined, b: readonly Step[] | undefined): readonly Step[] | undefined {
  return a === undefined || b === undefined ? undefined : [...a, ...b];
}

/** Puts a value at the end of a path, making what is missing on the way. */
function put(at: object, [step, ...rest]: readonly Step[], value: unknown): void {
  if (step === undefined) return;
  const holder = at as Record<string | number, unknown>;
  if (typeof step === 'object') {
    put(at, step.where, step.is);
    put(at, rest, value);
    return;
  }
  const key = step === EACH ? placeOf(at as unknown[], rest[0]) : step;
  if (rest.every((one) => typeof one === 'object')) {
    holder[key] = value;
    return;
  }
  const next = rest.find((one) => typeof one !== 'object' || step === EACH);
  holder[key] ??= typeof next === 'number' ? [] : {};
  put(holder[key] as object, rest, value);
}

/** Where the item is, or is to be, that a selection picks; the first where there is none. */
function placeOf(list: unknown[], selection: Step | undefined): number {
  if (typeof selection !== 'object') return 0;
  const [field] = selection.where;
  const found = list.findIndex((item) => (item as Record<string, unknown>)[field as string] === selection.is);
  return found < 0 ? list.length : found;
}
