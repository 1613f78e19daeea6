import { expect, it } from 'vitest';
import { InputError } from '../input-error.ts';
import { parseScenario } from '../scenario.ts';
import { loadStaticPods } from './load-static-pods.ts';

function messageFor(pods: string): string {
  const text = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: test }
duration: 1h
cluster:
  nodeGroups:
    - name: n
      count: 1
      capacity: { cpu: 1, memory: 1Gi }
      staticPods:
        inline:
${pods.replaceAll(/^/gm, '          ')}
`;
  try {
    return JSON.stringify([...(loadStaticPods(parseScenario(text, 'test.yaml')).get('n') ?? [])].length);
  } catch (error) {
    if (error instanceof InputError) return error.message.replaceAll(/\n +/g, ' ');
    throw error;
  }
}

const pod = (metadata: string, spec = ''): string =>
  `- { apiVersion: v1, kind: Pod, metadata: { ${metadata} }, spec: { containers: [{ name: c, image: i }]${spec} } }`;

it.each([
  [`${pod('name: a')}\n${pod('name: b')}`, '2'],
  [
    `${pod('name: a')}\n${pod('name: a')}`,
    'test.yaml:13:60: cluster.nodeGroups[0].staticPods.inline[1].metadata.name: a second static pod of this name',
  ],
  [
    '- { apiVersion: v1, kind: Namespace, metadata: { name: a } }',
    'inline[0].kind: a kubelet runs nothing but pods of itself',
  ],
  [pod('generateName: a-'), 'a static pod needs a name'],
  [pod('name: a', ', serviceAccountName: x'), 'spec.serviceAccountName: static pods have no service account'],
  [
    pod('name: a', ', volumes: [{ name: v, persistentVolumeClaim: { claimName: d } }]'),
    'volumes[0].persistentVolumeClaim: static pods cannot refer to objects of the API server found:   persistentVolumeClaim',
  ],
])('static pods\n%s', (pods, message) => expect(messageFor(pods)).toContain(message));
