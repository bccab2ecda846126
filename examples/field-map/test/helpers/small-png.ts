// A screenshot as a smaller PNG: of at most 256 colours, and packed as well as zlib can. Colours that
// nobody tells apart (edges of letters, mostly) become one; flat ones stay what they are.

import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** What two colours differ by, squared and summed over red, green and blue, to both get a place. */
const APART = 14 ** 2

/** Takes what Chromium makes: 8 bits for each of red, green and blue, not interlaced. */
export function smallPng(png: Buffer): Buffer {
  const chunks = [...chunksOf(png)]
  const header = chunks[0]!.data
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  if (!header.subarray(8).equals(Buffer.from([8, 2, 0, 0, 0])))
    throw new Error('another kind of PNG')
  const packed = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)
  const pixels = unfilter(inflateSync(Buffer.concat(packed)), width * 3, height)
  const { palette, places } = reduce(pixels)
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * (width + 1) + 1 + x] = places.get(pixels.readUIntBE((y * width + x) * 3, 3))!
    }
  }
  // Kind 3: numbers of colours, one byte each. Rows are not filtered, as fits numbers.
  const indexed = Buffer.concat([header.subarray(0, 8), Buffer.from([8, 3, 0, 0, 0])])
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', indexed),
    chunk('PLTE', Buffer.from(palette.flatMap(parts))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0))
  ])
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at)
    yield {
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length)
    }
    at += length + 12
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(named.length + 8)
  whole.writeUInt32BE(data.length)
  named.copy(whole, 4)
  whole.writeUInt32BE(crc32(named), named.length + 4)
  return whole
}

/** The filters of the PNG specification, section 9, with three bytes a pixel. */
function unfilter(filtered: Buffer, stride: number, height: number): Buffer {
  const out = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (stride + 1)]!
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x < 3 ? 0 : out[at - 3]!
      const up = y === 0 ? 0 : out[at - stride]!
      const corner = x < 3 || y === 0 ? 0 : out[at - stride - 3]!
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!
      out[at] = (filtered[y * (stride + 1) + 1 + x]! + guess) & 0xff
    }
  }
  return out
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

/** The colours to keep, the most frequent first, and for every colour the number of its nearest. */
function reduce(pixels: Buffer): { palette: number[]; places: Map<number, number> } {
  const counts = new Map<number, number>()
  for (let at = 0; at < pixels.length; at += 3) {
    const color = pixels.readUIntBE(at, 3)
    counts.set(color, (counts.get(color) ?? 0) + 1)
  }
  const palette: number[] = []
  const places = new Map<number, number>()
  for (const [color] of [...counts].sort(([, a], [, b]) => b - a)) {
    let [nearest, least] = [0, Infinity]
    for (const [place, kept] of palette.entries()) {
      const apart = distance(color, kept)
      if (apart < least) [nearest, least] = [place, apart]
    }
    if (least > APART && palette.length < 256) nearest = palette.push(color) - 1
    places.set(color, nearest)
  }
  return { palette, places }
}

function distance(a: number, b: number): number {
  const [one, other] = [parts(a), parts(b)]
  return one.reduce((sum, value, i) => sum + (value - other[i]!) ** 2, 0)
}

function parts(color: number): number[] {
  return [color >> 16, (color >> 8) & 0xff, color & 0xff]
}
