// Asks for a passphrase in a terminal, without showing it.

import { createInterface } from 'node:readline'
import { stderr, stdin } from 'node:process'
import { Writable } from 'node:stream'

export function canAsk(): boolean {
  return stdin.isTTY && stderr.isTTY
}

/** Null where the terminal was closed instead (Ctrl-D). Throws an AbortError with the signal. */
export async function askHidden(question: string, signal: AbortSignal): Promise<string | null> {
  // What is typed would be echoed into this.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  // Only now: whoever answers at once must find a terminal that echoes nothing.
  stderr.write(`${question} `)
  // Ctrl-C reaches the reader here, and is the same wish as anywhere else.
  reader.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const close = (): void => reader.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    const answer = await new Promise<string | null>((resolve) => {
      reader.once('line', resolve)
      reader.once('close', () => resolve(null))
      if (signal.aborted) close()
    })
    signal.throwIfAborted()
    return answer
  } finally {
    signal.removeEventListener('abort', close)
    reader.close()
    stderr.write('\n')
  }
}
