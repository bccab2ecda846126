// Observations with photos on real devices.

import type { Device } from '../../lib/device.js'
import type { Log } from '../../lib/log/log.js'
import type { BlobStore } from '../../lib/log/media/blob-store.js'
import type { Tier } from '../../lib/log/media/reference.js'
import { MEDIA_CHUNK } from '../../lib/log/replica.js'
import type { Observation } from '../../lib/main.js'
import type { Photo } from './memory-blobs.js'

/** Where a device keeps its photos. */
export function blobsOf(device: Device): BlobStore {
  return (device.replica as Log).blobs
}

/** Records one observation that shows these photos, and keeps them. */
export async function recordPhotos(
  device: Device,
  photos: Partial<Record<Tier, Photo>>
): Promise<Observation> {
  const variants: Record<string, { hash: string; size: number; type: string }> = {}
  for (const [tier, photo] of Object.entries(photos)) {
    await keep(device, photo)
    variants[tier] = { ...photo.name, type: 'image/jpeg' }
  }
  return device.observations.create({ tags: { type: 'photo' }, attachments: [{ variants }] })
}

export async function keep(device: Device, { bytes }: Photo): Promise<void> {
  await blobsOf(device).put(pieces(bytes))
}

/** The bytes of a photo as the device reads them, or the code that it says instead. */
export async function bytesOn(device: Device, { name }: Photo): Promise<Uint8Array | string> {
  const parts: Uint8Array[] = []
  try {
    for await (const part of blobsOf(device).read(name, 0)) parts.push(part)
  } catch (error) {
    return (error as { code: string }).code
  }
  return Buffer.concat(parts)
}

export async function has(device: Device, ...photos: readonly Photo[]): Promise<boolean> {
  for (const each of photos) {
    const found = await bytesOn(device, each)
    if (typeof found === 'string' || Buffer.compare(found, each.bytes) !== 0) return false
  }
  return true
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += MEDIA_CHUNK) {
    yield bytes.subarray(at, at + MEDIA_CHUNK)
  }
}
