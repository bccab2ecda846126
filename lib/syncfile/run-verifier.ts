// Verifies runs from a replica that did not verify them itself (another file, a peer), before they
// are written: blocks against root hash, root hash against signature, the first block for admission.

import { CairnError } from '../errors.js'
import { admitFeed } from '../log/admission.js'
import { BlockCodec } from '../log/block.js'
import { shortFeedId } from '../log/feed-id.js'
import type { Frontier } from '../log/merkle.js'
import type { Project } from '../log/project.js'
import type { Run } from '../log/replica.js'
import { assertRun } from '../log/run-checks.js'
import { assertSigned } from '../log/signature.js'
import type { RunReader } from './run-reader.js'

export class RunVerifier {
  private readonly frontiers = new Map<string, Frontier>()

  constructor(
    private readonly project: Project,
    private readonly reader: RunReader,
    private readonly path: string
  ) {}

  /** Throws BASE_MISSING, FEED_NOT_ADMITTED, FEED_FORGED. */
  async verify(run: Run): Promise<void> {
    const { feed, from, to: length, blocks, signature } = run
    assertRun(run, from)
    const tree = await this.treeAt(feed, from)
    if (tree === null) {
      throw new CairnError(
        'BASE_MISSING',
        `Feed ${shortFeedId(feed)} continues at ${from}, and ${this.path} lacks what comes before, so it could not be verified.`,
        { path: this.path, feed, seq: from }
      )
    }
    if (from === 0) {
      admitFeed(this.project, feed, new BlockCodec(this.project, feed), blocks[0])
    }
    const next = tree.clone().appendAll(blocks)
    assertSigned({ feed, length, rootHash: next.rootHash(), signature }, this.path)
    this.frontiers.set(feed, next)
  }

  /** Forgets trees over blocks that were taken back. */
  reset(): void {
    this.frontiers.clear()
  }

  private async treeAt(feed: string, length: number): Promise<Frontier | null> {
    const known = this.frontiers.get(feed)
    return known?.length === length ? known : this.reader.frontier(feed, length)
  }
}
