// What can be asked of the app, one line each.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Device, ObservationInput } from 'cairnlog'
import type { Detail, Version } from '../wire/api.js'
import type { App } from './app.js'
import { configurationNames } from './configurations.js'
import { type KeyedDevice, createFile, suggestions, syncFile } from './files.js'
import { type Call, type Routes, stream } from './http.js'
import { photoRoutes, photoViews } from './photos.js'
import { boxOf, draftOf, filtersOf, mediaOf, pageOf, shownOf, textOf } from './requests.js'
import { salvageFile, salvageUpload } from './salvage.js'
import { keyOf } from './settings.js'
import { AppError } from './trouble.js'

export function appRoutes(app: App): Routes {
  return {
    'GET /api/events': ({ response }) => app.events.listen(response),
    'GET /api/state': () => app.state(),
    'POST /api/setup': async ({ json }) => {
      const body = await json()
      const { invite, passphrase } = body
      await app.setUp({
        name: textOf(body, 'name'),
        ...(typeof invite === 'string' && { invite }),
        ...(typeof passphrase === 'string' && { passphrase })
      })
      return app.state()
    },
    'POST /api/open': async ({ json }) => {
      await app.start((await json())['asNewDevice'] === true ? 'new-feed' : 'refuse')
      return app.state()
    },
    'POST /api/invite': async ({ json }) => ({
      invite: await app.invite(textOf(await json(), 'passphrase'))
    }),
    'GET /api/configurations': async () => ({ names: await configurationNames() }),
    'POST /api/configuration': async ({ json }) => {
      await app.changeConfiguration(textOf(await json(), 'name'))
      return app.state()
    },
    ...observationRoutes(app),
    ...syncRoutes(app),
    ...nearbyRoutes(app),
    ...photoRoutes(app)
  }
}

function observationRoutes(app: App): Routes {
  const observations = (): Device['observations'] => app.ready.device.observations
  const detail = async (id: string): Promise<Detail> => {
    const observation = await observations().get(id)
    if (observation === null) throw new AppError('BAD_REQUEST', `There is no observation ${id}.`)
    const history: Version[] = []
    for await (const version of observations().history(id)) history.push(version)
    const photos = await photoViews(app.ready.device, observation.attachments)
    return { observation, photos, history }
  }
  return {
    'GET /api/map': ({ query }) => {
      const zoom = Number(query.get('zoom') ?? 0)
      const box = boxOf(query) ?? ([-180, -90, 180, 90] as const)
      return app.ready.overview.map(filtersOf(query), box, Number.isFinite(zoom) ? zoom : 0)
    },
    'GET /api/list': ({ query }) => {
      const { offset, limit } = pageOf(query)
      return app.ready.overview.list(filtersOf(query), boxOf(query), offset, limit)
    },
    'GET /api/observations/:id': ({ part }) => detail(part),
    'POST /api/observations': async ({ json }) => {
      const { id } = await observations().create(draftOf(await json()) as ObservationInput)
      return detail(id)
    },
    'POST /api/observations/:id': async ({ part, json }) => {
      const body = await json()
      await observations().update(shownOf(body), draftOf(body))
      return detail(part)
    },
    'POST /api/observations/:id/delete': async ({ part, json }) => {
      await observations().delete(shownOf(await json()))
      return detail(part)
    },
    'POST /api/observations/:id/restore': async ({ part, json }) => {
      await observations().restore(shownOf(await json()))
      return detail(part)
    }
  }
}

function syncRoutes(app: App): Routes {
  const { jobs, upload } = app
  const keyed = (): KeyedDevice => {
    const { device, settings } = app.ready
    return { device, projectKey: keyOf(settings) }
  }
  return {
    'GET /api/files': async () => ({ paths: await suggestions(app.ready.device) }),
    'POST /api/files/create': async ({ json }) => {
      const body = await json()
      return jobs.start(createFile(app.ready.device, textOf(body, 'path'), mediaOf(body['images'])))
    },
    'POST /api/files/sync': async ({ json }) => {
      const body = await json()
      const options = { verify: body['verify'] === true, media: mediaOf(body['images']) }
      return jobs.start(syncFile(app.ready.device, textOf(body, 'path'), options))
    },
    'POST /api/files/salvage': async ({ json }) => {
      const body = await json()
      return jobs.start(salvageFile(keyed(), textOf(body, 'path'), textOf(body, 'into')))
    },
    'PUT /api/upload': async ({ request, query }) => {
      const laptop = keyed()
      if (jobs.current?.state === 'running') {
        throw new AppError('BUSY', 'Another sync is running. Wait for it, or stop it.')
      }
      const path = await upload.take(query.get('name') ?? '', request)
      return jobs.start(upload.work(laptop, path, { media: mediaOf(query.get('images')) }))
    },
    'POST /api/upload/sync': async ({ json }) => {
      const options = { verify: (await json())['verify'] === true }
      return jobs.start(upload.work(keyed(), await upload.path(), options))
    },
    'POST /api/upload/salvage': async () => jobs.start(salvageUpload(keyed(), await upload.path())),
    'GET /api/upload/file': async (call) => download(call, await upload.path()),
    'GET /api/job': () => ({ job: jobs.current }),
    'POST /api/job/stop': () => {
      jobs.stop()
      return { job: jobs.current }
    },
    'POST /api/job/clear': () => {
      jobs.clear()
      return { job: jobs.current }
    }
  }
}

function nearbyRoutes(app: App): Routes {
  return {
    'GET /api/nearby': () => app.ready.nearby.view(),
    'POST /api/nearby/start': () => app.ready.nearby.start(),
    'POST /api/nearby/stop': () => app.ready.nearby.stop(),
    'POST /api/nearby/connect': async ({ json }) =>
      app.ready.nearby.connect(textOf(await json(), 'address'))
  }
}

async function download({ response }: Call, path: string): Promise<void> {
  const { size } = await stat(path)
  await stream(
    response,
    {
      'content-type': 'application/octet-stream',
      'content-length': size,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}`,
      'cache-control': 'no-store'
    },
    createReadStream(path)
  )
}
