import type { Condition, KubeObject } from '../../api/meta.ts';
import type { Calendar } from '../../api/timestamps.ts';
import { identityOf } from '../../kernel/random.ts';
import type { ApiServer } from '../api-server.ts';
import type { FlowSchemaObject, PriorityLevelObject } from './configuration.ts';
import { DEFAULT_LEVELS } from './levels.ts';
import type { PriorityLevel } from './levels.ts';
import { DEFAULT_SCHEMAS } from './schemas.ts';
import type { FlowSchema } from './schemas.ts';

/** The server keeps these objects as they are by default. Source: api/flowcontrol/v1/types.go (AutoUpdateAnnotationKey). */
const AUTO_UPDATE = { 'apf.kubernetes.io/autoupdate-spec': 'true' };

/**
 * Lets the server answer reads of its own priority levels and flow schemas, and say of every schema whether its level is
 * there. They are made when somebody reads them: the store's revisions are those of the workload alone. What a user writes
 * under the name of a default one stands in its place.
 */
export function serveFlowControl(server: ApiServer, calendar: Calendar): void {
  const levels = new Map(DEFAULT_LEVELS.map((level) => [level.name, levelObject(level, calendar)]));
  const schemas = new Map(DEFAULT_SCHEMAS.map((schema) => [schema.name, schemaObject(schema, calendar)]));
  const stored = (kind: string, name: string): KubeObject | undefined => server.entry(kind, name)?.object;
  const unwritten = <T>(kind: string, all: ReadonlyMap<string, T>): T[] =>
    [...all].filter(([name]) => stored(kind, name) === undefined).map(([, object]) => object);
  const level = (name: string): KubeObject | undefined =>
    stored('PriorityLevelConfiguration', name) ?? levels.get(name);
  const shown = (object: KubeObject): KubeObject => withDangling(object as FlowSchemaObject, level);
  server.virtual('PriorityLevelConfiguration', {
    get: level,
    list: () => unwritten('PriorityLevelConfiguration', levels),
  });
  server.virtual('FlowSchema', {
    get: (name) => {
      const schema = stored('FlowSchema', name) ?? schemas.get(name);
      return schema === undefined ? undefined : shown(schema);
    },
    list: () => unwritten('FlowSchema', schemas).map(shown),
    shown,
  });
}

/**
 * A schema with its condition. Its time is when the later of the two was made, as far as they are there. Source:
 * flowcontrol/apf_controller.go (presyncFlowSchemaStatus).
 */
function withDangling(schema: FlowSchemaObject, level: (name: string) => KubeObject | undefined): FlowSchemaObject {
  const { name } = schema.spec.priorityLevelConfiguration;
  const found = level(name);
  const says = `This FlowSchema references the PriorityLevelConfiguration object named "${name}"`;
  const born = [schema, found].map((object) => object?.metadata.creationTimestamp ?? '').sort();
  const dangling: Condition = {
    type: 'Dangling',
    status: found === undefined ? 'True' : 'False',
    reason: found === undefined ? 'NotFound' : 'Found',
    message: found === undefined ? `${says} but there is no such object` : `${says} and it exists`,
    lastTransitionTime: born[1] as string,
  };
  return { ...schema, status: { conditions: [dangling] } };
}

function metadataOf(kind: string, name: string, calendar: Calendar): KubeObject['metadata'] {
  return {
    name,
    uid: `${identityOf(`${kind}/${name}`).toString(16).padStart(8, '0')}-0000-4000-a000-000000000000`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: calendar.timestamp(0),
    annotations: AUTO_UPDATE,
  };
}

function levelObject(level: PriorityLevel, calendar: Calendar): PriorityLevelObject {
  const { name, nominalConcurrencyShares, lendablePercent, queuing, exempt } = level;
  const kind = 'PriorityLevelConfiguration';
  const seats = { nominalConcurrencyShares, lendablePercent };
  const limitResponse = queuing === undefined ? ({ type: 'Reject' } as const) : ({ type: 'Queue', queuing } as const);
  return {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind,
    metadata: metadataOf(kind, name, calendar),
    spec: exempt ? { type: 'Exempt', exempt: seats } : { type: 'Limited', limited: { ...seats, limitResponse } },
  };
}

function schemaObject(schema: FlowSchema, calendar: Calendar): FlowSchemaObject {
  const { name, precedence, level, distinguisher, rules } = schema;
  const kind = 'FlowSchema';
  return {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind,
    metadata: metadataOf(kind, name, calendar),
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
      rules,
    },
  };
}
