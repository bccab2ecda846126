// The program `cairnlog` as a person runs it: a process of its own, with nothing of this one's
// environment but what a test gives it.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { env, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Assertion } from 'brittle'
import { writeSettings } from '../../lib/cli/settings.js'
import { Device, type ObservationInput, createInvite } from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY } from './fixed.js'

export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '../../..')

export const PROGRAM: string = join(ROOT, 'build/lib/cli/main.js')
export const PASSPHRASE = 'three random words'

export interface Ran {
  /** Exit code, or null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Record<string, string>
  readonly input?: string
  /** A file that its output goes to. */
  readonly output?: string
  /** Another place where the program lies. */
  readonly program?: string
  /** Hears of the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void
}

/** Runs a command line without `cairnlog` to its end. The passphrase is in the environment unless told otherwise. */
export function cairnlog(line: string, options: RunOptions = {}): Promise<Ran> {
  const output = options.output === undefined ? null : openSync(options.output, 'w')
  const child: ChildProcess = spawn(execPath, [options.program ?? PROGRAM, ...wordsOf(line)], {
    cwd: options.cwd,
    env: { ...environment(), CAIRNLOG_PASSPHRASE: PASSPHRASE, ...options.env },
    stdio: ['pipe', output ?? 'pipe', 'pipe']
  })
  if (output !== null) closeSync(output)
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input ?? '')
  options.onStart?.(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Runs it with --json; resolves to the document. */
export async function document(line: string, options?: RunOptions): Promise<any> {
  const { code, stdout, stderr } = await cairnlog(`${line} --json`, options)
  try {
    return { exit: code, ...JSON.parse(stdout) }
  } catch {
    throw new Error(`cairnlog ${line} ended with ${code} and printed: ${stdout}${stderr}`)
  }
}

/** Runs it and fails the test where it does not end with 0. */
export async function succeed(t: Assertion, line: string, options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await cairnlog(line, options)
  if (code !== 0) t.fail(`cairnlog ${line} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

/** Folders of so many devices of one project, as `init` leaves them: Laptop 1, Laptop 2, ... */
export async function laptops(t: Assertion, howMany: number): Promise<[string, ...string[]]> {
  const folder = await t.tmp()
  const invite = await createInvite(PROJECT_KEY, PASSPHRASE)
  const folders = Array.from({ length: howMany }, (_, i) => join(folder, `laptop-${i + 1}`))
  for (const [i, dir] of folders.entries()) {
    await writeSettings(dir, { name: `Laptop ${i + 1}`, configuration: CONFIGURATION, invite })
    await (await openLaptop(dir)).close()
  }
  return folders as [string, ...string[]]
}

/** The device in such a folder, by the library: quicker than a process for each step. */
export async function openLaptop(dir: string): Promise<Device> {
  const name = `Laptop ${dir.slice(-1)}`
  return Device.open(dir, { projectKey: PROJECT_KEY, name, configuration: CONFIGURATION })
}

/** Records so many observations there. */
export async function record(dir: string, inputs: Iterable<ObservationInput>): Promise<void> {
  await using device = await openLaptop(dir)
  await device.observations.createMany(inputs)
}

/** What any program gets: no colours, no terminal, one time zone. */
export function environment(): Record<string, string> {
  return { PATH: env['PATH'] ?? '', HOME: env['HOME'] ?? '', TZ: 'UTC' }
}

/** Words between spaces; apostrophes hold what is between them together, as in a shell. */
export function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|[^\s'])+/g) ?? []
  return words.map((word) => word.replaceAll("'", ''))
}
