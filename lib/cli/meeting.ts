// All peers of one run of connect: what each brought and got, and when the run is over.

import type { Duplex } from 'node:stream'
import type { Device, DeviceSyncReport, MediaChoice } from '../main.js'
import type { Run } from './command.js'
import { explain } from './failures.js'
import { People } from './people.js'
import { tellReport } from './report.js'
import { row } from './rows.js'

interface Peer {
  readonly id: string
  readonly name: string
  readonly received: DeviceSyncReport['received']
  readonly sent: DeviceSyncReport['sent']
  readonly refused: DeviceSyncReport['refused']
}

export class Meeting {
  private readonly peers: Peer[] = []
  private finish!: () => void
  private readonly over: Promise<void>

  constructor(
    private readonly run: Run,
    private readonly device: Device,
    private readonly options: { isOnce: boolean; media: MediaChoice | undefined }
  ) {
    this.over = new Promise((resolve) => {
      this.finish = resolve
      run.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    if (run.signal.aborted) this.finish()
  }

  note(text: string): void {
    this.run.out.note(text)
  }

  get hasMet(): boolean {
    return this.peers.length > 0
  }

  /** Somebody came: what goes wrong with one ends no other. */
  welcome(stream: Duplex): void {
    this.join(stream).catch((error: unknown) => {
      if (!this.run.signal.aborted) this.note(`A connection ended: ${explain(error).message}`)
    })
  }

  /** Exchanges over a stream; resolves when it has ended well. */
  async join(stream: Duplex): Promise<void> {
    const { run, device } = this
    // The link says what went wrong; this only keeps the event from ending the program.
    stream.on('error', () => {})
    const { signal, progress } = run
    const { isOnce, media } = this.options
    const link = device.replicate(stream, {
      signal,
      live: !isOnce,
      media,
      onProgress: progress.sync
    })
    try {
      const report = await link.caughtUp
      progress.stop()
      const { id, name } = link.peer ?? { id: '', name: 'somebody' }
      const { received, sent, refused } = report
      this.peers.push({ id, name, received, sent, refused })
      await run.out.line(`Met ${name}.`)
      await tellReport(run, report, await People.of(device))
      if (!isOnce) await link.closed
      else {
        // Everything is here and there: how the other side hangs up does not matter.
        await link.closed.catch(() => undefined)
        this.finish()
      }
    } finally {
      progress.stop()
    }
  }

  /** Until it is over: the one link has ended, everybody was met once, or Ctrl-C. */
  async end(only?: Promise<void>): Promise<void> {
    const { run, peers } = this
    const showing = this.show()
    try {
      await (only === undefined ? this.over : Promise.race([only, this.over]))
    } finally {
      this.finish()
      await showing
    }
    if (run.signal.aborted) {
      const stopped = new DOMException('Stopped while connected.', 'AbortError')
      throw Object.assign(stopped, { facts: { peers } })
    }
    await run.out.document({ peers })
  }

  /** What others record meanwhile. */
  private async show(): Promise<void> {
    const { run, device } = this
    const stop = new AbortController()
    void this.over.then(() => stop.abort())
    if (this.options.isOnce || run.out.json) return
    for await (const { type, observation } of device.observations.watch({ signal: stop.signal })) {
      if (observation === null) await run.out.line('Many observations changed.')
      else if (observation.updatedBy !== device.id) {
        const cells = row(observation, observation.id, await People.of(device))
        await run.out.line([type, ...cells].join('  '))
      }
    }
  }
}
