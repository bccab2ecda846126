// The adapter for Protomux: one channel among others on an encrypted stream, with numbered messages
// of plain bytes. Whatever a handler throws stays here: Protomux would take it for a fault of the
// program and end the process.

import Protomux from 'protomux'
import { MESSAGE } from './messages.js'
import type { NoiseStream } from './transport.js'

export interface ChannelHandlers {
  message(type: number, bytes: Uint8Array): void
  /** Called once, also where the other side has no such channel. */
  close(): void
}

export interface Channel {
  /** Multiplexer of the stream: what else runs over it is attached there. */
  readonly mux: unknown
  send(type: number, bytes: Uint8Array): void
  /** Whether more can be sent without piling it up. */
  readonly isDrained: boolean
  /** Calls `resume` once that is so, or the channel is closed. */
  onceDrained(resume: () => void): void
  close(): void
}

interface CodecState {
  buffer: Uint8Array
  start: number
  end: number
}

const RAW = {
  preencode(state: CodecState, bytes: Uint8Array): void {
    state.end += bytes.byteLength
  },
  encode(state: CodecState, bytes: Uint8Array): void {
    state.buffer.set(bytes, state.start)
    state.start += bytes.byteLength
  },
  decode(state: CodecState): Uint8Array {
    const bytes = state.buffer.subarray(state.start, state.end)
    state.start = state.end
    return bytes
  }
}

/** The channel, or null where this stream has one of that name already. */
export function openChannel(
  stream: NoiseStream,
  protocol: string,
  handlers: ChannelHandlers
): Channel | null {
  const mux = Protomux.from(stream)
  let waiting: Array<() => void> = []
  const resume = (): void => {
    const resumed = waiting
    waiting = []
    for (const next of resumed) next()
  }
  const channel = mux.createChannel({
    protocol,
    messages: Object.values(MESSAGE).map((type) => ({
      encoding: RAW,
      onmessage: (bytes: Uint8Array) => handlers.message(type, bytes)
    })),
    ondrain: resume,
    onclose: () => {
      resume()
      handlers.close()
    }
  })
  if (channel === null) return null
  channel.open()
  return {
    mux,
    send: (type, bytes) => void channel.messages[type].send(bytes),
    get isDrained() {
      return channel.closed || channel.drained
    },
    onceDrained(next) {
      if (channel.closed || channel.drained) next()
      else waiting.push(next)
    },
    close: () => channel.close()
  }
}
