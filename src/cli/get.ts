import { printDuration } from '../sim/durations.ts';
import type { KubeObject } from '../sim/api/meta.ts';
import { seconds } from '../sim/kernel/time.ts';
import { InputError } from '../workloads/input-error.ts';
import { defineCommand } from './command.ts';
import { duration, oneOf } from './flags.ts';
import { SCENARIO_FLAGS, scenarioOptions } from './scenario-flags.ts';

const FORMATS = ['table', 'yaml', 'json'] as const;
const GAP = 3;

export const get = defineCommand({
  usage: 'get <scenario> <kind> [name]',
  summary: 'Run a scenario up to a time, and print objects as the API server shows them then',
  positionals: {
    scenario: { type: 'string', demandOption: true, describe: 'Scenario file (YAML)' },
    kind: { type: 'string', demandOption: true, describe: 'Pod, pods, flowschemas …' },
    name: { type: 'string', describe: 'Of one object; all of the kind where absent' },
  },
  options: {
    at: { type: 'string', requiresArg: true, describe: "When, such as 90s [the scenario's end]" },
    namespace: { type: 'string', requiresArg: true, describe: 'Of this namespace [all; default for one object]' },
    selector: { type: 'string', requiresArg: true, describe: 'Label selector: app=web,tier!=cache' },
    'field-selector': { type: 'string', requiresArg: true, describe: 'Field selector: spec.nodeName=n-0' },
    format: { type: 'string', requiresArg: true, describe: `${FORMATS.join(', ')} [table]` },
    ...SCENARIO_FLAGS,
  },
  examples: [
    ['get my.yaml pods --at 10m', 'the pods there are ten minutes in'],
    ['get my.yaml node n-0 --format yaml', 'one node at the end'],
    ['get my.yaml flowschemas', 'the default flow schemas, and your own'],
  ],
  run: async (args) => {
    const { kindNamed } = await import('./kind-names.ts');
    const info = kindNamed(args.kind);
    const format = oneOf('format', args.format, FORMATS) ?? 'table';
    const at = duration('at', args.at);
    const { loadScenario } = await import('../workloads/scenario.ts');
    const scenario = loadScenario(args.scenario, scenarioOptions(args.scenario, args));
    const { name = '' } = args;
    const ownNamespace = name === '' ? '' : 'default';
    const query = {
      kind: info.kind,
      name,
      namespace: info.namespaced ? (args.namespace ?? ownNamespace) : '',
      ...(args.selector === undefined ? {} : { labelSelector: args.selector }),
      ...(args.fieldSelector === undefined ? {} : { fieldSelector: args.fieldSelector }),
    };
    const { readObjects } = await import('../read-objects.ts');
    const { now, answer } = await readObjects(scenario, seconds(at ?? scenario.duration), query, console.error);
    if ('code' in answer) {
      if (answer.reason === 'BadRequest') {
        const path = args.selector === undefined ? '--field-selector' : '--selector';
        throw new InputError({ path, message: answer.message });
      }
      console.error(`orrery: ${answer.message}`);
      return 1;
    }
    if (format === 'table') {
      if (answer.length > 0) console.log(table(answer, info.namespaced));
      console.error(`at ${printDuration(now / seconds(1))}${answer.length === 0 ? `: no ${info.plural}` : ''}`);
    } else console.log(await printed(answer, name !== '', format));
    return 0;
  },
});

/** As one object, or as a List, without the fields that are there and undefined. */
async function printed(objects: readonly KubeObject[], isOne: boolean, format: 'yaml' | 'json'): Promise<string> {
  const content = isOne ? objects[0] : { apiVersion: 'v1', kind: 'List', items: objects };
  const json = JSON.stringify(content, undefined, 2);
  if (format === 'json') return json;
  const { stringify } = await import('yaml');
  return stringify(JSON.parse(json), { aliasDuplicateObjects: false }).trimEnd();
}

function table(objects: readonly KubeObject[], isNamespaced: boolean): string {
  const head = [...(isNamespaced ? ['NAMESPACE'] : []), 'NAME', 'CREATED'];
  const rows = objects.map(({ metadata: { namespace = '', name, creationTimestamp } }) => [
    ...(isNamespaced ? [namespace] : []),
    name,
    creationTimestamp,
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] as string).length)) + GAP);
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
