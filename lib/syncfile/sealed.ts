// A sync file without the project key: what anybody may see of it, which is what it is, whose, how
// large, how many commits, and whether its bytes are those that were written.

import { CairnError } from '../errors.js'
import { toHex } from '../log/feed-id.js'
import { type Reach, withCutOff } from './cut-off.js'
import type { Kind } from './format.js'
import { existingFile } from './medium.js'
import { notLoadable } from './open.js'
import { trailersFromEnd } from './scan.js'
import { type VerifyOptions, verifySealed } from './verify.js'
import { assertReadable } from './version-rule.js'
import type { FileProblem } from './file-problem.js'
import { assertFirstVolume } from './volume-set.js'
import { Volumes } from './volumes.js'

export interface SealedInfo {
  readonly path: string
  /** How many volumes of it are here. */
  readonly volumes: number
  readonly kind: Kind
  readonly format: { readonly read: number; readonly write: number }
  readonly fileId: string
  /** Public fingerprint of the project, hex. */
  readonly projectId: string
  /** Bytes of all volumes. */
  readonly byteLength: number
  /** How many times something was written into it. */
  readonly commits: number
  /** Every record's hash holds: nothing is damaged. Says nothing of who wrote it. */
  readonly whole: boolean
  readonly problems: readonly FileProblem[]
}

export class SealedSyncFile {
  private closing: Promise<void> | null = null

  private constructor(private readonly volumes: Volumes) {}

  /** Throws NOT_A_SYNCFILE, SYNCFILE_VERSION, SYNCFILE_DAMAGED, PATH_UNUSABLE, IO_FAILED. */
  static async open(path: string): Promise<SealedSyncFile> {
    const volumes = await Volumes.open(await existingFile(path))
    try {
      if (volumes.superblock === null) throw await notLoadable(volumes)
      assertReadable(volumes.superblock, path)
      assertFirstVolume(volumes.superblock, path)
      return new SealedSyncFile(volumes)
    } catch (error) {
      await volumes.close()
      throw error
    }
  }

  async inspect(options: VerifyOptions = {}): Promise<SealedInfo> {
    const problems = await this.verify(options)
    const { volumes } = this
    const { superblock } = volumes
    if (superblock === null) throw new Error('a sealed file was opened by its superblock')
    return {
      path: volumes.path,
      volumes: volumes.numbers.length,
      kind: superblock.kind,
      format: { read: superblock.readVersion, write: superblock.writeVersion },
      fileId: toHex(superblock.setId),
      projectId: toHex(superblock.projectId),
      byteLength: await volumes.byteLength(),
      commits: (await newestTrailer(volumes)).generation,
      whole: problems.length === 0,
      problems
    }
  }

  /** What is damaged, as far as hashes tell. An empty list means that nothing is. */
  async verify(options: VerifyOptions = {}): Promise<FileProblem[]> {
    if (this.closing !== null) {
      throw new CairnError('CLOSED', `${this.volumes.path} has been closed.`)
    }
    const problems = await verifySealed(this.volumes, options)
    return withCutOff(problems, this.volumes, await newestTrailer(this.volumes))
  }

  async close(): Promise<void> {
    this.closing ??= this.volumes.close()
    await this.closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Of the last trailer that is whole by its own checksum; without the key no more can be told. */
async function newestTrailer(volumes: Volumes): Promise<Reach> {
  for (const volume of volumes.numbers.reverse()) {
    const storage = volumes.at(volume)
    const size = await storage.size()
    const end = { volume, offset: size }
    for await (const { offset, trailer } of trailersFromEnd(storage, size)) {
      return { generation: trailer.generation, trailer: { volume, offset }, end }
    }
  }
  const end = { volume: volumes.last, offset: await volumes.at(volumes.last).size() }
  return { generation: 0, trailer: { volume: 0, offset: 0 }, end }
}
