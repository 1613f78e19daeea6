/** KubeSchedulerConfigurations in scenarios: named or written there. */
import { describe, expect, it } from 'vitest';
import { clusterOptions } from './cluster-options.ts';
import type { ChosenPolicies } from './policies/registry.ts';
import { checkPolicies, scenarioPolicies } from './scenario-policies.ts';
import type { Scenario } from './workloads/scenario.ts';
import { HEAD, ScenarioFolder } from '../test/support/scenario-folder.ts';

const folder = new ScenarioFolder();

function chosen(from: Scenario): Promise<ChosenPolicies> {
  return scenarioPolicies(from, () => undefined);
}

describe('a KubeSchedulerConfiguration', () => {
  const text = `${HEAD}percentageOfNodesToScore: 30
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 60
clientConnection: {qps: 500, burst: 1000}
leaderElection: {leaderElect: false}
profiles:
  - schedulerName: default-scheduler
    percentageOfNodesToScore: 100
  - schedulerName: packer
    plugins: {score: {disabled: [{name: '*'}], enabled: [{name: NodeResourcesFit, weight: 7}]}}
`;

  it('is read from a file that the scenario names', async () => {
    const from = folder.naming(text);
    const policies = await chosen(from);
    expect(policies.profiles.map(({ schedulerName }) => schedulerName)).toEqual(['default-scheduler', 'packer']);
    expect(policies.profiles.map((profile) => profile.percentageOfNodesToScore)).toEqual([100, undefined]);
    const { settings } = clusterOptions(from, {}, policies);
    expect(settings.scheduler).toMatchObject({
      percentageOfNodesToScore: 30,
      podInitialBackoffSeconds: 2,
      podMaxBackoffSeconds: 60,
      qps: 500,
      burst: 1000,
    });
  });

  it('may stand in the scenario itself', async () => {
    const inline = text.replaceAll(/^/gm, '    ');
    const policies = await chosen(folder.scenario(`policies:\n  schedulerConfiguration:\n${inline}`));
    expect(policies.profiles.map(({ schedulerName }) => schedulerName)).toEqual(['default-scheduler', 'packer']);
  });

  it('without a word of its own is the default', async () => {
    const [standard] = (await chosen(folder.scenario(''))).profiles;
    const { profiles, schedulerSettings } = await chosen(folder.naming(HEAD));
    expect(schedulerSettings).toEqual({});
    expect(profiles.map(({ schedulerName }) => schedulerName)).toEqual(['default-scheduler']);
    const scored = (weights: readonly { weight: number }[] = []) => weights.map(({ weight }) => weight);
    expect(profiles[0]?.plugins.length).toBe(standard?.plugins.length);
    // What does not score has no weight there, and 1 here.
    expect(scored(profiles[0]?.plugins)).toEqual(scored(standard?.plugins).map((weight) => weight || 1));
  });

  it('leaves a scenario its own settings where it says nothing of them', async () => {
    const from = folder.naming(
      `${HEAD}podMaxBackoffSeconds: 30\n`,
      'components: {scheduler: {podInitialBackoffSeconds: 3}}\n',
    );
    const { scheduler } = clusterOptions(from, {}, await chosen(from)).settings;
    expect(scheduler).toMatchObject({ podInitialBackoffSeconds: 3, podMaxBackoffSeconds: 30, qps: 50 });
  });

  it('may not say what the scenario says, too', async () => {
    const rest = 'components: {scheduler: {podMaxBackoffSeconds: 20}}\n';
    const message = await folder.refusal(folder.naming(`${HEAD}podMaxBackoffSeconds: 30\n`, rest));
    expect(message).toMatch(/^s\.yaml:7:\d+: components\.scheduler\.podMaxBackoffSeconds: the KubeScheduler/);
    expect(message).toContain('found: podMaxBackoffSeconds: 30 there');
  });

  it('has policies of a scenario score beside each of its profiles', async () => {
    const more = `  scoring: [{use: default, weight: 2}, {use: MostAllocated, weight: 5}]\n`;
    folder.write('scheduler.yaml', text);
    const { profiles } = await chosen(folder.scenario(`policies:\n  schedulerConfiguration: scheduler.yaml\n${more}`));
    expect(profiles.map(({ plugins }) => plugins.at(-1)?.weight)).toEqual([5, 5]);
    expect(profiles[1]?.plugins.map(({ weight }) => weight)).toContain(14);
  });

  it('warns of extenders, which are not called', async () => {
    const from = folder.naming(`${HEAD}extenders: [{urlPrefix: 'http://gpu:8080', filterVerb: filter}]\n`);
    expect(await checkPolicies(from)).toEqual([expect.stringContaining('the extender http://gpu:8080 is not called')]);
  });
});
