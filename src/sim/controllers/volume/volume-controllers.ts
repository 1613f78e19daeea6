import type { ControllerFactory } from '../controller.ts';
import { attachDetachController } from './attach-detach.ts';
import { ephemeralVolumeController } from './ephemeral-volume.ts';
import { persistentVolumeBinder } from './persistent-volume-binder.ts';
import { claimProtectionController, volumeProtectionController } from './protection.ts';

/** The controllers of kube-controller-manager that look after volumes. */
export const VOLUME_CONTROLLERS: readonly ControllerFactory[] = [
  persistentVolumeBinder,
  attachDetachController,
  ephemeralVolumeController,
  claimProtectionController,
  volumeProtectionController,
];
