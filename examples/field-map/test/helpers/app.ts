// The app as people start it: a process of its own, on a folder of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Assertion } from 'brittle'
import { Device, type ObservationInput, createProjectKey } from 'cairnlog'
import { readConfiguration } from '../../server/configurations.js'
import { keyOf, readSettings, writeSettings } from '../../server/settings.js'

const MAIN = fileURLToPath(new URL('../../server/main.js', import.meta.url))

export class TestApp {
  #process: ChildProcess | null = null
  url = ''

  constructor(
    readonly folder: string,
    private readonly env: Readonly<Record<string, string>> = {}
  ) {}

  /** On the port that it had before, so that an open page finds it again. */
  async start(...args: string[]): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port
    const options = [MAIN, this.folder, '--port', port, '--peer-host', '127.0.0.1', ...args]
    const env = { ...process.env, ...this.env }
    const child = spawn(process.execPath, options, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process = child
    let said = ''
    for await (const piece of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      said += piece
      const [, url] = /Open (http:\S+)/.exec(said) ?? []
      if (url === undefined) continue
      this.url = url
      child.stdout.resume()
      return
    }
    throw new Error(`the app ended before it was open: ${said}`)
  }

  /** As when the battery runs out. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
}

/** An app on a new folder, ended with the test. */
export async function startApp(t: Assertion, folder?: string, ...args: string[]): Promise<TestApp> {
  return started(t, new TestApp(folder ?? join(await t.tmp(), 'laptop')), args)
}

/** An app whose stick is pulled out once, when so many bytes have been written to it. */
export function startAppWithStick(
  t: Assertion,
  folder: string,
  stick: string,
  byteLength: number
): Promise<TestApp> {
  const preload = new URL('pulled-stick.js', import.meta.url)
  const env = { NODE_OPTIONS: `--import=${preload}`, STICK: stick, STICK_BYTES: `${byteLength}` }
  return started(t, new TestApp(folder, env), [])
}

async function started(t: Assertion, app: TestApp, args: string[]): Promise<TestApp> {
  t.teardown(() => app.kill('SIGTERM'), { order: -1 })
  await app.start(...args)
  return app
}

export interface Seed {
  readonly name: string
  /** The same for all laptops of a project. */
  readonly projectKey?: Uint8Array
  readonly configuration?: string
  readonly observations?: Iterable<ObservationInput>
}

/** A folder that has been set up before, and the key of its project. */
export async function seedFolder(t: Assertion, seed: Seed): Promise<SeededFolder> {
  const { name, configuration = 'territory', projectKey = createProjectKey() } = seed
  const folder = join(await t.tmp(), 'laptop')
  await writeSettings(folder, {
    name,
    configuration,
    projectKey: Buffer.from(projectKey).toString('hex')
  })
  const device = await openFolder(folder)
  await device.observations.createMany(seed.observations ?? [])
  await device.close()
  return { folder, projectKey }
}

export interface SeededFolder {
  readonly folder: string
  readonly projectKey: Uint8Array
}

/** The device of a folder while no app has it open. */
export async function openFolder(folder: string): Promise<Device> {
  const settings = await readSettings(folder)
  if (settings === null) throw new Error(`${folder} has not been set up`)
  const { name, version } = await readConfiguration(settings.configuration)
  const projectKey = keyOf(settings)
  return Device.open(folder, { projectKey, name: settings.name, configuration: { name, version } })
}
