import { Redis } from 'ioredis';
import { InputError } from '../../workloads/input-error.ts';

/** How long a Redis is waited for at the beginning. */
const CONNECT_MILLISECONDS = 3_000;

/**
 * Connects, or says why not. Once connected, an outage is waited out: commands stand in line until Redis is back.
 *
 * @throws {InputError} where the address is none, or nobody answers there.
 */
export async function connect(url: string): Promise<Redis> {
  if (!/^rediss?:\/\/[^/]/.test(url)) {
    throw new InputError({
      path: '--redis',
      message: 'not an address of a Redis',
      found: url,
      allowed: 'redis://host:port',
    });
  }
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MILLISECONDS,
    retryStrategy: (times) => Math.min(200 * times, 2_000),
  });
  let reason = '';
  redis.on('error', (error: Error) => {
    reason = error.message;
  });
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CONNECT_MILLISECONDS);
  });
  const connected = redis.connect().then(
    () => 'ready' as const,
    (error: Error) => {
      reason = error.message;
      return 'late' as const;
    },
  );
  const answer = await Promise.race([connected, patience]);
  clearTimeout(timer);
  if (answer === 'ready') return redis;
  redis.disconnect();
  throw new InputError({
    path: '--redis',
    message: 'no Redis answers there',
    found: `${url}${reason === '' ? '' : ` (${reason})`}`,
    hint: 'Start one with: redis-server',
  });
}
