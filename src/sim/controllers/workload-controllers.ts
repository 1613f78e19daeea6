import type { ControllerFactory } from './controller.ts';
import { cronJobController } from './cron-job/cron-job.ts';
import { daemonSetController } from './daemon-set/daemon-set.ts';
import { deploymentController } from './deployment/deployment.ts';
import { horizontalController } from './horizontal/horizontal.ts';
import type { CpuSource } from './horizontal/pod-metrics.ts';
import { jobController } from './job/job.ts';
import { ttlAfterFinishedController } from './job/ttl-after-finished.ts';
import type { ReconcilePolicies } from './policies.ts';
import { replicaSetController, replicationController } from './replica-set.ts';
import { statefulSetController } from './stateful-set/stateful-set.ts';

/** The controllers of the workload kinds, as kube-controller-manager starts them. */
export function workloadControllers(
  policies: Pick<ReconcilePolicies, 'scaleDown'> & Partial<ReconcilePolicies>,
  had?: CpuSource,
): readonly ControllerFactory[] {
  return [
    replicationController(policies),
    replicaSetController(policies),
    deploymentController(policies),
    statefulSetController,
    daemonSetController,
    jobController(policies),
    ttlAfterFinishedController,
    cronJobController,
    horizontalController(policies, had),
  ];
}
