// Reads a zip with another library than the one that wrote it, and strictly: names, sizes, checksums.

import type { Readable } from 'node:stream'
import { open, type Entry, type ZipFile } from 'yauzl'

/** The files in a zip by name, in order. Throws where anything about it is not sound. */
export async function readZip(path: string): Promise<Map<string, Buffer>> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(path, { lazyEntries: true, validateEntrySizes: true, strictFileNames: true }, (e, file) =>
      e ? reject(e) : resolve(file)
    )
  })
  const files = new Map<string, Buffer>()
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject)
    zip.on('end', resolve)
    zip.on('entry', (entry: Entry) => {
      readEntry(zip, entry).then((bytes) => {
        if (files.has(entry.fileName)) reject(new Error(`${entry.fileName} is there twice`))
        files.set(entry.fileName, bytes)
        zip.readEntry()
      }, reject)
    })
    zip.readEntry()
  })
  return files
}

async function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, readable) => (error ? reject(error) : resolve(readable)))
  })
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** The same of the names alone, for where there are very many. */
export async function namesInZip(path: string): Promise<string[]> {
  const names: string[] = []
  await new Promise<void>((resolve, reject) => {
    open(path, { lazyEntries: true, strictFileNames: true }, (error, zip) => {
      if (error) return reject(error)
      zip.on('error', reject)
      zip.on('end', resolve)
      zip.on('entry', ({ fileName }: Entry) => {
        names.push(fileName)
        zip.readEntry()
      })
      zip.readEntry()
    })
  })
  return names
}
