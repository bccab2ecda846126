// Photos, recordings and files that are handed to add and edit. The program makes no smaller
// pictures: what it is given is the original.

import { basename, extname } from 'node:path'
import type { Attachment, Device, MediaCounts, MediaHolder } from '../main.js'
import { toTexts } from './arguments.js'
import type { OptionSpec } from './command.js'
import { count, counted } from './text.js'

/** Media types (IANA) by the endings that cameras and recorders give. */
const TYPES: Record<string, string> = {
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.m4a': 'audio/mp4',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ogg': 'audio/ogg',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.wav': 'audio/wav',
  '.webm': 'video/webm',
  '.webp': 'image/webp'
}

export interface PhotoOptions {
  readonly photo?: readonly string[]
}

export const PHOTO: OptionSpec = {
  flags: '--photo <file>',
  about: 'a photo, recording or file that belongs to it; may be repeated',
  parse: toTexts
}

/** Takes the files in and resolves to their attachments. */
export async function takePhotos(
  { media }: Device,
  { photo = [] }: PhotoOptions,
  signal: AbortSignal
): Promise<Attachment[]> {
  const attachments: Attachment[] = []
  for (const file of photo) {
    const type = TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream'
    const original = await media.put(file, { type, signal })
    attachments.push({ name: basename(file), variants: { original } })
  }
  return attachments
}

/** "DSC_1.jpg  original here, preview missing (held by Laptop 2)" */
export async function describeAttachment(device: Device, attachment: Attachment): Promise<string> {
  const status = await device.media.status(attachment)
  const states = Object.entries(status).map(([tier, { state, recordedBy, heldBy, purged }]) => {
    const nameOf = (one: MediaHolder): string => one.name ?? one.device.slice(0, 6)
    const what = `${tier} ${purged === true ? 'purged here' : state}`
    if (state === 'here') return what
    if (heldBy !== undefined) return `${what} (held by ${heldBy.map(nameOf).join(', ')})`
    return recordedBy === undefined ? what : `${what} (recorded on ${nameOf(recordedBy)})`
  })
  return `${attachment.name ?? 'without a name'}  ${states.join(', ')}`
}

/** A line of status. */
export function describeMedia({ referenced, here, missing, purged }: MediaCounts): string {
  const rest = [
    ...(missing > 0 ? [`${count(missing)} not here`] : []),
    ...(purged > 0 ? [`${count(purged)} purged`] : [])
  ]
  if (referenced === here) return counted(here, 'photo or file', 'photos and files')
  return `${count(here)} of ${count(referenced)} here (${rest.join(', ')})`
}
