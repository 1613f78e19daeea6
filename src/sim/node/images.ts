import type { KubeletSettings } from '../settings.ts';
import type { NodeRecord } from './kubelet-state.ts';

type ImageSettings = Pick<KubeletSettings, 'imageBytes' | 'imageLayers' | 'imageDefaultBytes'>;

/** An image without a tag is the one tagged latest. */
export function sameImage(image: string): string {
  return /:[^/]*$/.test(image) || image.includes('@') ? image : `${image}:latest`;
}

/** What is said of an image by its name, or by its name without the tag. */
function said<T>(of: Readonly<Record<string, T>>, image: string): T | undefined {
  return of[image] ?? of[image.replace(/:[^/]*$/, '')];
}

function layersOf(image: string, { imageLayers }: ImageSettings): Readonly<Record<string, number>> | undefined {
  return said(imageLayers, image);
}

/** Size of an image in bytes. */
export function imageSize(image: string, settings: ImageSettings): number {
  const layers = layersOf(image, settings);
  if (layers !== undefined) return Object.values(layers).reduce((sum, bytes) => sum + bytes, 0);
  return said(settings.imageBytes, image) ?? settings.imageDefaultBytes;
}

/** The layers of the node's images, but for one image. */
function layersOn({ images }: NodeRecord, settings: ImageSettings, without?: string): Map<string, number> {
  const layers = new Map<string, number>();
  for (const image of images.keys()) {
    if (image === without) continue;
    for (const [layer, bytes] of Object.entries(layersOf(image, settings) ?? {})) layers.set(layer, bytes);
  }
  return layers;
}

/** What a pull of the image has to fetch: the layers that no other image of the node has. */
export function bytesToFetch(node: NodeRecord, image: string, settings: ImageSettings): number {
  const layers = layersOf(image, settings);
  if (layers === undefined) return imageSize(image, settings);
  const there = layersOn(node, settings);
  let sum = 0;
  for (const [layer, bytes] of Object.entries(layers)) if (!there.has(layer)) sum += bytes;
  return sum;
}
/** What the node's images take on its disk: each layer once. */
export function imagesOnDisk(node: NodeRecord, settings: ImageSettings): number {
  let sum = 0;
  for (const bytes of layersOn(node, settings).values()) sum += bytes;
  for (const [image, bytes] of node.images) if (layersOf(image, settings) === undefined) sum += bytes;
  return sum;
}

/** What the removal of an image frees. */
export function freedBy(node: NodeRecord, image: string, settings: ImageSettings): number {
  const layers = layersOf(image, settings);
  if (layers === undefined) return node.images.get(image) ?? 0;
  const others = layersOn(node, settings, image);
  let sum = 0;
  for (const [layer, bytes] of Object.entries(layers)) if (!others.has(layer)) sum += bytes;
  return sum;
}
