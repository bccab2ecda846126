// The steps of the suite `media`: photos from a folder into a device, into a sync file, into another
// device, verified; beside what any program pays that copies and hashes the same files.

import { cp, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sodium from 'sodium-universal'
import { Device, SyncFile } from '../lib/main.js'
import { randomNumbers } from './generator.js'
import type { Prepared } from './measure.js'

const projectKey = new Uint8Array(32).fill(7)
const configuration = { name: 'bench', version: '1.0.0' }

/** Bytes: the smallest and the largest original, as many small as large ones (by their logarithm). */
const SMALLEST = 200_000
const LARGEST = 4_000_000
const PREVIEW = 60_000
/** Photos put at the same time, as an app that imports a memory card would. */
const AT_ONCE = 4

export interface Photos {
  /** A folder with originals/ and previews/. */
  readonly photos: string
}

/** Makes the photos: seeded bytes, the same on every run. */
export async function shoot({ photos, count }: Photos & { count: number }): Promise<Prepared> {
  return {
    async run() {
      const next = randomNumbers(4711)
      let bytes = 0
      for (const kind of ['originals', 'previews']) {
        await mkdir(join(photos, kind), { recursive: true })
      }
      for (let n = 0; n < count; n++) {
        const size = Math.round(SMALLEST * (LARGEST / SMALLEST) ** next())
        await writeFile(join(photos, 'originals', name(n)), content(2 * n, size))
        await writeFile(join(photos, 'previews', name(n)), content(2 * n + 1, PREVIEW))
        bytes += size + PREVIEW
      }
      return { blocks: count, bytes }
    }
  }
}

/** What it costs at least: copied as by `cp -r`, read again, hashed with BLAKE2b-256. */
export async function floor({ photos, copy }: Photos & { copy: string }): Promise<Prepared> {
  return {
    async run() {
      await cp(photos, copy, { recursive: true })
      let bytes = 0
      const buffer = Buffer.alloc(2 ** 20)
      const state = Buffer.alloc(sodium.crypto_generichash_STATEBYTES)
      for (const kind of ['originals', 'previews']) {
        for (const each of await readdir(join(copy, kind))) {
          sodium.crypto_generichash_init(state, null, 32)
          const file = await open(join(copy, kind, each), 'r')
          for (;;) {
            const { bytesRead } = await file.read(buffer, 0, buffer.byteLength)
            if (bytesRead === 0) break
            sodium.crypto_generichash_update(state, buffer.subarray(0, bytesRead))
            bytes += bytesRead
          }
          await file.close()
          sodium.crypto_generichash_final(state, Buffer.alloc(32))
        }
      }
      return { blocks: 0, bytes }
    }
  }
}

/** Puts every photo and records an observation with it. */
export async function put({ photos, dir }: Photos & { dir: string }): Promise<Prepared> {
  const device = await openDevice(dir)
  const names = await readdir(join(photos, 'originals'))
  return {
    async run() {
      let bytes = 0
      await eachAtOnce(names, async (each) => {
        const type = 'image/jpeg'
        const original = await device.media.put(join(photos, 'originals', each), { type })
        const preview = await device.media.put(join(photos, 'previews', each), { type })
        bytes += original.size + preview.size
        const attachments = [{ name: each, variants: { original, preview } }]
        await device.observations.create({ lat: 0, lon: 0, attachments })
      })
      await device.flush()
      return { blocks: names.length, bytes }
    },
    close: () => device.close()
  }
}

export interface DeviceAndFile {
  readonly dir: string
  readonly file: string
}

/** A new sync file with everything, or with previews alone. */
export async function create(params: DeviceAndFile & { previews?: boolean }): Promise<Prepared> {
  const device = await openDevice(params.dir)
  const media = params.previews === true ? { preview: true } : true
  return {
    async run() {
      const { sent } = await device.createSyncFile(params.file, { media })
      return { blocks: sent.media, bytes: (await stat(params.file)).size }
    },
    close: () => device.close()
  }
}

/** An empty device takes all that is in a file. */
export async function receive({ dir, file }: DeviceAndFile): Promise<Prepared> {
  const device = await openDevice(dir)
  return {
    async run() {
      const { received, media } = await device.sync(file)
      const [refused] = media.refused
      if (refused !== undefined) throw new Error(refused.message)
      return { blocks: received.media, bytes: received.bytes }
    },
    close: () => device.close()
  }
}

/** Re-hashes a whole file. */
export async function verify({ file }: { file: string }): Promise<Prepared> {
  return {
    async run() {
      await using source = await SyncFile.open(file, { projectKey })
      const [problem] = await source.verify()
      if (problem !== undefined) throw new Error(problem.message)
      return { blocks: 0, bytes: (await stat(file)).size }
    }
  }
}

/** Very many tiny photos, on a device and in a file. */
export async function fill(params: DeviceAndFile & { count: number }): Promise<Prepared> {
  const device = await openDevice(params.dir)
  return {
    async run() {
      const numbers = Array.from({ length: params.count }, (_, n) => n)
      await eachAtOnce(numbers, async (n) => {
        const variant = await device.media.put(content(n, 64), { type: 'image/jpeg' })
        const attachments = [{ variants: { thumbnail: variant } }]
        await device.observations.create({ lat: 0, lon: 0, attachments })
      })
      const { sent } = await device.sync(params.file)
      return { blocks: sent.media, bytes: sent.bytes }
    },
    close: () => device.close()
  }
}

/** Nothing new on either side. */
export async function nothing({ dir, file }: DeviceAndFile): Promise<Prepared> {
  const device = await openDevice(dir)
  // What a device knows once it has been in use is not part of meeting a file.
  await device.sync(file)
  return {
    async run() {
      const before = (await stat(file)).size
      const { sent, received } = await device.sync(file)
      const moved = sent.media + received.media + (await stat(file)).size - before
      if (moved !== 0) throw new Error('a sync with nothing new moved something')
      return { blocks: 0, bytes: 0 }
    },
    close: () => device.close()
  }
}

async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let at = 0
  const worker = async (): Promise<void> => {
    for (let n = at++; n < items.length; n = at++) await work(items[n]!)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function openDevice(dir: string): Promise<Device> {
  return Device.open(dir, { projectKey, name: dir, configuration })
}

function name(n: number): string {
  return `IMG_${String(n).padStart(6, '0')}.JPG`
}

/** Bytes that follow from a number: a key stream, as incompressible as a photo. */
function content(seed: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size)
  const key = Buffer.alloc(32)
  key.writeUInt32LE(seed, 0)
  sodium.randombytes_buf_deterministic(bytes, key)
  return bytes
}
