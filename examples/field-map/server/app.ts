// The app around one device: which phase it is in, what belongs to an open device, and what the
// page is told of both.

import {
  type Configuration,
  Device,
  type DeviceOptions,
  createInvite,
  createProjectKey,
  openInvite
} from 'cairnlog'
import type { ConfigurationFile, Setup, State, Status, Trouble } from '../wire/api.js'
import { configurationNames, readConfiguration } from './configurations.js'
import { Events } from './events.js'
import { Upload } from './files.js'
import { Jobs } from './jobs.js'
import { NearbyLaptops } from './nearby.js'
import { Overview } from './overview.js'
import { type Settings, createSettings, keyOf, readSettings, writeSettings } from './settings.js'
import { AppError, toTrouble } from './trouble.js'

export interface AppOptions {
  readonly folder: string
  /** For a folder that is set up now; later ones keep theirs. */
  readonly configuration: string
  readonly peerHost: string
}

/** What there is while a device is open. */
export interface Ready {
  readonly device: Device
  readonly settings: Settings
  readonly configuration: ConfigurationFile
  readonly overview: Overview
  readonly nearby: NearbyLaptops
}

type Phase = 'setup' | 'opening' | 'ready' | Trouble

export class App {
  readonly events = new Events()
  readonly upload = new Upload()
  readonly jobs: Jobs = new Jobs((job) => {
    this.events.tell({ type: 'job', job })
    if (job?.state === 'running') return
    // Photos that came change no observation, and are to be seen all the same.
    this.events.tell({ type: 'changed' })
    this.events.flush()
  })
  #phase: Phase = 'opening'
  /** What is open, which it is also after a trouble that came later. */
  #ready: Ready | null = null
  #starting: Promise<void> | null = null
  #settingUp = false

  constructor(private readonly options: AppOptions) {}

  /**
   * Opens the device where the folder has been set up; anew after a trouble. What goes wrong becomes
   * the phase. Does nothing where all is well.
   */
  async start(onCopied: DeviceOptions['onCopied'] = 'refuse'): Promise<void> {
    if (this.#phase === 'ready') return
    this.#starting ??= this.#start(onCopied).finally(() => (this.#starting = null))
    await this.#starting
  }

  /** The first run: a new project, or one that this device was invited to. */
  async setUp({ name, invite, passphrase }: Setup): Promise<void> {
    // Two at once would make two keys, and keep one of them.
    if (this.#phase !== 'setup' || this.#settingUp) {
      throw new AppError('NOT_READY', 'This folder is set up already.')
    }
    if (name.trim() === '') throw new AppError('BAD_REQUEST', 'The laptop needs a name.')
    const { folder, configuration } = this.options
    this.#settingUp = true
    try {
      const key =
        invite === undefined ? createProjectKey() : await openInvite(invite, passphrase ?? '')
      const projectKey = Buffer.from(key).toString('hex')
      await createSettings(folder, { name: name.trim(), projectKey, configuration })
      await this.start()
    } finally {
      this.#settingUp = false
    }
  }

  /** Throws NOT_READY unless a device is open. */
  get ready(): Ready {
    if (this.#phase === 'ready' && this.#ready !== null) return this.#ready
    throw new AppError('NOT_READY', 'The device is not open yet.')
  }

  async invite(passphrase: string): Promise<string> {
    return createInvite(keyOf(this.ready.settings), passphrase)
  }

  /**
   * Works with another of the app's configurations from now on, also after the next start. What was
   * recorded stays as it is; forms and categories become the other one's.
   */
  async changeConfiguration(name: string): Promise<void> {
    const { ready } = this
    if (this.jobs.current?.state === 'running') {
      throw new AppError('BUSY', 'A sync is running. Wait for it, or stop it.')
    }
    if (!(await configurationNames()).includes(name)) {
      throw new AppError('BAD_REQUEST', `There is no configuration "${name}" here.`)
    }
    const configuration = await readConfiguration(name)
    // Laptops that were met under the old one are met anew.
    await ready.nearby.stop()
    const settings: Settings = { ...ready.settings, configuration: name }
    await writeSettings(this.options.folder, settings)
    ready.device.setConfiguration(configurationOf(configuration))
    ready.overview.close()
    const overview = this.#overviewOf(ready.device, configuration)
    this.#ready = { ...ready, settings, configuration, overview }
    this.#enter('ready')
  }

  async state(): Promise<State> {
    const phase = this.#phase
    if (phase === 'opening') return { phase }
    if (phase === 'setup') return { phase, folder: this.options.folder }
    if (phase !== 'ready') return { phase: 'failed', trouble: phase }
    const { ready } = this
    return { phase, configuration: ready.configuration, status: await statusOf(ready) }
  }

  async close(): Promise<void> {
    await this.#starting
    await this.#closeDevice()
    await this.upload.clear()
    this.events.close()
  }

  async #start(onCopied: DeviceOptions['onCopied']): Promise<void> {
    this.#enter('opening')
    try {
      // A device that is still open would keep its own folder locked.
      await this.#closeDevice()
      const settings = await readSettings(this.options.folder)
      if (settings === null) return this.#enter('setup')
      this.#ready = await this.#open(settings, onCopied)
      this.#enter('ready')
    } catch (error) {
      this.#enter(toTrouble(error))
    }
  }

  async #closeDevice(): Promise<void> {
    await this.jobs.close()
    const ready = this.#ready
    this.#ready = null
    if (ready === null) return
    ready.overview.close()
    await ready.nearby.stop()
    await ready.device.close()
  }

  async #open(settings: Settings, onCopied: DeviceOptions['onCopied']): Promise<Ready> {
    const configuration = await readConfiguration(settings.configuration)
    const device = await Device.open(this.options.folder, {
      projectKey: keyOf(settings),
      name: settings.name,
      configuration: configurationOf(configuration),
      onCopied: onCopied ?? 'refuse'
    })
    const overview = this.#overviewOf(device, configuration)
    const nearby = new NearbyLaptops(device, {
      host: this.options.peerHost,
      tell: (view) => {
        this.events.tell({ type: 'nearby', nearby: view })
        this.events.tell({ type: 'changed' })
      }
    })
    return { device, settings, configuration, overview, nearby }
  }

  #overviewOf(device: Device, configuration: ConfigurationFile): Overview {
    const onChange = (): void => this.events.tell({ type: 'changed' })
    const onTrouble = (error: unknown): void => {
      // Of one that was closed meanwhile nobody wants to hear.
      if (this.#ready?.overview === overview) this.#enter(toTrouble(error))
    }
    const overview = new Overview(device, configuration, onChange, onTrouble)
    // The map fills while it is read; the page need not wait for it. In a moment, when this is what
    // is open, so that its trouble is heard.
    setImmediate(() => void overview.load().catch(onTrouble))
    return overview
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.events.tell({ type: 'state' })
  }
}

/** What the library knows of it. */
function configurationOf({ name, version }: ConfigurationFile): Configuration {
  return { name, version }
}

async function statusOf({ device, overview }: Ready): Promise<Status> {
  const status = await device.status()
  const { id, name, projectId, observations, deleted, forked, onlyHere, writtenTo } = status
  return {
    id,
    name,
    projectId,
    devices: status.feeds.map((feed) => ({
      id: feed.device,
      ...(feed.name !== undefined && { name: feed.name })
    })),
    observations,
    deleted,
    forked,
    withoutPlace: overview.withoutPlace,
    onlyHere,
    writtenTo: writtenTo.map(({ path, writtenAt }) => ({ path, writtenAt })),
    unknownEntries: status.unknownEntries,
    readOnly: status.readOnly
  }
}
