import { describe, expect, it } from 'vitest';
import { HandMadeRun, node } from '../../test/support/hand-made-run.ts';
import { Bill } from '../sim/cloud/bill.ts';
import type { Instance, InstanceGroupSpec } from '../sim/cloud/provider-spec.ts';
import { seconds } from '../sim/kernel/time.ts';
import { CloudLedger } from './cloud-ledger.ts';
import { summaryOf } from './summary.ts';
import { writeNodes } from './tables.ts';

const HOUR = 3600;

/** A spot group at 0.1 an hour: one instance for two hours, a second one for the last half hour of them. */
function billed(): { ledger: CloudLedger; instances: ReadonlyMap<string, Instance> } {
  const bill = new Bill(['spot']);
  const spec = { name: 'spot', type: 'm', spot: true } as InstanceGroupSpec;
  const instance = (name: string, launched: number, ended?: number): Instance => ({
    name,
    group: 'spot',
    type: 'm',
    zone: 'a',
    spot: true,
    pricePerHour: 0.1,
    launched: seconds(launched),
    state: ended === undefined ? 'running' : 'gone',
    ended: ended === undefined ? undefined : seconds(ended),
  });
  const instances = new Map([
    ['spot-0', instance('spot-0', 0, 1.5 * HOUR)],
    ['spot-1', instance('spot-1', HOUR)],
  ]);
  let now = 0;
  const source = {
    groups: { specs: [spec], target: () => 2 },
    get bills() {
      return bill.until(seconds(now));
    },
    counts: {
      launches: 1,
      refusals: { InsufficientInstanceCapacity: 3, QuotaExceeded: 0, RequestLimitExceeded: 0 },
      calls: 4,
      throttled: 0,
    },
    instance: (name: string) => instances.get(name),
  };
  const ledger = new CloudLedger(source, undefined);
  bill.change('spot', 0, 1, 0.1);
  ledger.take(0);
  bill.change('spot', seconds(HOUR), 1, 0.1);
  now = HOUR;
  ledger.take(now);
  bill.change('spot', seconds(1.5 * HOUR), -1, -0.1);
  now = 2 * HOUR;
  ledger.take(now);
  return { ledger, instances };
}

describe('what instances cost', () => {
  it('is in summary.json, in all and by node group', () => {
    const { ledger } = billed();
    const { metrics, node_groups } = summaryOf(new HandMadeRun().recording(2 * HOUR, { cloud: ledger }));
    // 1.5 hours and one.
    expect(node_groups).toEqual([
      {
        name: 'spot',
        instance_type: 'm',
        capacity_type: 'spot',
        instances: 1,
        instances_peak: 2,
        instance_hours: 2.5,
        cost: 0.25,
      },
    ]);
    expect(metrics).toMatchObject({
      cloud_cost: 0.25,
      cloud_cost_per_hour_mean: 0.125,
      cloud_instance_hours: 2.5,
      cloud_launches_without_capacity: 3,
    });
  });

  it('is in cloud.csv over time, and in nodes.csv by node', () => {
    const { ledger } = billed();
    let text = '';
    const file = { write: (more: string) => void (text += more) };
    ledger.write(file);
    expect(text.trimEnd().split('\n')).toEqual([
      'time_seconds,spot_instances,spot_target,spot_cost_per_hour,spot_cost_total',
      '0,1,2,0.1,0',
      '3600,2,2,0.2,0.1',
      '7200,1,2,0.1,0.25',
    ]);
    const run = new HandMadeRun();
    run.write(60, node('spot-0', { cpu: '4', memory: '8Gi' }));
    run.write(HOUR + 60, node('spot-1', { cpu: '4', memory: '8Gi' }));
    run.write(HOUR + 60, node('other', { cpu: '4', memory: '8Gi' }));
    text = '';
    writeNodes(file, run.recording(2 * HOUR, { cloud: ledger }));
    const rows = text.trimEnd().split('\n');
    expect(rows[0]).toMatch(/,node_group,capacity_type,price_per_hour,cost$/);
    expect(rows.slice(1).map((row) => row.split(',').slice(-4).join())).toEqual([
      'spot,spot,0.1,0.15',
      'spot,spot,0.1,0.1',
      ',,,',
    ]);
  });
});
