import { describe, expect, it } from 'vitest';
import { Exposition } from './exposition.ts';

describe('an exposition of metrics', () => {
  it('says of each family what it is, then its samples, then that it is whole', () => {
    const out = new Exposition();
    out.family('api_requests', 'counter', 'Requests by code.');
    out.sample('api_requests_total', { code: 200, verb: 'GET' }, 3);
    out.sample('api_requests_total', { code: 404, verb: 'GET' }, 1);
    out.gauge('nodes', 'Nodes there are.', 5);
    expect(out.end()).toBe(`# HELP api_requests Requests by code.
# TYPE api_requests counter
api_requests_total{code="200",verb="GET"} 3
api_requests_total{code="404",verb="GET"} 1
# HELP nodes Nodes there are.
# TYPE nodes gauge
nodes 5
# EOF
`);
  });

  it('escapes quotes, backslashes and line ends in labels', () => {
    const out = new Exposition();
    out.sample('m', { a: 'say "no"', b: String.raw`C:\n`, c: 'two\nlines' }, 1);
    expect(out.end()).toBe(String.raw`m{a="say \"no\"",b="C:\\n",c="two\nlines"} 1` + '\n# EOF\n');
  });

  it('has histograms whose buckets hold all that is not above their bound, and the last of them everything', () => {
    const out = new Exposition();
    out.histogram('wait_seconds', 'Waiting.', [0.5, 1, 10], [0.1, 0.5, 0.6, 1, 30]);
    expect(out.end()).toBe(`# HELP wait_seconds Waiting.
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le="0.5"} 2
wait_seconds_bucket{le="1.0"} 4
wait_seconds_bucket{le="10.0"} 4
wait_seconds_bucket{le="+Inf"} 5
wait_seconds_sum 32.2
wait_seconds_count 5
# EOF
`);
  });

  it('has histograms of nothing', () => {
    const out = new Exposition();
    out.histogram('wait_seconds', 'Waiting.', [1], []);
    expect(out.end()).toContain(
      'wait_seconds_bucket{le="1.0"} 0\nwait_seconds_bucket{le="+Inf"} 0\nwait_seconds_sum 0\nwait_seconds_count 0\n',
    );
  });
});
