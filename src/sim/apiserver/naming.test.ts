import { expect, it } from 'vitest';
import { identityOfUid } from '../api/uid.ts';
import { Naming } from './naming.ts';

it('gives no two objects one UID, though of so many some share their identity', () => {
  const naming = new Naming();
  const uids = new Set<string>();
  const identities = new Set<number>();
  for (let i = 0; i < 300_000; i++) {
    const { uid } = naming.next('Pod', 'default', '', `web-${i % 50}-`, () => false);
    uids.add(uid);
    identities.add(identityOfUid(uid));
  }
  expect(uids.size).toBe(300_000);
  // 300,000² / 2 / 2³² pairs: some ten.
  expect(identities.size).toBeLessThan(300_000);
});
