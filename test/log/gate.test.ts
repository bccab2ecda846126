import test from 'brittle'
import { Gate } from '../../lib/log/gate.js'

test('who wants to be alone waits until all have left, and others wait meanwhile', async (t) => {
  const gate = new Gate()
  const seen: string[] = []
  let leave!: () => void
  const inside = gate.pass(() => new Promise<void>((resolve) => (leave = resolve)))
  const alone = gate.shut(async () => void seen.push('alone'))
  const second = gate.shut(async () => void seen.push('alone again'))
  const after = gate.pass(async () => void seen.push('after'))
  await new Promise((go) => setTimeout(go, 10))
  t.alike(seen, [])
  leave()
  await Promise.all([inside, alone, second, after])
  t.alike(seen, ['alone', 'after'])
})

test('what fails alone lets the next ones in', async (t) => {
  const gate = new Gate()
  const failing = gate.shut(async () => {
    throw new Error('no room')
  })
  await t.exception(failing, /no room/)
  t.is(await gate.pass(async () => 5), 5)
})
