import type { VolumeAttachment } from '../../api/storage.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { identityOf } from '../../kernel/random.ts';
import type { CsiVolume } from '../../storage/csi-translation.ts';

/** VolumeAttachments by the name of their PersistentVolume. */
export function byVolume(attachments: Informer<VolumeAttachment>): Index<VolumeAttachment> {
  return attachments.index('volume', ({ spec }) => spec.source.persistentVolumeName);
}

/** VolumeAttachments by the name of their node. */
export function byAttachedNode(attachments: Informer<VolumeAttachment>): Index<VolumeAttachment> {
  return attachments.index('node', ({ spec }) => spec.nodeName);
}

/** The name of a volume's attachment to a node: always the same. Source: pkg/volume/csi getAttachmentName, a SHA-256 there. */
export function attachmentName({ driver, handle }: CsiVolume, node: string): string {
  const hex = (text: string): string => identityOf(text).toString(16).padStart(8, '0');
  const text = `${handle}${driver}${node}`;
  return `csi-${hex(text)}${hex(`${text}.`)}`;
}
