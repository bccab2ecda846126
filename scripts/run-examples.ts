// Runs every example that needs no network, one after the other, and ends with 1 if one of them
// does. An example is a file in examples/ whose second line says how to run it.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** They look for other devices. */
const NETWORKED = ['lan', 'swarm']

/** Names of the examples, without those that need a network. */
export function examples(): string[] {
  return ['', 'api/']
    .flatMap((folder) => readdirSync(join(ROOT, 'examples', folder)).map((file) => folder + file))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.slice(0, -3))
    .filter((name) => sourceOf(name).includes(`node build/examples/${name}.js`))
    .filter((name) => !NETWORKED.includes(name))
}

export function sourceOf(example: string): string {
  return readFileSync(join(ROOT, 'examples', `${example}.ts`), 'utf8')
}

export function programOf(example: string): string {
  return join(ROOT, 'build/examples', `${example}.js`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const example of examples()) {
    if (!existsSync(programOf(example))) throw new Error(`${example} is not built`)
    console.log(
      `\n${example}: ${sourceOf(example)
        .split('\n')[0]
        ?.replace(/^\/\/ /, '')}\n`
    )
    const { status } = spawnSync(execPath, [programOf(example)], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}
