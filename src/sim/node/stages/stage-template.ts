import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import type { KubeObject } from '../../api/meta.ts';
import { GoTemplate } from '../../go-template/go-template.ts';
import { TemplateError } from '../../go-template/template-error.ts';
import type { TemplateFunctions } from '../../go-template/functions.ts';

/** What a template may ask of where its object is. */
export interface StagePlace {
  /** As a timestamp of the API. */
  readonly now: string;
  readonly start: string;
  readonly nodeName: string;
  readonly nodeIP: string;
  /** The pod's address; given to it when it is asked for. */
  podIP(hostNetwork: boolean): string;
}

/** A template of a stage: what it says of an object, as data. */
export type StageTemplate = (object: KubeObject, place: StagePlace) => unknown;

/** Where the template that is being filled stands. Filling is one synchronous step. */
let at: StagePlace | undefined;
const here = (): StagePlace => at as StagePlace;

/** What a healthy node says of itself. Source: kwok pkg/utils/gotpl/funcs.go nodeConditions. */
const CONDITIONS: readonly Readonly<Record<string, string>>[] = [
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['NetworkUnavailable', 'False', 'RouteCreated', 'RouteController created a route'],
].map(([type = '', status = '', reason = '', message = '']) => ({ type, status, reason, message }));

/** Port of KWOK's own kubelet server. Source: kwok's --server-address. */
const KUBELET_PORT = 10_247;

/** KWOK's functions besides those of Go and of sprig. Source: kwok pkg/utils/gotpl/funcs.go, pkg/kwok/controllers. */
const FUNCTIONS: TemplateFunctions = {
  Quote: (value) => JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value ?? null)),
  Now: () => here().now,
  StartTime: () => here().start,
  // JSON is YAML on one line, which goes at any depth.
  YAML: (value, indent = 0) => `\n${'  '.repeat(Number(indent))}${JSON.stringify(value ?? null)}`,
  Version: () => 'orrery',
  NodeConditions: () => CONDITIONS,
  NodeName: () => here().nodeName,
  NodeIP: () => here().nodeIP,
  NodePort: () => KUBELET_PORT,
  NodeIPWith: () => here().nodeIP,
  NodeIPsWith: () => [here().nodeIP],
  PodIP: () => here().podIP(false),
  PodIPWith: (_node, hostNetwork) => here().podIP(hostNetwork === true),
  PodIPsWith: (_node, hostNetwork) => [here().podIP(hostNetwork === true)],
};

/** Compiles a template. Throws a `TemplateError`; so does what comes out of it where an object makes no sense of it. */
export function stageTemplate(text: string): StageTemplate {
  const template = new GoTemplate(text.trim(), { functions: FUNCTIONS });
  return (object, place) => {
    at = place;
    const yaml = template.render(object);
    try {
      return withoutNulls(load(yaml, { schema: CORE_SCHEMA }) ?? {});
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const line = yaml.split('\n')[error.mark?.line ?? 0] ?? '';
      throw new TemplateError(`what it comes to is not valid YAML: ${error.reason}, at "${line.trim()}"`);
    }
  };
}

/** Nulls in lists' items mean nothing; as fields of a patch they take something away. */
function withoutNulls(value: unknown, inList = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, true));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => !inList || inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner, inList)]));
}
