/** Set on a claim by the binder: the provisioner that is to make its volume. */
export const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const BETA_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';

/** Set on a volume by who made it. */
export const DYNAMICALLY_PROVISIONED = 'pv.kubernetes.io/provisioned-by';

/** Keeps a volume's object until its provisioner has deleted what it stands for. */
export const PROVISIONER_FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
