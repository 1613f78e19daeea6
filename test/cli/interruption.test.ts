import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIN, SMALL, Workspace } from '../support/orrery.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = new Workspace();
  // A year takes far longer than anybody waits.
  workspace.write('year.yaml', SMALL.replace('duration: 1h', 'duration: 365d'));
});

afterAll(() => workspace.remove());

/** Starts a run of a year and sends it a signal once it has written the beginnings of its files. */
async function interrupted(signal: NodeJS.Signals, ...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, 'run', 'year.yaml', ...args], { cwd: workspace.folder });
  let stdout = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.resume();
  const closed = once(child, 'close');
  while (!begun()) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill(signal);
  const [exitCode] = (await closed) as [number | null];
  return { exitCode, stdout };
}

const results = (): string[] => readdirSync(workspace.path('reports', 'small'));

function begun(): boolean {
  try {
    return results().some((name) => name.endsWith('.partial'));
  } catch {
    return false;
  }
}

describe('Ctrl-C', () => {
  it('stops a run, keeps what was recorded, says that it is partial, and exits with 130', async () => {
    const { exitCode, stdout } = await interrupted('SIGINT');
    expect(exitCode).toBe(130);
    expect(stdout).toContain('partial');
    const files = results();
    expect(files).toEqual(expect.arrayContaining(['summary.json', 'pods.csv', 'report.html']));
    expect(files.filter((name) => name.endsWith('.partial'))).toEqual([]);
    const summary = JSON.parse(readFileSync(workspace.path('reports', 'small', 'summary.json'), 'utf8')) as object;
    expect(JSON.stringify(summary)).toContain('"partial":true');
  });
});
