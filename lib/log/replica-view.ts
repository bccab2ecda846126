// Another replica seen through one's own eyes: what a class does not decide differently goes to the
// replica behind it. For those that show a part of one, or watch what goes through.

import type {
  Blobs,
  Head,
  Intake,
  ReadOptions,
  Replica,
  ReplicaDescription,
  Run
} from './replica.js'

export class ReplicaView implements Replica {
  constructor(protected readonly replica: Replica) {}

  get blobs(): Blobs | undefined {
    return this.replica.blobs
  }

  describe(): Promise<ReplicaDescription> {
    return this.replica.describe()
  }

  heads(): Promise<ReadonlyMap<string, Head>> {
    return this.replica.heads()
  }

  read(feed: string, from: number, to: number, options?: ReadOptions): AsyncIterable<Run> {
    return this.replica.read(feed, from, to, options)
  }

  byteLength(feed: string, from: number, to: number): Promise<number> {
    return this.replica.byteLength(feed, from, to)
  }

  rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    return this.replica.rootHash(feed, length)
  }

  prepare(intake: Intake): Promise<void> {
    return this.replica.prepare(intake)
  }

  append(run: Run): Promise<void> {
    return this.replica.append(run)
  }

  commit(): Promise<void> {
    return this.replica.commit()
  }

  rollback(): Promise<void> {
    return this.replica.rollback()
  }
}
