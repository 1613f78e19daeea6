/** An expression that a value is taken from; of jq, or of CEL with the object as `self`. */
export interface ExpressionFrom {
  readonly expressionFrom?: string | undefined;
  readonly jq?: { readonly expression: string } | undefined;
  readonly cel?: { readonly expression: string } | undefined;
}

export type StageOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** One condition of a selector, in its old form (`key`), its new one (`jq`), or CEL. */
export interface StageExpression {
  readonly key?: string | undefined;
  readonly operator?: StageOperator | undefined;
  readonly values?: readonly string[] | undefined;
  readonly jq?:
    | { readonly key: string; readonly operator: StageOperator; readonly values?: readonly string[] | undefined }
    | undefined;
  readonly cel?: { readonly expression: string } | undefined;
}

export interface StageEvent {
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface StageFinalizers {
  readonly add?: readonly { readonly value: string }[] | undefined;
  readonly remove?: readonly { readonly value: string }[] | undefined;
  readonly empty?: boolean | undefined;
}

export interface StagePatch {
  readonly subresource?: string | undefined;
  readonly root?: string | undefined;
  readonly template: string;
  readonly type?: 'json' | 'merge' | 'strategic' | undefined;
}

/** One thing that a stage does. */
export interface StageStep {
  readonly event?: StageEvent | undefined;
  readonly finalizers?: StageFinalizers | undefined;
  readonly patch?: StagePatch | undefined;
  readonly delete?: boolean | undefined;
}

/** `next`, the older way to say what a stage does. */
export interface StageNext {
  readonly event?: StageEvent | undefined;
  readonly finalizers?: StageFinalizers | undefined;
  readonly patches?: readonly StagePatch[] | undefined;
  readonly statusTemplate?: string | undefined;
  readonly statusSubresource?: string | undefined;
  readonly delete?: boolean | undefined;
}

/** KWOK's Stage (kwok.x-k8s.io/v1alpha1), of pods and nodes. Source: kwok pkg/apis/v1alpha1/stage_types.go. */
export interface StageDocument {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly resourceRef: { readonly apiGroup: 'v1'; readonly kind: 'Pod' | 'Node' };
    /** A stage without one is never played. */
    readonly selector?:
      | {
          readonly matchLabels?: Readonly<Record<string, string>> | undefined;
          readonly matchAnnotations?: Readonly<Record<string, string>> | undefined;
          readonly matchExpressions?: readonly StageExpression[] | undefined;
        }
      | undefined;
    readonly weight: number;
    readonly weightFrom?: ExpressionFrom | undefined;
    readonly delay?:
      | {
          readonly durationMilliseconds?: number | undefined;
          readonly durationFrom?: ExpressionFrom | undefined;
          readonly jitterDurationMilliseconds?: number | undefined;
          readonly jitterDurationFrom?: ExpressionFrom | undefined;
        }
      | undefined;
    readonly next?: StageNext | undefined;
    readonly steps?: readonly StageStep[] | undefined;
    readonly immediateNextStage: boolean;
  };
}

/** A step, and where in the stage's spec its template stands. */
export interface PlacedStep {
  readonly step: StageStep;
  readonly path: readonly (string | number)[];
}

/** What a stage does, step by step; `next` is read as steps. Source: kwok internalversion conversion.go. */
export function stepsOf({ spec: { next, steps = [] } }: StageDocument): readonly PlacedStep[] {
  if (steps.length > 0) return steps.map((step, index) => ({ step, path: ['steps', index, 'patch', 'template'] }));
  if (next === undefined) return [];
  const { event, finalizers, patches, statusTemplate = '', statusSubresource = 'status' } = next;
  const placed: PlacedStep[] = [];
  if (event !== undefined) placed.push({ step: { event }, path: ['next'] });
  if (finalizers !== undefined) placed.push({ step: { finalizers }, path: ['next'] });
  for (const [index, patch] of (patches ?? []).entries()) {
    placed.push({ step: { patch }, path: ['next', 'patches', index, 'template'] });
  }
  if (placed.every(({ step }) => step.patch === undefined) && statusTemplate !== '') {
    const patch = { subresource: statusSubresource, root: 'status', template: statusTemplate };
    placed.push({ step: { patch }, path: ['next', 'statusTemplate'] });
  }
  if (next.delete === true) placed.push({ step: { delete: true }, path: ['next'] });
  return placed;
}
