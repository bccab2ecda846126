// Starts the field map: node build/server/main.js [FOLDER] [--port N] [--demo] ...

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { App } from './app.js'
import { fillDemo } from './demo.js'
import { type Site, serve } from './http.js'
import { appRoutes } from './routes.js'
import { pageRoutes } from './static.js'
import { hasCode } from './trouble.js'

const DEFAULT_PORT = 7340

const HELP = `npm run field-map -- [FOLDER] [options]

FOLDER is where this laptop's observations are kept; ${defaultFolder()} unless given.

  --demo                 fill an empty folder with earthquakes, to look around
  --configuration NAME   for a new folder: a file in configurations/ or a path; "territory"
  --port N               where the page is served, on this computer only; ${DEFAULT_PORT}
  --peer-host ADDRESS    where laptops nearby are listened for once asked; 0.0.0.0
  --help                 this text`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      demo: { type: 'boolean', default: false },
      configuration: { type: 'string', default: 'territory' },
      port: { type: 'string' },
      'peer-host': { type: 'string', default: '0.0.0.0' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return console.log(HELP)
  const folder = resolve(positionals[0] ?? defaultFolder(values.demo))
  if (values.demo) {
    const second = await fillDemo(folder)
    console.log(`To try two laptops:  npm run field-map -- ${second} --port ${DEFAULT_PORT + 1}`)
  }
  const { configuration, 'peer-host': peerHost } = values
  const app = new App({ folder, configuration, peerHost })
  const site = await open(app, values.port)
  await app.start()
  console.log(`${folder}\nOpen ${site.url} in a browser on this computer. Ctrl-C ends.`)
  const end = (): void => {
    void Promise.all([app.close(), site.close()]).then(() => process.exit(0))
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
}

/** On the port asked for; on any free one where none was asked for and the usual one is taken. */
async function open(app: App, port: string | undefined): Promise<Site> {
  const start = (): { token: string; cookie: string } => {
    const { token, cookie } = site.gate
    return { token, cookie }
  }
  const on = (number: number): Promise<Site> => serve(number, pageRoutes(start), appRoutes(app))
  const site: Site = await on(Number(port ?? DEFAULT_PORT)).catch((error: unknown) => {
    if (port === undefined && hasCode(error, 'EADDRINUSE')) return on(0)
    throw error
  })
  return site
}

function defaultFolder(demo = false): string {
  return join(homedir(), demo ? 'field-map-demo' : 'field-map')
}

await main()
