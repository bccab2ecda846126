// Bytes of messages: whole numbers as LEB128 (seven bits a byte, the low ones first), texts and
// byte strings behind their length or of a fixed one. Reading believes nothing: every number has an
// upper bound, and a message must end where its last field ends.

import b4a from 'b4a'

/** A message that is not what it should be. */
export class MalformedMessage extends Error {}

export class WireReader {
  private at = 0

  constructor(private readonly message: Uint8Array) {}

  uint(max: number): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.message[this.at++]
      if (byte === undefined || factor > 2 ** 49) throw new MalformedMessage('a number is cut off')
      value += (byte & 127) * factor
      if (byte < 128) break
    }
    if (value > max) throw new MalformedMessage(`${value} is more than ${max}`)
    return value
  }

  bytes(byteLength: number): Uint8Array {
    const end = this.at + byteLength
    if (end > this.message.byteLength) throw new MalformedMessage('a field is cut off')
    const bytes = this.message.subarray(this.at, end)
    this.at = end
    return bytes
  }

  /** The same, for what is kept: it does not hold on to the whole message. */
  copy(byteLength: number): Uint8Array {
    return new Uint8Array(this.bytes(byteLength))
  }

  text(maxBytes: number): string {
    return b4a.toString(this.bytes(this.uint(maxBytes)))
  }

  get isAtEnd(): boolean {
    return this.at >= this.message.byteLength
  }

  rest(): Uint8Array {
    return this.bytes(this.message.byteLength - this.at)
  }

  end(): void {
    if (this.at !== this.message.byteLength) throw new MalformedMessage('bytes are left over')
  }
}

export class WireWriter {
  private readonly parts: Uint8Array[] = []
  private small: number[] = []

  uint(value: number): this {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.small.push((rest % 128) + 128)
    this.small.push(rest)
    return this
  }

  bytes(bytes: Uint8Array): this {
    this.flush()
    this.parts.push(bytes)
    return this
  }

  text(text: string): this {
    const bytes = b4a.from(text)
    return this.uint(bytes.byteLength).bytes(bytes)
  }

  finish(): Uint8Array {
    this.flush()
    return b4a.concat(this.parts)
  }

  private flush(): void {
    if (this.small.length === 0) return
    this.parts.push(b4a.from(this.small))
    this.small = []
  }
}
