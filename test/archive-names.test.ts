import test from 'brittle'
import { ArchiveNames } from '../lib/archive-names.js'

const JPEG = { hash: 'abcdef0123456789'.repeat(4), size: 1, type: 'image/jpeg' }

function named(name: string | undefined, type: string = 'image/jpeg'): string {
  return new ArchiveNames().nameFor(name, { ...JPEG, type })
}

test('a photo is called after its attachment, its hash and its type', (t) => {
  t.is(named('House'), 'House-abcdef01.jpg')
  t.is(named('House.JPG'), 'House-abcdef01.jpg', 'the ending is not doubled')
  t.is(named(undefined), 'photo-abcdef01.jpg')
  t.is(named('Casa de Ñusta 家'), 'Casa de Ñusta 家-abcdef01.jpg')
  t.is(named('voice', 'audio/webm; codecs=opus'), 'voice-abcdef01.weba')
  t.is(named('x', 'application/unheard-of'), 'x-abcdef01.bin')
  t.is(named('x', 'constructor'), 'x-abcdef01.bin')
  t.is(named('x', ''), 'x-abcdef01.bin')
})

test('no name leads out of the folder or is one that a system does not take', (t) => {
  const wicked = ['../../etc/passwd', '/root', 'C:\\Windows\\x', '..', '.', '...', ' ', '', '\0']
  wicked.push('a\nb', 'con', 'NUL.jpg', 'a'.repeat(5000), '😀'.repeat(500), '-rf', '~', 'a:b', 'x.')
  wicked.push('\u202Egpj.exe', '.hidden', '\uD800')
  for (const name of wicked) {
    const safe = named(name)
    const sound =
      !/[<>:"/\\|?*\p{Cc}\u202E]/u.test(safe) &&
      /^[^.\s~-]/.test(safe) &&
      safe.endsWith('-abcdef01.jpg') &&
      Buffer.byteLength(safe) < 250 &&
      Buffer.from(safe).toString() === safe
    if (!sound) t.fail(`${JSON.stringify(name)} became ${JSON.stringify(safe)}`)
  }
  t.is(named('con'), 'con-abcdef01.jpg')
})

test('two photos never get one name, also where letters differ by case alone', (t) => {
  const names = new ArchiveNames()
  const other = { ...JPEG, hash: `abcdef01${'0'.repeat(56)}` }
  t.is(names.nameFor('House', JPEG), 'House-abcdef01.jpg')
  t.is(names.nameFor('HOUSE', other), `HOUSE-${other.hash}.jpg`)
})
