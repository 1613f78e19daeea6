/** The scheduler name of a profile, and of a pod, that says none. Source: `v1.DefaultSchedulerName`. */
export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';
