import { describe, expect, it } from 'vitest';

import { TinyCluster, template } from '../../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../../test/support/tiny-cluster.ts';
import type { CronJob, Job } from '../../api/workloads.ts';
import { jobController } from '../job/job.ts';
import { cronJobController } from './cron-job.ts';

function start(spec: object, lifeOf: () => PodLife = () => ({ starts: 1, succeeds: 20 })): TinyCluster {
  const cluster = new TinyCluster({ controllers: [cronJobController, jobController()], lifeOf });
  const podSpec = { ...template('tick').spec, restartPolicy: 'Never' };
  cluster.create({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace: 'default' },
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec: podSpec } } }, ...spec },
  } as never);
  return cluster;
}

/** Minutes of the run at which Jobs were created. */
function starts(cluster: TinyCluster): number[] {
  const minutes: number[] = [];
  cluster.server.observe(({ kind, type }) => {
    if (kind === 'Job' && type === 'ADDED') minutes.push(cluster.kernel.now / 60e6);
  });
  return minutes;
}

function status(cluster: TinyCluster): CronJob['status'] {
  return cluster.get<CronJob>('CronJob', 'tick').status;
}

describe('the CronJob controller', () => {
  it('starts a Job at each scheduled time, named after its minute, and keeps the latest three', () => {
    const cluster = start({});
    const minutes = starts(cluster);
    cluster.until(31 * 60);
    expect(minutes.map((minute) => Math.floor(minute))).toEqual([5, 10, 15, 20, 25, 30]);
    expect(minutes.every((minute) => (minute % 5) * 60 < 1)).toBe(true);
    const jobs = cluster.list<Job>('Job');
    // 2024-01-01T00:00Z is minute 28,401,120 since 1970.
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(['tick-28401140', 'tick-28401145', 'tick-28401150']);
    expect(jobs[0]?.metadata.annotations).toEqual({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2024-01-01T00:20:00Z',
    });
    expect(status(cluster)).toMatchObject({ lastScheduleTime: '2024-01-01T00:30:00Z' });
    expect(status(cluster).active).toBeUndefined();
    expect(cluster.reasons('CronJob')).toContain('SawCompletedJob');
  });

  it('runs Jobs side by side with Allow, skips with Forbid until the active one ends, replaces with Replace', () => {
    const long = (): PodLife => ({ starts: 1, succeeds: 8 * 60 });
    const allow = start({ concurrencyPolicy: 'Allow' }, long).until(12 * 60);
    expect(status(allow).active).toHaveLength(2);

    const forbid = start({ concurrencyPolicy: 'Forbid' }, long);
    const minutes = starts(forbid);
    forbid.until(24 * 60);
    // The run of minute 10 is missed and made up for when the first Job ends, at 13.
    expect(minutes.map((minute) => Math.floor(minute))).toEqual([5, 13, 21]);
    expect(forbid.reasons('CronJob')).toContain('JobAlreadyActive');

    const replace = start({ concurrencyPolicy: 'Replace' }, long).until(12 * 60);
    expect(status(replace).active?.map(({ name }) => name)).toEqual(['tick-28401130']);
    expect(replace.list('Job')).toHaveLength(1);
  });

  it('does not start what is later than startingDeadlineSeconds', () => {
    const cluster = start({ suspend: true, startingDeadlineSeconds: 60 });
    const minutes = starts(cluster);
    cluster.until(7 * 60);
    cluster.patch('CronJob', 'tick', { spec: { suspend: false } });
    cluster.until(9 * 60);
    expect(minutes).toEqual([]);
    cluster.until(11 * 60);
    expect(minutes).toHaveLength(1);
  });

  it('makes up for the latest of the times missed while suspended', () => {
    const cluster = start({ suspend: true });
    const minutes = starts(cluster);
    cluster.until(23 * 60);
    cluster.patch('CronJob', 'tick', { spec: { suspend: false } });
    cluster.until(24 * 60);
    expect(minutes.map((minute) => Math.floor(minute))).toEqual([23]);
    expect(status(cluster).lastScheduleTime).toBe('2024-01-01T00:20:00Z');
  });

  it('says so where it does not know the time zone or cannot read the schedule', () => {
    const zone = start({ timeZone: 'Mars/Olympus' }).until(600);
    expect(zone.events[0]).toMatchObject({ reason: 'UnknownTimeZone' });
    expect(zone.list('Job')).toEqual([]);
    const text = start({ schedule: '61 * * * *' }).until(600);
    expect(text.events[0]).toMatchObject({ reason: 'UnparseableSchedule' });
  });

  it('keeps one failed Job', () => {
    const cluster = start({ jobTemplate: { spec: failing() } }, () => ({ starts: 1, fails: 5 }));
    cluster.until(30 * 60);
    expect(cluster.list('Job').map(({ metadata }) => metadata.name)).toEqual(['tick-28401145']);
  });
});

function failing(): object {
  return { backoffLimit: 0, template: { spec: { ...template('tick').spec, restartPolicy: 'Never' } } };
}
