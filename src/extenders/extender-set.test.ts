import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulate } from '../simulate.ts';
import { parseScenario } from '../workloads/scenario.ts';
import type { Scenario } from '../workloads/scenario.ts';

let port = 0;
let server: Worker;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orrery-extenders-'));
  server = new Worker(new URL('../../test/support/extender-server.mjs', import.meta.url));
  port = await new Promise<number>((resolve) => server.once('message', resolve));
});

afterAll(async () => {
  await server.terminate();
  rmSync(folder, { recursive: true });
});

/** A small cluster with an extender; `answers` as under `policies.extenders`. */
function scenario(path: string, extender: object, answers: object | undefined): Scenario {
  const schedulerConfiguration = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    extenders: [
      { urlPrefix: `http://127.0.0.1:${port}/${path}`, nodeCacheCapable: true, httpTimeout: '1s', ...extender },
    ],
  };
  const document = {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'extended' },
    duration: '2m',
    cluster: { nodeGroups: [{ name: 'n', count: 6, capacity: { cpu: 8, memory: '32Gi' } }] },
    policies: { schedulerConfiguration, ...(answers === undefined ? {} : { extenders: answers }) },
    workloads: [
      {
        name: 'web',
        inline: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 12
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: 'web:1', resources: {requests: {cpu: 500m}}}]}
`,
      },
    ],
  };
  const file = join(folder, 'extended.yaml');
  writeFileSync(file, JSON.stringify(document));
  return parseScenario(JSON.stringify(document), file);
}

const filter = { filterVerb: 'filter' };

describe('extenders over HTTP', () => {
  it('are called, and their answers decide', async () => {
    const plain = await simulate(scenario('turns', filter, undefined), {});
    const called = await simulate(scenario('turns', filter, { answers: 'call' }), {});
    expect(JSON.stringify(called.summary)).not.toBe(JSON.stringify(plain.summary));
  });

  it('warn that they are not called where the scenario does not ask for it', async () => {
    const warnings: string[] = [];
    await simulate(scenario('turns', filter, undefined), {}, { onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual([`the extender http://127.0.0.1:${port}/turns is not called: pods are placed without it`]);
  });

  it('are recorded, and the recording gives the same bytes without them', async () => {
    const [first, second] = [join(folder, 'recorded'), join(folder, 'replayed')];
    await simulate(scenario('turns', filter, { answers: 'record', file: 'answers.jsonl' }), { out: first });
    const lines = readFileSync(join(folder, 'answers.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(12);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ordinal: 0, answer: { status: 200 } });
    // Nobody listens at port 9: what is answered comes from the file.
    await simulate(scenario('turns', filter, { answers: 'replay', file: 'answers.jsonl' }), { out: second });
    for (const file of ['decisions.csv', 'pods.csv', 'events.csv', 'timeseries.csv']) {
      expect(readFileSync(join(second, file), 'utf8')).toBe(readFileSync(join(first, file), 'utf8'));
    }
  });

  it('stop a run that asks for what was not recorded', async () => {
    await simulate(scenario('turns', filter, { answers: 'record', file: 'short.jsonl' }), {});
    const lines = readFileSync(join(folder, 'short.jsonl'), 'utf8').split('\n');
    writeFileSync(join(folder, 'short.jsonl'), lines.slice(0, 5).join('\n'));
    const replay = simulate(scenario('turns', filter, { answers: 'replay', file: 'short.jsonl' }), {});
    await expect(replay).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /short\.jsonl: no answer was recorded to this call of http:.*\/turns\/filter: pod web-/,
      ) as string,
    });
  });

  it('that do not answer fail the attempt after their time limit, simulated and real', async () => {
    const begun = Date.now();
    const out = join(folder, 'silent');
    await simulate(scenario('silent', { ...filter, httpTimeout: '200ms' }, { answers: 'call' }), {
      out,
      untilSeconds: 1.5,
    });
    const decisions = readFileSync(join(out, 'decisions.csv'), 'utf8');
    expect(decisions).toContain('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
    // An attempt each 200 ms and some: 170 µs and 1.62 µs for each of 6 nodes.
    const cycles = decisions
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[8]));
    expect(cycles.every((seconds) => seconds > 0.2 && seconds < 0.2003)).toBe(true);
    expect(Date.now() - begun).toBeGreaterThan(200);
  });

  it('that do not answer are done without where they are ignorable', async () => {
    const of = scenario('silent', { ...filter, httpTimeout: '50ms', ignorable: true }, { answers: 'call' });
    const { summary } = await simulate(of, {});
    expect(JSON.stringify(summary)).toContain('"pods_running":12');
  });

  it.each([
    ['broken', false, /failed filter with extender at URL http:\S+\/broken, code 500/],
    ['broken', true, undefined],
  ])('that answer with an error (%s, ignorable: %s)', async (path, ignorable, message) => {
    const out = join(folder, `${path}-${String(ignorable)}`);
    await simulate(scenario(path, { ...filter, ignorable }, { answers: 'call' }), { out, untilSeconds: 5 });
    const decisions = readFileSync(join(out, 'decisions.csv'), 'utf8');
    if (message === undefined) expect(decisions).not.toContain('error');
    else expect(decisions).toMatch(message);
  });

  it('that nobody listens for say so', async () => {
    const out = join(folder, 'refused');
    const of = scenario('x', { ...filter, urlPrefix: 'http://127.0.0.1:9' }, { answers: 'call' });
    await simulate(of, { out, untilSeconds: 2 });
    expect(readFileSync(join(out, 'decisions.csv'), 'utf8')).toMatch(
      /Post ""http:\/\/127\.0\.0\.1:9\/filter"": .*ECONNREFUSED/,
    );
  });

  it('score: the last of the nodes gets the pods while it has room', async () => {
    const out = join(folder, 'scored');
    const of = scenario('last', { prioritizeVerb: 'prioritize', weight: 100 }, { answers: 'call' });
    await simulate(of, { out });
    const placed = readFileSync(join(out, 'decisions.csv'), 'utf8').split('\n').slice(1, 13);
    const nodes = new Set(placed.map((line) => line.split(',')[4]));
    expect(nodes.size).toBeLessThan(6);
  });
});

/** The words, wherever lines are broken. */
function inWords(text: string): RegExp {
  return new RegExp(text.replaceAll('.', '\\.').replaceAll(' ', '\\s+'));
}

describe('bad input about extenders', () => {
  it.each([
    [{ answers: 'record' }, 'policies.extenders.file: record needs a file'],
    [{ answers: 'replay', file: 'nowhere.jsonl' }, 'policies.extenders.file: no such file'],
    [{ answers: 'call', file: 'x' }, 'policies.extenders.file: goes with record and replay only'],
  ])('%j', async (answers, message) => {
    const run = async (): Promise<unknown> => simulate(scenario('turns', filter, answers), {});
    await expect(run()).rejects.toThrow(inWords(message));
  });

  it('checks what is asked of TLS', async () => {
    const run = async (tlsConfig: object): Promise<unknown> =>
      simulate(scenario('turns', { ...filter, enableHTTPS: true, tlsConfig }, { answers: 'call' }), {});
    await expect(run({ insecure: true, caData: 'AAAA' })).rejects.toThrow(
      'a root certificate goes with certificates that are checked',
    );
    await expect(run({ certFile: 'a.pem' })).rejects.toThrow(inWords('a certificate and its key go together'));
    await expect(run({ caFile: 'nowhere.pem' })).rejects.toThrow(inWords('a file of a tlsConfig cannot be read'));
  });
});
