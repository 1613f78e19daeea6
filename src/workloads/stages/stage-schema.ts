import { z } from 'zod';
import { refuse } from '../schema/common.ts';

/** Source: kwok pkg/apis/v1alpha1/stage_types.go. What is left out there is refused as unknown. */

const milliseconds = z.int().min(0);
const strings = z.record(z.string(), z.string());
const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
const operator = z.enum(OPERATORS);
const values = z.array(z.string());

const expressionFrom = z
  .strictObject({
    expressionFrom: z.string().optional(),
    jq: z.strictObject({ expression: z.string() }).optional(),
    cel: z.strictObject({ expression: z.string() }).optional(),
  })
  .superRefine(({ expressionFrom: old, jq, cel }, context) => {
    if ([old, jq, cel].filter((one) => one !== undefined).length !== 1) {
      refuse(context, 'which expression is not said once', 'one of expressionFrom, jq and cel');
    }
  });

function checkValues(how: string | undefined, given: readonly string[] | undefined, context: z.RefinementCtx): void {
  const needs = how === 'In' || how === 'NotIn';
  if (needs && (given ?? []).length === 0) refuse(context, `${how} needs values`, 'a list of texts', ['values']);
  if (!needs && (given ?? []).length > 0) refuse(context, `${String(how)} takes no values`, undefined, ['values']);
}

const jqExpression = z
  .strictObject({ key: z.string(), operator, values: values.optional() })
  .superRefine((value, context) => checkValues(value.operator, value.values, context));

const matchExpression = z
  .strictObject({
    key: z.string().optional(),
    operator: operator.optional(),
    values: values.optional(),
    jq: jqExpression.optional(),
    cel: z.strictObject({ expression: z.string() }).optional(),
  })
  .superRefine((value, context) => {
    const said = [value.key, value.jq, value.cel].filter((one) => one !== undefined);
    if (said.length !== 1) refuse(context, 'which expression is not said once', 'key and operator, jq, or cel');
    if (value.key === undefined) return;
    if (value.operator === undefined) refuse(context, 'this field is missing', OPERATORS.join(', '), ['operator']);
    else checkValues(value.operator, value.values, context);
  });

const event = z.strictObject({
  type: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
});
const finalizer = z.strictObject({ value: z.string().min(1) });
const finalizers = z.strictObject({
  add: z.array(finalizer).optional(),
  remove: z.array(finalizer).optional(),
  empty: z.boolean().optional(),
});
/** Taken and left aside: whoever writes may write here. */
const impersonation = z.strictObject({ username: z.string() }).optional();
const patch = z.strictObject({
  subresource: z.enum(['', 'status']).optional(),
  root: z.string().optional(),
  template: z.string(),
  type: z.enum(['json', 'merge', 'strategic']).optional(),
  impersonation,
});

/** A Stage of pods or nodes. */
export const stageSchema = z.strictObject({
  apiVersion: z.literal('kwok.x-k8s.io/v1alpha1'),
  kind: z.literal('Stage'),
  metadata: z.looseObject({ name: z.string().min(1) }),
  spec: z.strictObject({
    resourceRef: z.strictObject({ apiGroup: z.literal('v1').default('v1'), kind: z.enum(['Pod', 'Node']) }),
    selector: z
      .strictObject({
        matchLabels: strings.optional(),
        matchAnnotations: strings.optional(),
        matchExpressions: z.array(matchExpression).optional(),
      })
      .optional(),
    weight: z.int().min(0).default(0),
    weightFrom: expressionFrom.optional(),
    delay: z
      .strictObject({
        durationMilliseconds: milliseconds.optional(),
        durationFrom: expressionFrom.optional(),
        jitterDurationMilliseconds: milliseconds.optional(),
        jitterDurationFrom: expressionFrom.optional(),
      })
      .optional(),
    next: z
      .strictObject({
        event: event.optional(),
        finalizers: finalizers.optional(),
        delete: z.boolean().optional(),
        patches: z.array(patch).optional(),
        statusTemplate: z.string().optional(),
        statusSubresource: z.literal('status').optional(),
        statusPatchAs: impersonation,
      })
      .optional(),
    steps: z
      .array(
        z.strictObject({
          event: event.optional(),
          finalizers: finalizers.optional(),
          patch: patch.optional(),
          delete: z.boolean().optional(),
        }),
      )
      .optional(),
    immediateNextStage: z.boolean().default(false),
  }),
  status: z.unknown().optional(),
});
