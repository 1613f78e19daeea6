import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ALIVE_SECONDS } from './protocol.ts';

/** Keeps a key with this program's version alive. Answers what ends that. */
export function announce(redis: Redis, beginning: string, version: string): () => Promise<void> {
  const key = `${beginning}${randomUUID()}`;
  const say = (): void => {
    redis.set(key, version, 'EX', ALIVE_SECONDS).catch(() => undefined);
  };
  say();
  const timer = setInterval(say, (ALIVE_SECONDS * 1000) / 3);
  return async () => {
    clearInterval(timer);
    await redis.del(key).catch(() => 0);
  };
}

/** The version of each one that is alive. */
export async function aliveVersions(redis: Redis, beginning: string): Promise<readonly string[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${beginning}*`, 'COUNT', 200);
    keys.push(...found);
    cursor = next;
  } while (cursor !== '0');
  if (keys.length === 0) return [];
  const versions = await redis.mget(keys);
  return versions.filter((version) => version !== null);
}
