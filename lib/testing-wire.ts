// Two ends of a connection in memory, for tests: what is written into one comes out of the other,
// with the delay, the bandwidth and the breakdowns that a test wants. Backpressure is real.

import { Duplex } from 'node:stream'

export interface WireOptions {
  /** Milliseconds that every byte is on its way. */
  latency?: number
  /** Bytes per second, each way. */
  bandwidth?: number
  /** Breaks when so many bytes have been carried, both ways together. */
  cutAfterBytes?: number
}

/** Bytes that may be on their way in one direction. */
const WINDOW = 2 ** 18

export class Wire {
  readonly a: Duplex
  readonly b: Duplex
  /** Carried so far, both ways. */
  bytes = 0
  private stalled = false

  constructor(private readonly options: WireOptions = {}) {
    const a = new End((chunk) => this.carry(chunk, b))
    const b = new End((chunk) => this.carry(chunk, a))
    a.onDestroy = () => b.destroy()
    b.onDestroy = () => a.destroy()
    a.onFinish = () => b.push(null)
    b.onFinish = () => a.push(null)
    this.a = a
    this.b = b
  }

  /** Breaks the connection: both ends close. */
  cut(): void {
    this.a.destroy()
    this.b.destroy()
  }

  /** From now on nothing arrives, and neither end is told: a half-open connection. */
  stall(): void {
    this.stalled = true
  }

  private async carry(chunk: Buffer, to: End): Promise<void> {
    const { latency = 0, bandwidth = Infinity, cutAfterBytes = Infinity } = this.options
    const whole = this.bytes + chunk.byteLength <= cutAfterBytes
    const part = whole ? chunk : chunk.subarray(0, cutAfterBytes - this.bytes)
    this.bytes += part.byteLength
    if (bandwidth !== Infinity) await pause((1000 * part.byteLength) / bandwidth)
    const arrival = this.arrive(part, to, latency, whole)
    to.underWay += part.byteLength
    void arrival.finally(() => (to.underWay -= part.byteLength))
    if (latency === 0 || to.underWay > WINDOW) await arrival
  }

  private async arrive(part: Buffer, to: End, latency: number, whole: boolean): Promise<void> {
    if (latency > 0) await pause(latency)
    if (this.stalled) return new Promise(() => {})
    await to.deliver(part)
    if (!whole) this.cut()
  }
}

class End extends Duplex {
  onDestroy: () => void = () => {}
  onFinish: () => void = () => {}
  underWay = 0
  private unblock: (() => void) | null = null

  constructor(private readonly carry: (chunk: Buffer) => Promise<void>) {
    super()
  }

  async deliver(chunk: Buffer): Promise<void> {
    if (this.destroyed || chunk.byteLength === 0 || this.push(chunk)) return
    await new Promise<void>((resolve) => (this.unblock = resolve))
  }

  override _read(): void {
    this.unblock?.()
    this.unblock = null
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    void this.pass(chunk, done)
  }

  private async pass(chunk: Buffer, done: () => void): Promise<void> {
    await this.carry(chunk)
    done()
  }

  override _final(done: () => void): void {
    this.onFinish()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this._read()
    this.onDestroy()
    done(error)
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
