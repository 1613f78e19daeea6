import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { scenarioPolicies } from '../../src/scenario-policies.ts';
import { InputError } from '../../src/workloads/input-error.ts';
import { parseScenario } from '../../src/workloads/scenario.ts';
import type { Scenario } from '../../src/workloads/scenario.ts';

/** How a KubeSchedulerConfiguration begins. */
export const HEAD = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
`;

/** Small scenarios in a folder that is there while a file's tests run. */
export class ScenarioFolder {
  #path = '';

  constructor() {
    beforeAll(() => {
      this.#path = mkdtempSync(join(tmpdir(), 'orrery-scenario-'));
    });
    afterAll(() => {
      rmSync(this.#path, { recursive: true });
    });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.#path, name), text);
  }

  /** A scenario of one node, with `rest` besides. */
  scenario(rest: string): Scenario {
    const text = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: test}
duration: 1h
cluster: {nodeGroups: [{name: n, count: 1, capacity: {cpu: 1, memory: 1Gi}}]}
${rest}`;
    return parseScenario(text, join(this.#path, 's.yaml'));
  }

  /** A scenario that names a file with this text. */
  naming(configuration: string, rest = ''): Scenario {
    this.write('scheduler.yaml', configuration);
    return this.scenario(`policies: {schedulerConfiguration: scheduler.yaml}\n${rest}`);
  }

  /** The words with which a scenario's policies are refused. */
  async refusal(from: Scenario): Promise<string> {
    const error: unknown = await scenarioPolicies(from, () => undefined).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message.replaceAll(`${this.#path}/`, '').replaceAll(/\s+/g, ' ');
  }
}
