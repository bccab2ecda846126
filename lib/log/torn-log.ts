// Cuts the torn end off RocksDB's write-ahead logs before RocksDB reads them. A power cut can leave
// anything behind what was synced. RocksDB stops at the first record whose checksum is wrong, as it
// should, but looks through the rest all the same, and in a few megabytes of noise it was seen to
// search without end. What is cut here is what it would not have used.
//
// The format (RocksDB wiki, "Write Ahead Log File Format"; db/log_format.h): blocks of 32 KiB of
// records; a record is a masked CRC-32C (4 bytes, little-endian), the payload's length (2), a type
// (1), and, where that type recycles log files, the log's number (4); then the payload. The checksum
// is over everything from the type on. Less than 7 bytes at a block's end are filled with zeros.

import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const TYPE_OFFSET = 6
/** Read at once: whole blocks. */
const CHUNK_BYTES: number = 32 * BLOCK_BYTES
/** Types whose header also has the log's number. */
const RECYCLABLE: ReadonlySet<number> = new Set([5, 6, 7, 8, 11, 131])
/** A record that says "this log is torn here": one byte under a wrong checksum. */
const TORN_RECORD: Uint8Array = Uint8Array.of(0, 0, 0, 0, 1, 0, 1, 0)

/**
 * Makes every log in a database's folder end where its records are whole. Only for whoever holds the
 * lock on the database.
 */
export async function trimLogs(db: string): Promise<void> {
  const names = await readdir(db).catch(() => [])
  const logs = names.filter((name) => /^\d+\.log$/.test(name))
  const last = Math.max(...logs.map((name) => parseInt(name, 10)))
  for (const name of logs) {
    const file = await open(join(db, name), 'r+')
    try {
      // A log that is torn with others behind it must not look as if it had just ended.
      await trim(file, parseInt(name, 10) !== last)
    } finally {
      await file.close()
    }
  }
}

/** Whether a log ends in more noise than RocksDB gets through: for a folder that cannot be trimmed. */
export async function endsInNoise(db: string): Promise<boolean> {
  const names = await readdir(db).catch(() => [])
  for (const name of names.filter((other) => /^\d+\.log$/.test(other))) {
    const file = await open(join(db, name), 'r')
    try {
      const { size } = await file.stat()
      if (size - (await wholeLength(file, size)) > BLOCK_BYTES) return true
    } finally {
      await file.close()
    }
  }
  return false
}

/** Has the logs of a corestore's database trimmed when its lock is held and before it is opened. */
export function trimLogsOf(store: any): void {
  const { deviceFile, db } = store.storage
  if (deviceFile === null) return
  const lock = deviceFile._open.bind(deviceFile)
  deviceFile._open = async () => {
    await lock()
    await trimLogs(db.path)
  }
}

async function trim(file: FileHandle, isFollowed: boolean): Promise<void> {
  const { size } = await file.stat()
  const whole = await wholeLength(file, size)
  if (whole === size) return
  await file.truncate(whole)
  if (!isFollowed) return
  const room = BLOCK_BYTES - (whole % BLOCK_BYTES)
  const at = room < TORN_RECORD.byteLength ? whole + room : whole
  await file.write(TORN_RECORD, 0, TORN_RECORD.byteLength, at)
}

/** Bytes up to the first record that is not whole. */
async function wholeLength(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size))
  for (let start = 0; start < size; start += CHUNK_BYTES) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, size - start), start)
    for (let at = 0; at < bytesRead; at += BLOCK_BYTES) {
      const block = chunk.subarray(at, Math.min(at + BLOCK_BYTES, bytesRead))
      const whole = wholeRecords(block)
      if (whole < block.byteLength) return start + at + whole
    }
  }
  return size
}

/** Bytes of a block up to the first record that is not whole. */
function wholeRecords(block: Buffer): number {
  let at = 0
  while (block.byteLength - at >= HEADER_BYTES) {
    const byteLength = block.readUInt16LE(at + 4)
    const type = block[at + TYPE_OFFSET] ?? 0
    const end = at + HEADER_BYTES + (RECYCLABLE.has(type) ? 4 : 0) + byteLength
    if (type === 0 || end > block.byteLength) return at
    if (block.readUInt32LE(at) !== mask(crc32c(block.subarray(at + TYPE_OFFSET, end)))) return at
    at = end
  }
  const isTrailer =
    block.byteLength === BLOCK_BYTES && block.subarray(at).every((byte) => byte === 0)
  return isTrailer ? block.byteLength : at
}

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
  return c
})

/** RFC 3720, appendix B.4. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
