/** What the manifest of a sweep's Indexed Job needs to know. */
export interface KubernetesJobOptions {
  /** The experiment's name; becomes the Job's. */
  readonly name: string;
  /** Arguments of `orrery` that make the sweep, without those of the engine. */
  readonly args: readonly string[];
  readonly shards: number;
  readonly image: string;
  /** PersistentVolumeClaim with the experiment's files, which takes the results as well. */
  readonly claim: string;
}

/**
 * An Indexed Job in which each pod does its share of a sweep's runs and leaves them in one folder; `orrery sweep … --resume`
 * there puts them together. It is printed, not applied.
 */
export function kubernetesJob({ name, args, shards, image, claim }: KubernetesJobOptions): string {
  const words = [...args, '--shard', `$(JOB_COMPLETION_INDEX)/${shards}`, '--out', 'results', '--resume'];
  const list = words.map((word) => `            - ${JSON.stringify(word)}`).join('\n');
  return `# kubectl apply -f this, wait for the Job, then in the claim's folder:
#   orrery ${args.join(' ')} --out results --resume
apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
spec:
  completionMode: Indexed
  completions: ${shards}
  parallelism: ${shards}
  backoffLimitPerIndex: 3
  maxFailedIndexes: ${shards}
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: orrery
          image: ${image}
          workingDir: /experiment
          command: ["orrery"]
          args:
${list}
          resources:
            requests: { cpu: "1", memory: 1Gi }
          volumeMounts:
            - { name: experiment, mountPath: /experiment }
      volumes:
        - name: experiment
          persistentVolumeClaim: { claimName: ${claim} }
`;
}
