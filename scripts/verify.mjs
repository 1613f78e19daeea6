/**
 * `npm run verify`: everything that `npm test` leaves for a longer wait. The property tests draw many more cases
 * (VERIFY=1), and the benches are measured against their budgets. Up to 90 minutes on two cores.
 */
import { spawnSync } from 'node:child_process';

const STEPS = [
  ['type check', 'typecheck'],
  ['lint and architecture', 'lint'],
  ['tests with many more cases', 'test'],
  ['benches', 'bench'],
];

const npm = process.env.npm_execpath;
const failed = STEPS.filter(([title, script]) => {
  console.log(`\n== ${title} (npm run ${script})`);
  const [command, args] = npm ? [process.execPath, [npm, 'run', script]] : ['npm', ['run', script]];
  return spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, VERIFY: '1' } }).status !== 0;
});
console.log(`\n${STEPS.length - failed.length} of ${STEPS.length} steps passed`);
if (failed.length > 0) {
  console.error(`Failed: ${failed.map(([title]) => title).join(', ')}`);
  process.exitCode = 1;
}
