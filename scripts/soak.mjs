/** `npm run soak [-- seeds=20 hours=24 nodes=1000 pods=20000 first=1]`: everything goes wrong at once, for a day a seed. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const args = ['--expose-gc', '--import', 'tsx', join('test', 'soak', 'long-soak.ts'), ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
