import { expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import type { EventRecorder } from '../apiserver/event-recorder.ts';
import type { ApiReply } from '../apiserver/request.ts';
import { recordPodReply } from './pod-replies.ts';

const OK = { ok: true, object: { metadata: { name: 'web-1' } } };
const refused = (reason: string): object => ({ ok: false, status: { reason, message: 'no' } });

it.each([
  ['create', OK, 'Normal SuccessfulCreate Created pod: web-1', undefined],
  ['delete', OK, 'Normal SuccessfulDelete Deleted pod: web-1', undefined],
  ['create', refused('NotFound'), 'Warning FailedCreate Error creating: no', 'FailedCreate'],
  ['delete', refused('Forbidden'), 'Warning FailedDelete Error deleting: no', 'FailedDelete'],
  ['delete', refused('NotFound'), '', undefined],
])('%s answered with %j', (verb, result, says, failure) => {
  let said = '';
  const events = {
    record: (_component: string, _owner: KubeObject, ...words: string[]) => (said = words.join(' ')),
  } as unknown as EventRecorder;
  const reply = { request: { verb, kind: 'Pod' }, result } as unknown as ApiReply;
  expect(recordPodReply(events, 'c', {} as KubeObject, reply)?.reason).toBe(failure);
  expect(said).toBe(says);
});
