import type { Deployment } from '../../api/workloads.ts';
import type { ApiRequest } from '../../apiserver/request.ts';

/** The annotation of a Deployment that holds what its roll-out policy is to remember, as JSON. */
export const MEMORY = 'orrery.dev/roll-out';

/** What a roll-out policy left on the Deployment; undefined where it left nothing, or what is there is no JSON. */
export function memoryOn({ metadata }: Deployment): unknown {
  const text = metadata.annotations?.[MEMORY];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Writes it there, where it outlives the process; undefined where it says so already. */
export function remembering({ metadata }: Deployment, memory: unknown): ApiRequest | undefined {
  const text = JSON.stringify(memory);
  if (metadata.annotations?.[MEMORY] === text) return undefined;
  const { namespace = '', name } = metadata;
  const patch = { metadata: { annotations: { [MEMORY]: text } } };
  return { verb: 'patch', kind: 'Deployment', namespace, name, patch, ignore: ['NotFound'] };
}
