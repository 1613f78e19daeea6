import { KINDS } from '../sim/api/kinds.ts';
import type { KindInfo } from '../sim/api/kinds.ts';
import { InputError } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';

/** Short names of resources. Source: the shortNames of Kubernetes' own registries. */
const SHORT: Readonly<Record<string, string>> = {
  cm: 'ConfigMap',
  deploy: 'Deployment',
  ds: 'DaemonSet',
  ep: 'Endpoints',
  ev: 'Event',
  hpa: 'HorizontalPodAutoscaler',
  no: 'Node',
  ns: 'Namespace',
  pdb: 'PodDisruptionBudget',
  po: 'Pod',
  pv: 'PersistentVolume',
  pvc: 'PersistentVolumeClaim',
  quota: 'ResourceQuota',
  rc: 'ReplicationController',
  rs: 'ReplicaSet',
  sa: 'ServiceAccount',
  sc: 'StorageClass',
  sts: 'StatefulSet',
  svc: 'Service',
};

/** The kind that is meant by its name, its plural or its short name, as kubectl takes them. Throws InputError. */
export function kindNamed(name: string): KindInfo {
  const asked = name.toLowerCase();
  const short = SHORT[asked];
  const found = KINDS.find(({ kind, plural }) => kind === short || kind.toLowerCase() === asked || plural === asked);
  if (found !== undefined) return found;
  const known = KINDS.map(({ plural }) => plural);
  throw new InputError({ path: 'kind', ...unknownName('kind', name, known) });
}
