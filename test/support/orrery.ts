import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built program, as a user runs it. */
export const MAIN = join(ROOT, 'dist', 'main.js');

export interface Answer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `orrery` as a process of its own, without a terminal. */
export function orrery(args: readonly string[], cwd: string = ROOT): Answer {
  const environment = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd,
    encoding: 'utf8',
    env: environment,
    maxBuffer: 64 * 2 ** 20,
  });
  return { exitCode: status, stdout, stderr };
}

/** An empty folder that goes when the test does. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'orrery-test-'));

  write(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return name;
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  orrery(...args: readonly string[]): Answer {
    return orrery(args, this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A cluster that runs an hour in no time. */
export const SMALL = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: small}
duration: 1h
cluster:
  nodeGroups: [{name: n, count: 3, capacity: {cpu: 4, memory: 8Gi}, zones: [a, b, c]}]
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 4
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            containers:
              - {name: web, image: 'web:1', resources: {requests: {cpu: 500m, memory: 256Mi}}}
faults:
  - {at: 10m, kind: node-crash, nodes: [n-1], for: 5m}
`;
