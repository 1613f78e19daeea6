import { wrapped } from '../reporting/wrapped-text.ts';
import type { FileReport } from '../workloads/validate-file.ts';
import { defineCommand } from './command.ts';
import { report } from './failure.ts';
import { ALLOW_UNKNOWN } from './scenario-flags.ts';

/** Before what goes on in a further line. */
const INDENT = '    ';
/** Between a count and what it counts: no line ends there. */
const TOGETHER = '\u00a0';

export const validate = defineCommand({
  usage: 'validate <files..>',
  summary: 'Check scenario and manifest files without running them',
  positionals: {
    files: { type: 'string', array: true, demandOption: true, describe: 'Scenario or manifest files (YAML)' },
  },
  options: {
    'allow-unknown': ALLOW_UNKNOWN,
  },
  examples: [
    ['validate scenarios/*.yaml', 'check every ready scenario'],
    ['validate deployment.yaml', 'check Kubernetes manifests'],
  ],
  run: async ({ files, allowUnknown }) => {
    const { validateFile } = await import('../workloads/validate-file.ts');
    const { loadScenario } = await import('../workloads/scenario.ts');
    const { checkPolicies } = await import('../scenario-policies.ts');
    const options = { allowUnknown: allowUnknown ?? false };
    let exitCode = 0;
    // Every file is looked at, so that one run tells all.
    for (const file of files) {
      try {
        const checked = validateFile(file, options);
        const ineffective = checked.kind === 'scenario' ? await checkPolicies(loadScenario(file, options)) : [];
        for (const warning of [...checked.warnings, ...ineffective]) {
          console.error(wrapped(`warning: ${warning}`, INDENT));
        }
        console.log(wrapped(`ok: ${file}: ${describe(checked)}`, INDENT).replaceAll(TOGETHER, ' '));
      } catch (error) {
        exitCode = Math.max(exitCode, report(error));
      }
    }
    return exitCode;
  },
});

/** `scenario, 51 Node, 2 Deployment, Pod (as many as are drawn)`. */
function describe({ kind, counts }: FileReport): string {
  const known = Object.entries(counts).map(([name, count]) =>
    count === undefined ? `${name}s${TOGETHER}drawn` : `${count}${TOGETHER}${name}`,
  );
  return [kind, ...known].join(', ');
}
