import type { FlowSchemaObject, PriorityLevelObject } from '../../sim/apiserver/flow-control/configuration.ts';
import type { SubjectRule } from '../../sim/apiserver/flow-control/schemas.ts';
import { printValue } from '../input-error.ts';
import type { DocumentPath } from '../input-error.ts';
import { checkRange } from './check-pod-spec.ts';
import { Misfit } from './misfit.ts';

/** What the server refuses in priority levels and flow schemas. Source: pkg/apis/flowcontrol/validation. */

const MANY = Number.POSITIVE_INFINITY;

/** Most bits that a hand of queues may take of a flow's hash. Source: util/shufflesharding (MaxHashBits). */
const HASH_BITS = 60;

/** The server keeps these as they are. */
const MANDATORY = ['exempt', 'catch-all'];

function refuseMandatory(name: string): void {
  if (!MANDATORY.includes(name)) return;
  throw new Misfit(['metadata', 'name'], {
    message: 'the server keeps its own object of this name',
    found: name,
    allowed: `a name other than ${MANDATORY.join(' and ')}`,
  });
}

export function checkPriorityLevel(name: string, spec: PriorityLevelObject['spec']): void {
  if ((name === 'exempt') !== (spec.type === 'Exempt')) {
    const allowed = name === 'exempt' ? 'Exempt' : 'Limited';
    throw new Misfit(['spec', 'type'], { message: 'the level "exempt" alone is Exempt', found: spec.type, allowed });
  }
  if (name !== 'exempt') refuseMandatory(name);
  const own = spec.type === 'Exempt' ? 'exempt' : 'limited';
  const other = spec.type === 'Exempt' ? 'limited' : 'exempt';
  if (spec[other] !== undefined) {
    throw new Misfit(['spec', other], { message: `has no meaning for type ${spec.type}`, allowed: own });
  }
  if (spec.type === 'Limited' && spec.limited === undefined) {
    throw new Misfit(['spec', 'limited'], { message: 'this field is missing', allowed: 'a mapping' });
  }
  const path = ['spec', own];
  checkRange(spec[own]?.nominalConcurrencyShares, 0, MANY, [...path, 'nominalConcurrencyShares']);
  checkRange(spec[own]?.lendablePercent, 0, 100, [...path, 'lendablePercent']);
  checkRange(spec.limited?.borrowingLimitPercent, 0, MANY, [...path, 'borrowingLimitPercent']);
  if (spec.limited !== undefined) checkResponse(spec.limited, [...path, 'limitResponse']);
}

function checkResponse(
  { limitResponse }: NonNullable<PriorityLevelObject['spec']['limited']>,
  path: DocumentPath,
): void {
  if (limitResponse === undefined) {
    throw new Misfit(path, { message: 'this field is missing', allowed: '{type: Queue} or {type: Reject}' });
  }
  const { type, queuing } = limitResponse;
  if (type === 'Reject') {
    if (queuing === undefined) return;
    throw new Misfit([...path, 'queuing'], { message: 'has no meaning for type Reject', found: printValue(queuing) });
  }
  const { queues = 64, handSize = 8, queueLengthLimit } = queuing ?? {};
  const at = [...path, 'queuing'];
  checkRange(queues, 1, 10_000_000, [...at, 'queues']);
  checkRange(queueLengthLimit, 1, MANY, [...at, 'queueLengthLimit']);
  checkRange(handSize, 1, queues, [...at, 'handSize']);
  let bits = 0;
  for (let i = 0; i < handSize; i++) bits += Math.log2(queues - i);
  if (Math.ceil(bits) <= HASH_BITS) return;
  throw new Misfit([...at, 'handSize'], {
    message: `hands of ${handSize} of ${queues} queues take ${Math.ceil(bits)} bits of a hash`,
    found: String(handSize),
    allowed: `fewer: at most ${HASH_BITS} bits`,
  });
}

export function checkFlowSchema(name: string, spec: FlowSchemaObject['spec']): void {
  refuseMandatory(name);
  // 1 is the mandatory schema exempt's.
  checkRange(spec.matchingPrecedence, 2, 10_000, ['spec', 'matchingPrecedence']);
  for (const [i, { subjects, resourceRules = [], nonResourceRules = [] }] of (spec.rules ?? []).entries()) {
    const path = ['spec', 'rules', i];
    if (subjects.length === 0) {
      throw new Misfit([...path, 'subjects'], { message: 'a rule needs at least one subject', allowed: 'a list' });
    }
    for (const [j, subject] of subjects.entries()) checkSubject(subject, [...path, 'subjects', j]);
    if (resourceRules.length + nonResourceRules.length === 0) {
      const allowed = 'resourceRules or nonResourceRules';
      throw new Misfit(path, { message: 'a rule needs something that is asked', allowed });
    }
    for (const [j, { clusterScope = false, namespaces = [] }] of resourceRules.entries()) {
      if (clusterScope || namespaces.length > 0) continue;
      throw new Misfit([...path, 'resourceRules', j, 'namespaces'], {
        message: 'a rule without clusterScope needs namespaces',
        allowed: "a list of namespaces, or ['*']",
      });
    }
  }
}

const FIELD_OF: Readonly<Record<SubjectRule['kind'], string>> = {
  User: 'user',
  Group: 'group',
  ServiceAccount: 'serviceAccount',
};

function checkSubject(subject: SubjectRule, path: DocumentPath): void {
  const given = subject as unknown as Readonly<Record<string, unknown>>;
  for (const field of Object.values(FIELD_OF)) {
    const isOwn = field === FIELD_OF[subject.kind];
    if (isOwn === (given[field] !== undefined)) continue;
    const message = isOwn ? 'this field is missing' : `has no meaning for kind ${subject.kind}`;
    throw new Misfit([...path, field], { message, allowed: FIELD_OF[subject.kind] });
  }
}
