import type { Condition, KubeObject } from '../../api/meta.ts';
import { DEFAULT_LEVELS } from './levels.ts';
import type { PriorityLevel } from './levels.ts';
import type { Attributes, Subject } from './requesters.ts';
import { DEFAULT_SCHEMAS, matchesResource, matchesSubject } from './schemas.ts';
import type { FlowSchema, PolicyRules, ResourceRule } from './schemas.ts';

/** A FlowSchema of the API (flowcontrol.apiserver.k8s.io/v1). */
export interface FlowSchemaObject extends KubeObject {
  readonly spec: {
    readonly priorityLevelConfiguration: { readonly name: string };
    readonly matchingPrecedence?: number;
    readonly distinguisherMethod?: { readonly type: 'ByUser' | 'ByNamespace' };
    readonly rules?: readonly PolicyRules[];
  };
  readonly status?: { readonly conditions: readonly Condition[] };
}

/** A PriorityLevelConfiguration of the API. */
export interface PriorityLevelObject extends KubeObject {
  readonly spec: {
    readonly type: 'Limited' | 'Exempt';
    readonly limited?: {
      readonly nominalConcurrencyShares?: number;
      readonly lendablePercent?: number;
      readonly borrowingLimitPercent?: number;
      readonly limitResponse?: {
        readonly type: 'Queue' | 'Reject';
        readonly queuing?: {
          readonly queues?: number;
          readonly handSize?: number;
          readonly queueLengthLimit?: number;
        };
      };
    };
    readonly exempt?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number };
  };
}

/** Source: pkg/apis/flowcontrol/v1/defaults.go. */
const SHARES = 30;
const QUEUES = 64;
const HAND_SIZE = 8;
const QUEUE_LENGTH = 50;
const PRECEDENCE = 1000;

function levelFrom({ metadata: { name }, spec }: PriorityLevelObject): PriorityLevel {
  const { type, limited = {}, exempt = {} } = spec;
  if (type === 'Exempt') {
    const { nominalConcurrencyShares = 0, lendablePercent = 0 } = exempt;
    return { name, nominalConcurrencyShares, lendablePercent, queuing: undefined, exempt: true };
  }
  const { nominalConcurrencyShares = SHARES, lendablePercent = 0, borrowingLimitPercent, limitResponse } = limited;
  const { queues = QUEUES, handSize = HAND_SIZE, queueLengthLimit = QUEUE_LENGTH } = limitResponse?.queuing ?? {};
  return {
    name,
    nominalConcurrencyShares,
    lendablePercent,
    borrowingLimitPercent,
    queuing: limitResponse?.type === 'Queue' ? { queues, handSize, queueLengthLimit } : undefined,
    exempt: false,
  };
}

function schemaFrom({ metadata: { name }, spec }: FlowSchemaObject): FlowSchema {
  const { priorityLevelConfiguration, matchingPrecedence, distinguisherMethod, rules = [] } = spec;
  return {
    name,
    precedence: matchingPrecedence ?? PRECEDENCE,
    level: priorityLevelConfiguration.name,
    distinguisher: distinguisherMethod?.type,
    rules,
  };
}

/** Of those of one name the later counts. */
function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map((one) => [one.name, one])).values()];
}

/** A schema with those of its rules that a subject can meet. */
interface Candidate {
  readonly schema: FlowSchema;
  readonly rules: readonly ResourceRule[];
}

/** Requesters whose schemas are remembered. */
const KEPT = 20_000;

/**
 * The levels and schemas by which an API server takes requests: the default ones and what users have added, or have put
 * in their place under their names. A schema whose level does not exist is as if it were not there.
 */
export class FlowConfiguration {
  readonly levels: readonly PriorityLevel[];
  readonly #schemas: readonly FlowSchema[];
  readonly #candidates = new Map<string, readonly Candidate[]>();

  constructor(levels: readonly PriorityLevelObject[] = [], schemas: readonly FlowSchemaObject[] = []) {
    this.levels = byName([...DEFAULT_LEVELS, ...levels.map(levelFrom)]);
    const known = new Set(this.levels.map(({ name }) => name));
    this.#schemas = byName([...DEFAULT_SCHEMAS, ...schemas.map(schemaFrom)])
      .filter(({ level }) => known.has(level))
      .sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
  }

  /** The schema of a request: the first that matches, by precedence and then by name. */
  schemaOf(subject: Subject, request: Attributes): FlowSchema {
    for (const { schema, rules } of this.#candidatesOf(subject)) {
      for (const rule of rules) if (matchesResource(rule, request)) return schema;
    }
    // Where no schema matches, the server takes the mandatory one. Source: flowcontrol/apf_controller.go (startRequest).
    return this.#schemas.find(({ name }) => name === 'catch-all') as FlowSchema;
  }

  #candidatesOf(subject: Subject): readonly Candidate[] {
    let candidates = this.#candidates.get(subject.user);
    if (candidates === undefined) {
      candidates = this.#schemas.flatMap((schema) => {
        const rules = schema.rules.flatMap(({ subjects, resourceRules = [] }) =>
          matchesSubject(subjects, subject) ? resourceRules : [],
        );
        return rules.length === 0 ? [] : [{ schema, rules }];
      });
      if (this.#candidates.size >= KEPT) this.#candidates.clear();
      this.#candidates.set(subject.user, candidates);
    }
    return candidates;
  }
}
