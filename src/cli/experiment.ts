import { InputError } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';
import { listOf, oneOf, wholeNumber } from './flags.ts';

const EXPERIMENTS = ['fgd'] as const;

/** Points of the curve that the table shows, in per cent of arrived devices. */
const TOLD = [80, 90, 95, 100, 110, 120, 130];

export const experiment = defineCommand({
  usage: 'experiment <name>',
  summary: 'Repeat a published experiment',
  positionals: {
    name: { type: 'string', demandOption: true, describe: `Which: ${EXPERIMENTS.join(', ')}` },
  },
  options: {
    nodes: { type: 'string', requiresArg: true, describe: 'Nodes: sn,cpu_milli,memory_mib,gpu,model (CSV)' },
    pods: { type: 'string', requiresArg: true, describe: 'Pods: name,cpu_milli,…,gpu_spec (CSV)' },
    order: { type: 'string', requiresArg: true, describe: 'Order of arrivals and ranks of nodes, two lines' },
    policy: { type: 'string', requiresArg: true, describe: 'Only this policy. May be repeated' },
    seed: { type: 'string', requiresArg: true, describe: "Seed of the Random policy's draws [1]" },
    out: { type: 'string', requiresArg: true, describe: 'Folder for the results [reports/fgd]' },
  },
  examples: [
    ['experiment fgd --nodes nodes.csv --pods pods.csv --order order.txt', 'GPU sharing by six policies'],
    ['experiment fgd … --policy FGD --policy BestFit', 'two of them'],
  ],
  run: async (args) => {
    if (args.name !== EXPERIMENTS[0]) {
      throw new InputError({ path: 'experiment', ...unknownName('experiment', args.name, EXPERIMENTS) });
    }
    const { GPU_POLICIES } = await import('../policies/gpu-sharing/gpu-policies.ts');
    const seed = wholeNumber('seed', args.seed) ?? 1;
    const asked = listOf(args.policy).map((name) => oneOf('policy', name, GPU_POLICIES));
    const policies = GPU_POLICIES.filter((name) => asked.length === 0 || asked.includes(name));
    const { FgdExperiment } = await import('../experiments/fgd/fgd.ts');
    const { writeFgd } = await import('../experiments/fgd/write-fgd.ts');
    const fgd = new FgdExperiment({
      nodes: needed('nodes', args.nodes),
      pods: needed('pods', args.pods),
      order: needed('order', args.order),
    });
    const out = args.out ?? 'reports/fgd';
    const curves = policies.map((policy) => ({ policy, points: fgd.run(policy, seed) }));
    const files = writeFgd(out, curves);
    const cell = (text: string): string => text.padStart(8);
    console.log(`GPUs allocated, in % of all, when so many % have been asked for`);
    console.log(`${'policy'.padEnd(14)}${TOLD.map((percent) => cell(String(percent))).join('')}`);
    for (const { policy, points } of curves) {
      const at = (percent: number): string =>
        points.find((point) => point.percent === percent)?.allocation.toFixed(2) ?? '-';
      console.log(`${policy.padEnd(14)}${TOLD.map((percent) => cell(at(percent))).join('')}`);
    }
    console.log(`\n${files.map((file) => `${out}/${file}`).join('\n')}`);
    return 0;
  },
});

function needed(flag: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new InputError({ path: `--${flag}`, message: 'is missing', allowed: 'a file' });
}
