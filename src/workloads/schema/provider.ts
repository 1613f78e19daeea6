import { z } from 'zod';
import { duration, objectName, positiveDuration, quantity, refuse } from './common.ts';
import { DURATION_FORMS } from '../../sim/durations.ts';
import { distribution } from './distribution.ts';

const times = distribution(duration as unknown as z.ZodType<number, string | number>, DURATION_FORMS);

const price = z.number().nonnegative();

const instanceType = z
  .strictObject({
    name: objectName.describe('As node groups name it, such as m5.large.'),
    cpu: quantity.describe('Its processors.'),
    memory: quantity.describe('Its memory.'),
    gpu: z.int().min(1).optional().describe('GPUs, as nvidia.com/gpu.'),
    maxPods: z.int().min(1).optional().describe("Pods it takes; the kubelet's maxPods where absent."),
    price: price.describe('For an hour on demand, in whatever currency.'),
    spotPrice: price.optional().describe('For an hour as a spot instance; a third of the price where absent.'),
  })
  .describe('A kind of machine that the provider rents out.');

const stockOut = z.strictObject({
  type: z.string().min(1).optional().describe('The instance type; all where absent.'),
  zone: z.string().min(1).optional().describe('The zone; all where absent.'),
  spot: z.boolean().optional().describe('Spot capacity alone, or on-demand capacity alone; both where absent.'),
  at: duration.describe('When it begins.'),
  for: positiveDuration.describe('How long it lasts.'),
});

const latency = (median: number, p99: number, what: string) =>
  z
    .strictObject({ median: duration, p99: duration })
    .refine((given) => given.p99 >= given.median, { error: 'the 99th percentile lies below the median' })
    .prefault({ median: `${median}ms`, p99: `${p99}ms` })
    .transform((given) => ({ medianMilliseconds: given.median * 1000, p99Milliseconds: given.p99 * 1000 }))
    .describe(`${what} By its median and 99th percentile; ${median} and ${p99} ms where absent.`);

/** `cluster.provider:` the cloud whose instances the node groups are made of. */
export const provider = z
  .strictObject({
    region: objectName.default('region-1').describe('topology.kubernetes.io/region of its instances.'),
    instanceTypes: z.array(instanceType).min(1).describe('What it rents out.'),
    boot: times
      .prefault({ lognormal: { median: '45s', p99: '2m' } })
      .describe("From a request for an instance to its kubelet's start: a duration or a distribution."),
    quota: z
      .strictObject({
        instances: z.int().min(1).optional().describe('Instances at one time.'),
        vcpus: z.number().positive().optional().describe('Processors of all of them together.'),
      })
      .prefault({})
      .describe('What may run in the region; booting instances count. No limit where absent.'),
    stockOuts: z.array(stockOut).default([]).describe('When instances cannot be had.'),
    randomStockOuts: z
      .strictObject({
        between: times.describe('From the end of a stock-out to the next one.'),
        lasts: times.describe('How long it lasts.'),
      })
      .optional()
      .describe('Stock-outs by chance: of each type, zone and market (spot or on demand) by itself.'),
    spot: z
      .strictObject({
        interruption: times.optional().describe('How long a spot instance lives; until it is given back where absent.'),
        notice: duration.default(120).describe('How long before its end that is known.'),
        shutdownAtNotice: z
          .boolean()
          .default(false)
          .describe(
            'The machine is told to shut down at the notice: its kubelet ends the pods, if it is told of shutdowns.',
          ),
      })
      .prefault({})
      .describe('How spot instances are taken back.'),
    api: z
      .strictObject({
        qps: z.number().nonnegative().default(0).describe('Calls a second that the account may make; 0: no limit.'),
        burst: z.int().min(1).default(100).describe('Calls at once.'),
        latency: latency(150, 600, 'How long an answer takes.'),
      })
      .prefault({})
      .describe('Its API. A call too many is refused (RequestLimitExceeded) and tried again after a back-off.'),
    routes: z
      .strictObject({ latency: latency(5000, 20_000, 'How long one takes to make.') })
      .optional()
      .describe(
        "Pods are reached by routes of the provider's, one a node; absent: by a network of the cluster's own, as mostly.",
      ),
    loadBalancer: z
      .strictObject({
        latency: latency(
          20_000,
          90_000,
          'From the request for a load balancer, or for its end, until it is carried out.',
        ),
        healthCheck: z
          .strictObject({
            interval: positiveDuration.default(8).describe('From one look at a node to the next.'),
            healthyThreshold: z.int().min(1).default(1).describe('Answers in a row that make a node healthy.'),
            unhealthyThreshold: z.int().min(1).default(3).describe('Failures in a row after which it is not.'),
          })
          .prefault({})
          .describe("How load balancers look at nodes; as Google's cloud provider has it where absent."),
      })
      .prefault({})
      .describe('Load balancers of Services of type LoadBalancer.'),
  })
  .superRefine(({ instanceTypes }, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of instanceTypes.entries()) {
      if (seen.has(name)) {
        refuse(context, `two instance types are called "${name}"`, 'names that differ', [
          'instanceTypes',
          index,
          'name',
        ]);
      }
      seen.add(name);
    }
  })
  .describe('The cloud provider: node groups then name an instanceType of its, and what they cost is accounted.');
