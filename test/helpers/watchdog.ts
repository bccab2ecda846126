// Ends a fuzzer whose case hangs, and says which one it was.

import { Worker } from 'node:worker_threads'

/** A case that is still running after this long hangs. */
const HANG_MS = 60_000

/** Ends the process when a case hangs, also in a loop that never gives way. */
export class Watchdog {
  private readonly worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     let timer
     parentPort.on('message', (name) => {
       clearTimeout(timer)
       if (name === null) return
       timer = setTimeout(() => {
         require('node:fs').writeSync(1, 'not ok - a case hangs: ' + name + '\\n')
         process.kill(process.pid, 'SIGKILL')
       }, ${HANG_MS})
     })`,
    { eval: true }
  )

  begin(name: string): void {
    this.worker.postMessage(name)
  }

  end(): void {
    this.worker.postMessage(null)
  }

  async stop(): Promise<void> {
    await this.worker.terminate()
  }
}
