// Messages between peers as lists of named fields, so that a fuzzer can change one and leave the rest
// sound. They are put into bytes here once more, by hand: what the library's own encoders would not
// write is what is wanted.

import b4a from 'b4a'
import { toSignerKey } from '../../lib/log/feed-id.js'
import type { BlobName, Run } from '../../lib/log/replica.js'
import type { SignedLength } from '../../lib/log/signature.js'
import type { Greeting, MESSAGE, Place } from '../../lib/peer/messages.js'
import type { Random } from '../faults/mutate.js'

export type About = keyof typeof MESSAGE

export interface Field {
  readonly name: string
  /** A whole number; null: as many bytes as the rest of the message has. Else bytes. */
  value: number | null | Uint8Array
}

export interface Message {
  readonly about: About
  fields: Field[]
}

export function field(name: string, value: Field['value']): Field {
  return { name, value }
}

function text(name: string, value: string): Field[] {
  const bytes = b4a.from(value)
  return [field(`${name} length`, bytes.byteLength), field(name, bytes)]
}

const key = (name: string, feed: string): Field => field(name, toSignerKey(feed))

export function proof(mac: Uint8Array): Message {
  return { about: 'proof', fields: [field('proof', mac)] }
}

export function greeting(said: Greeting): Message {
  const fields = [
    ...text('library', said.library),
    key('device', said.device),
    ...text('name', said.name),
    ...text('configuration', said.configuration.name),
    ...text('version', said.configuration.version),
    field('readOnly', said.readOnly ? 1 : 0),
    field('media', 2)
  ]
  return { about: 'greeting', fields }
}

export function heads(list: readonly SignedLength[], last: boolean): Message {
  const rows = list.flatMap(({ feed, length, rootHash, signature }) => [
    key('feed', feed),
    field('length', length),
    field('rootHash', rootHash),
    field('signature', signature)
  ])
  const fields = [field('last', last ? 1 : 0), field('count', list.length), ...rows]
  return { about: 'heads', fields }
}

export function askRun(id: number, feed: string, from: number, to: number): Message {
  const range = [key('feed', feed), field('from', from), field('to', to)]
  return { about: 'question', fields: [field('id', id), field('kind', 0), ...range] }
}

export function askPlaces(id: number, places: readonly Place[]): Message {
  const rows = places.flatMap((place) => [key('feed', place.feed), field('length', place.length)])
  const fields = [field('id', id), field('kind', 1), field('count', places.length), ...rows]
  return { about: 'question', fields }
}

/** An answer about feeds or, for `mediaAnswer`, about photos; too long for one message, it is split. */
export function answer(
  id: number,
  payload: Field[],
  about: 'answer' | 'mediaAnswer' = 'answer'
): Message {
  return { about, fields: [field('id', id), field('byteLength', null), ...payload] }
}

export function runFields({ from, to, rootHash, signature, blocks }: Run): Field[] {
  return [
    field('from', from),
    field('to', to),
    field('rootHash', rootHash),
    field('signature', signature),
    ...blocks.map(({ byteLength }) => field('block length', byteLength)),
    ...blocks.map((block) => field('block', block))
  ]
}

export function placeFields(answers: readonly { rootHash: Uint8Array | null }[]): Field[] {
  return answers.flatMap(({ rootHash }) => {
    const known = field('known', rootHash === null ? 0 : 1)
    return [known, ...(rootHash ? [field('rootHash', rootHash)] : []), field('byteLength', 1000)]
  })
}

export function push(run: Run): Message {
  return { about: 'push', fields: [key('feed', run.feed), ...runFields(run)] }
}

export interface Held {
  readonly device: string
  readonly feed: string
  readonly length: number
}

export function acknowledgments(rows: readonly Held[]): Message {
  const ids = [...new Set(rows.flatMap(({ device, feed }) => [device, feed]))]
  const fields = [
    field('ids', ids.length),
    ...ids.map((id) => key('id', id)),
    field('rows', rows.length),
    ...rows.flatMap(({ device, feed, length }) => [
      field('device', ids.indexOf(device)),
      field('feed', ids.indexOf(feed)),
      field('length', length)
    ])
  ]
  return { about: 'acknowledgments', fields }
}

function nameFields({ hash, size }: BlobName): Field[] {
  return [field('hash', b4a.from(hash, 'hex')), field('size', size)]
}

export function askWhich(id: number, names: readonly BlobName[]): Message {
  const rows = names.flatMap(nameFields)
  const fields = [field('id', id), field('kind', 0), field('count', names.length), ...rows]
  return { about: 'mediaQuestion', fields }
}

export function askPiece(id: number, name: BlobName, chunk: number): Message {
  const fields = [field('id', id), field('kind', 1), ...nameFields(name), field('chunk', chunk)]
  return { about: 'mediaQuestion', fields }
}

export function askHeld(id: number, since: number): Message {
  return {
    about: 'mediaQuestion',
    fields: [field('id', id), field('kind', 2), field('since', since)]
  }
}

export function mediaNews(hashes: readonly string[], all: boolean): Message {
  const rows = hashes.map((hash) => field('hash', b4a.from(hash, 'hex')))
  const fields = [field('all', all ? 1 : 0), field('count', hashes.length), ...rows]
  return { about: 'mediaNews', fields }
}

export function plain(about: About, bytes: Uint8Array = new Uint8Array(0)): Message {
  return { about, fields: bytes.byteLength > 0 ? [field('bytes', bytes)] : [] }
}

export function encodeFields(fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = []
  let behind = 0
  for (const { value } of fields.toReversed()) {
    const bytes = value instanceof Uint8Array ? value : number(value ?? behind)
    parts.push(bytes)
    behind += bytes.byteLength
  }
  return b4a.concat(parts.reverse())
}

/** LEB128; a negative one as a machine would write it, ten bytes long. */
function number(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return b4a.from(bytes)
}

/** Changes one field, or how the fields follow each other; says what was done. */
export function mutate(message: Message, random: Random, feeds: readonly string[]): string {
  const { fields } = message
  const i = random.below(fields.length)
  const chosen = fields[i]
  if (chosen === undefined) {
    message.fields = [field('bytes', random.bytes(1 + random.below(40)))]
    return `${message.about} with bytes`
  }
  const where = `${message.about} [${i}] ${chosen.name}`
  if (random.below(4) === 0) return `${rearrange(message, i, random)} ${where}`
  const other = fields.filter(({ name }) => name === chosen.name)
  chosen.value =
    chosen.value instanceof Uint8Array
      ? otherBytes(chosen.value, random, feeds, other)
      : random.pick([-1, random.absurd(), random.absurd(), (chosen.value ?? 0) + 1, 2 ** 40])
  return `${where}=${chosen.value instanceof Uint8Array ? 'bytes' : chosen.value}`
}

function otherBytes(
  bytes: Uint8Array,
  random: Random,
  feeds: readonly string[],
  alike: readonly Field[]
): Uint8Array {
  const { byteLength } = bytes
  const flipped = b4a.from(bytes)
  if (byteLength > 0) flipped[random.below(byteLength)]! ^= 1 << random.below(8)
  return random.pick([
    flipped,
    random.bytes(Math.min(byteLength, 4096)),
    b4a.alloc(byteLength),
    b4a.alloc(byteLength, 255),
    bytes.subarray(0, random.below(byteLength + 1)),
    b4a.concat([bytes, random.bytes(1 + random.below(3))]),
    toSignerKey(random.pick(feeds)),
    random.pick(alike).value as Uint8Array
  ])
}

function rearrange(message: Message, i: number, random: Random): string {
  const { fields } = message
  const chosen = fields[i] as Field
  const how = random.pick(['without', 'twice', 'cut at', 'behind the last', 'absurd before'])
  if (how === 'without') fields.splice(i, 1)
  else if (how === 'twice') fields.splice(i, 0, { ...chosen })
  else if (how === 'cut at') fields.splice(i)
  else if (how === 'behind the last') fields.push(...fields.splice(i, 1))
  else fields.splice(i, 0, field('absurd', random.absurd()))
  return how
}
