import type { PodTemplateSpec } from './api/core.ts';
import type { Draft, KubeObject } from './api/meta.ts';
import type { Calendar } from './api/timestamps.ts';
import type { ControllerRevision, ReplicaSet } from './api/workloads.ts';
import type { ApiServer } from './apiserver/api-server.ts';
import { controllerOf } from './apiserver/informer.ts';
import { sameJson } from './apiserver/merge-patch.ts';
import type { ApiRequest } from './apiserver/request.ts';
import { revisionOf } from './controllers/deployment/revisions.ts';
import { HASH_LABEL } from './controllers/deployment/view.ts';
import type { Micros } from './kernel/time.ts';

/** What `kubectl rollout` does to an object. */
export interface RolloutAction {
  readonly do: 'undo' | 'restart' | 'pause' | 'resume';
  /** For `undo`: 0 for the revision before the present one. */
  readonly toRevision: number;
}

/** Objects with a roll-out. */
type Rollable = KubeObject & { readonly spec: { readonly template: PodTemplateSpec; readonly paused?: boolean } };

/** An earlier template of an object, by its number. */
interface Revision {
  readonly number: number;
  readonly template: PodTemplateSpec;
}

/** kubectl says no, in its own words. */
export class RolloutRefusal extends Error {
  override readonly name = 'RolloutRefusal';
}

/**
 * The request that carries a roll-out action out, from what the server has now, as kubectl reads it first; undefined where
 * there is nothing to do. Source: kubectl/pkg/polymorphichelpers/{rollback,objectrestarter,objectpauser}.go.
 */
export function rolloutRequest(
  { kind, metadata: { namespace = '', name = '' } }: Draft,
  action: RolloutAction,
  server: ApiServer,
  calendar: Calendar,
  now: Micros,
): ApiRequest | undefined {
  const object = server.get<Rollable>(kind, namespace, name);
  const target = { kind, namespace, name };
  const what = `${kind.toLowerCase()}.apps/${name}`;
  if (object === undefined) throw new RolloutRefusal(`${kind.toLowerCase()}s.apps "${name}" not found`);
  const paused = object.spec.paused === true;
  switch (action.do) {
    case 'restart': {
      if (paused) throw new RolloutRefusal(`can't restart paused ${what} (run rollout resume first)`);
      const annotations = { 'kubectl.kubernetes.io/restartedAt': calendar.timestamp(now) };
      return { ...target, verb: 'patch', patch: { spec: { template: { metadata: { annotations } } } } };
    }
    case 'pause':
    case 'resume':
      if (paused === (action.do === 'pause')) {
        throw new RolloutRefusal(`${what} is ${paused ? 'already paused' : 'not paused'}`);
      }
      return { ...target, verb: 'patch', patch: { spec: { paused: action.do === 'pause' } } };
    case 'undo':
      if (paused) {
        const how = `resume it first with 'kubectl rollout resume' and try again`;
        throw new RolloutRefusal(`you cannot rollback a paused deployment; ${how}`);
      }
      return undone(object, action.toRevision, server);
  }
}

function undone(object: Rollable, toRevision: number, server: ApiServer): ApiRequest | undefined {
  const { kind, metadata, spec } = object;
  const revisions = revisionsOf(object, server).sort((a, b) => b.number - a.number);
  const wanted = toRevision === 0 ? revisions[1] : revisions.find(({ number }) => number === toRevision);
  if (wanted === undefined) {
    throw new RolloutRefusal(
      toRevision === 0
        ? `no rollout history found for ${kind.toLowerCase()} "${metadata.name}"`
        : `unable to find specified revision ${toRevision} in history`,
    );
  }
  // Skipped: the current template already matches.
  if (sameJson(spec.template, wanted.template)) return undefined;
  const { resourceVersion: _, ...own } = metadata;
  const body = { ...object, metadata: own, spec: { ...spec, template: wanted.template } } as unknown as KubeObject;
  return { verb: 'update', kind, namespace: metadata.namespace ?? '', name: metadata.name, body };
}

/** The templates that an object has had and that are kept: in ReplicaSets, or in ControllerRevisions. */
function revisionsOf({ kind, metadata }: Rollable, server: ApiServer): Revision[] {
  const options = { namespace: metadata.namespace ?? '' };
  const owned = <T extends KubeObject>(of: string): T[] =>
    server.list<T>(of, options).items.filter((object) => controllerOf(object)?.uid === metadata.uid);
  if (kind === 'Deployment') {
    return owned<ReplicaSet>('ReplicaSet').map((set) => ({
      number: revisionOf(set),
      template: withoutHash(set.spec.template),
    }));
  }
  return owned<ControllerRevision>('ControllerRevision').map(({ revision, data }) => ({
    number: revision,
    template: (data as { readonly template: PodTemplateSpec }).template,
  }));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
