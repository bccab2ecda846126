// The rows' bytes, one behind the other in a file beside the tree. The tree says where each row
// lies, and so do the columns: a row that has been found is then one read, and neighbours are one
// read together. In the tree a row cost the way down to a leaf of some 130 others, which all had to
// be decoded: thirty times as much.
//
// A batch goes to the end of the file before the tree learns of it, and nothing is overwritten that
// the tree knows of, so a crash leaves bytes nobody asks for, and whoever reads an older state finds
// it as it was. What a power cut or a failing disk did to it shows at the checksum, which covers the
// id as well: no row can be taken for another one's.
//
//   each row   CRC-32 over id and row: uint32, little endian; row (row.ts)

import { readSync } from 'node:fs'
import { constants, open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { checksum } from './checksum.js'
import { ViewDamage } from './damage.js'
import { guardOf, type Guard } from './guard.js'

const FILE_NAME = 'rows'
const CRC_BYTES = 4

/** Rows that lie no further apart are read together with what is in between. */
const MAX_GAP = 4096
/** Bytes of one read, unless a single row is larger. */
const MAX_READ = 256 * 1024
/** Milliseconds: a read that took longer had to wait for the disk, and the next ones wait elsewhere. */
const PATIENCE = 1
/** No row is as large: an entry is not. */
const MAX_ROW_BYTES = 2 ** 31

export interface Place {
  readonly offset: number
  readonly byteLength: number
}

/** A row to be read. */
export interface Wanted extends Place {
  readonly id: Uint8Array
}

export class RowFile {
  #length = 0

  private constructor(
    private readonly file: FileHandle,
    private readonly guard: Guard,
    private readonly patience: number
  ) {}

  static async open(dir: string, patience: number = PATIENCE): Promise<RowFile> {
    const guard = guardOf(dir)
    // Made if it is not there, and never cut.
    const flags = constants.O_RDWR | constants.O_CREAT
    return new RowFile(await guard(() => open(join(dir, FILE_NAME), flags)), guard, patience)
  }

  /** Bytes that count; what lies behind them was never taken over by the tree. */
  get length(): number {
    return this.#length
  }

  /** Takes the length that the tree knows. Throws ViewDamage where the file is shorter. */
  async resume(length: number): Promise<void> {
    const { size } = await this.guard(() => this.file.stat())
    if (size < length) throw new ViewDamage('The rows are cut short')
    this.#length = length
  }

  /** Rows for the end of the file; they are not there before `flush`. */
  writer(): RowWriter {
    return new RowWriter(this.#length, async (bytes, from) => {
      await this.guard(() => this.#write(bytes, from))
      this.#length = from + bytes.byteLength
    })
  }

  /** In the order of what is wanted. Throws ViewDamage where a row is not what it was. */
  read(wanted: readonly Wanted[]): Promise<Buffer[]> {
    return this.guard(() => this.#readAll(wanted))
  }

  async #readAll(wanted: readonly Wanted[]): Promise<Buffer[]> {
    const rows = Array.from<Buffer>({ length: wanted.length })
    const order = inOrderOfPlace(wanted)
    const reads: Promise<void>[] = []
    let patient = true
    for (let first = 0; first < order.length;) {
      const { offset } = wanted[order[first]!]!
      let end = endOf(wanted[order[first]!]!)
      let next = first + 1
      for (; next < order.length; next++) {
        const place = wanted[order[next]!]!
        if (place.offset - end > MAX_GAP || endOf(place) - offset > MAX_READ) break
        end = Math.max(end, endOf(place))
      }
      const some = order.subarray(first, next)
      const take = (bytes: Buffer): void => {
        for (const i of some) rows[i] = rowIn(bytes, offset, wanted[i]!)
      }
      if (patient) {
        const started = performance.now()
        take(this.#readNow(offset, end - offset))
        patient = performance.now() - started < this.patience
      } else reads.push(this.#read(offset, end - offset).then(take))
      first = next
    }
    await Promise.all(reads)
    return rows
  }

  sync(): Promise<void> {
    return this.guard(() => this.file.datasync())
  }

  /** Waits for what is being read. */
  close(): Promise<void> {
    return this.file.close()
  }

  async #write(bytes: Buffer, offset: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength;) {
      const left = bytes.byteLength - done
      done += (await this.file.write(bytes, done, left, offset + done)).bytesWritten
    }
  }

  /**
   * What the operating system has in memory is there in a few microseconds; having a thread fetch it
   * would take ten times as long.
   */
  #readNow(offset: number, byteLength: number): Buffer {
    const bytes = Buffer.allocUnsafe(byteLength)
    for (let done = 0; done < byteLength;) {
      const bytesRead = readSync(this.file.fd, bytes, done, byteLength - done, offset + done)
      if (bytesRead === 0) throw new ViewDamage('The rows are cut short')
      done += bytesRead
    }
    return bytes
  }

  async #read(offset: number, byteLength: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(byteLength)
    for (let done = 0; done < byteLength;) {
      const { bytesRead } = await this.file.read(bytes, done, byteLength - done, offset + done)
      if (bytesRead === 0) throw new ViewDamage('The rows are cut short')
      done += bytesRead
    }
    return bytes
  }
}

/** Collects the rows of one batch. */
export class RowWriter {
  #bytes: Buffer = Buffer.allocUnsafe(1024)
  #count = 0

  constructor(
    private readonly from: number,
    private readonly write: (bytes: Buffer, from: number) => Promise<void>
  ) {}

  /** Length of the file once this has been flushed. */
  get end(): number {
    return this.from + this.#count
  }

  put(id: Uint8Array, row: Uint8Array): Place {
    const byteLength = CRC_BYTES + row.byteLength
    const at = this.#count
    const bytes = this.#room(byteLength)
    bytes.writeUInt32LE(rowChecksum(id, row, 0, row.byteLength), at)
    bytes.set(row, at + CRC_BYTES)
    this.#count += byteLength
    return { offset: this.from + at, byteLength }
  }

  async flush(): Promise<void> {
    if (this.#count > 0) await this.write(this.#bytes.subarray(0, this.#count), this.from)
  }

  #room(more: number): Buffer {
    if (this.#count + more > this.#bytes.byteLength) {
      const grown = Buffer.allocUnsafe(2 * (this.#count + more))
      grown.set(this.#bytes.subarray(0, this.#count))
      this.#bytes = grown
    }
    return this.#bytes
  }
}

export function isPlace(offset: unknown, byteLength: unknown): boolean {
  return (
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0 &&
    Number.isSafeInteger(byteLength) &&
    (byteLength as number) > CRC_BYTES &&
    (byteLength as number) <= MAX_ROW_BYTES
  )
}

function endOf({ offset, byteLength }: Place): number {
  return offset + byteLength
}

function inOrderOfPlace(wanted: readonly Wanted[]): Uint32Array {
  const order = new Uint32Array(wanted.length)
  let sorted = true
  for (let i = 0; i < order.length; i++) {
    order[i] = i
    if (i > 0 && wanted[i]!.offset < wanted[i - 1]!.offset) sorted = false
  }
  return sorted ? order : order.sort((a, b) => wanted[a]!.offset - wanted[b]!.offset)
}

function rowIn(bytes: Buffer, start: number, { id, offset, byteLength }: Wanted): Buffer {
  const from = offset - start + CRC_BYTES
  const to = from + byteLength - CRC_BYTES
  if (bytes.readUInt32LE(from - CRC_BYTES) !== rowChecksum(id, bytes, from, to)) {
    throw new ViewDamage('A row is not what was written')
  }
  return bytes.subarray(from, to)
}

function rowChecksum(id: Uint8Array, bytes: Uint8Array, from: number, to: number): number {
  return checksum(bytes, from, to, checksum(id, 0, id.byteLength))
}
