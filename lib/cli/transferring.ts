// Commands that take observations in from other programs, and give them out: import, export.

import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { stdin } from 'node:process'
import { addAbortSignal } from 'node:stream'
import { InvalidArgumentError } from 'commander'
import type { Device, GeoJSONFeature, ImportReport, QueryOptions, Tier } from '../main.js'
import type { Commands, Run } from './command.js'
import { CommandError, EXIT } from './failures.js'
import { FILTERS, type FilterOptions, toFilter } from './filters.js'
import { stoppable } from './interruption.js'
import { withDevice } from './open.js'
import { assertFolder, assertFree, sizeOf } from './paths.js'
import { count, counted, size } from './text.js'

const GROUP = 'Other programs:'
/** Features that are named one by one. */
const NAMED = 10

interface ExportOptions extends FilterOptions {
  readonly format?: string
  readonly force?: boolean
  readonly bom?: boolean
  readonly photos?: Tier | false
}

export function addTransferring(commands: Commands): void {
  commands.add<{ idProperty?: string }>({
    name: 'import',
    group: GROUP,
    about: 'Record the features of a GeoJSON file that are not here yet.',
    example: 'cairnlog import springs.geojson --id-property code',
    args: [['<file>', 'a FeatureCollection; - reads standard input']],
    options: [
      {
        flags: '--id-property <name>',
        about: "the property that names a feature for good (else the feature's own id)"
      }
    ],
    work: importFile
  })
  commands.add<ExportOptions>({
    name: 'export',
    group: GROUP,
    about: 'Write observations into a file for other programs.',
    example: 'cairnlog export rivers.csv --tag type=river',
    args: [['<file>', 'the file to make; - is standard output']],
    options: [
      {
        flags: '--format <name>',
        about: "geojson, csv, or zip with both and the photos (else by the file's ending)"
      },
      { flags: '--force', about: 'also over a file that is there' },
      {
        flags: '--photos <which>',
        about: 'in the zip: original, preview, thumbnail (else the best that is here) or none',
        parse: toVariant
      },
      { flags: '--bom', about: 'CSV for Excel: begins with a byte order mark' },
      ...FILTERS
    ],
    work: exportFile
  })
}

async function importFile(
  run: Run,
  { idProperty }: { idProperty?: string },
  [file = '']: readonly string[]
): Promise<void> {
  const { out, progress, signal } = run
  const total = file === '-' ? 0 : await sizeOf(file)
  const id = (feature: GeoJSONFeature): string | number | undefined => {
    const value = idProperty === undefined ? feature.id : feature.properties?.[idProperty]
    return typeof value === 'string' || typeof value === 'number' ? value : undefined
  }
  await withDevice(run, async (device) => {
    if (file === '-' && stdin.isTTY) out.note('Reading GeoJSON from the terminal. Ctrl-D ends it.')
    let done = 0
    let words = ''
    async function* pieces(): AsyncGenerator<Uint8Array> {
      const source = file === '-' ? stdin : createReadStream(file)
      // Whoever types into it would keep the command from hearing of Ctrl-C.
      for await (const piece of addAbortSignal(signal, source)) {
        yield piece as Uint8Array
        done += (piece as Uint8Array).byteLength
        progress.show({ done, total: Math.max(done, total) }, `Importing ${words}`)
      }
    }
    const onProgress = ({ features, created }: { features: number; created: number }): void => {
      words = `${counted(features, 'feature')}, ${count(created)} new, ${size(done)}`
    }
    const report = await notGeoJSON(file, () =>
      device.observations.fromGeoJSON(pieces(), { id, signal, onProgress })
    )
    progress.stop()
    await tellImport(run, report)
    await out.document({ file, ...report })
  })
}

async function tellImport({ out, foundProblems }: Run, report: ImportReport): Promise<void> {
  const { features, created, skipped, problems } = report
  await out.line(`${count(created)} of ${counted(features, 'feature')} recorded.`)
  if (skipped > 0) await out.line(`${count(skipped)} were here already.`)
  if (problems.length === 0) return
  foundProblems()
  const failed = features - created - skipped
  await out.line(`${count(failed)} could not be taken:`)
  for (const { index, id, message } of problems.slice(0, NAMED)) {
    const name = id === undefined ? '' : ` (${id})`
    await out.line(`  feature ${count(index + 1)}${name}: ${message}`)
  }
  if (failed > NAMED) await out.line(`  and ${count(failed - NAMED)} more; --json lists them.`)
}

/** The library's word for a text that is none is a SyntaxError. */
async function notGeoJSON<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new CommandError(
      `${file}: ${error.message}`,
      'Choose a GeoJSON file. What was recorded before that place stays; importing again adds the rest.',
      EXIT.file,
      'NOT_GEOJSON'
    )
  }
}

async function exportFile(
  run: Run,
  options: ExportOptions,
  [file = '']: readonly string[]
): Promise<void> {
  const { out } = run
  const format = formatOf(file, options.format)
  if (file === '-' && out.json) {
    throw new CommandError(
      'Standard output cannot hold both.',
      'Give a file, or leave --json away.'
    )
  }
  if (file !== '-') {
    await assertMayMake(file, options)
  }
  await withDevice(run, async (device) => {
    const filter = await toFilter(device, options)
    const observations = await device.observations.count(filter)
    if (format === 'zip') {
      await exportZip(run, device, filter, options, file)
      return
    }
    const pieces = stoppable(piecesOf(device, format, { ...filter, bom: options.bom }), run.signal)
    if (file === '-') {
      for await (const piece of pieces) await out.write(piece)
      return
    }
    await writeWhole(file, pieces, options)
    await out.line(`${counted(observations, 'observation')} written to ${file}.`)
    await out.document({ file, format, observations })
  })
}

/** GeoJSON, CSV and the photos in one file. */
async function exportZip(
  { out, progress, signal }: Run,
  device: Device,
  query: QueryOptions,
  { photos, force }: ExportOptions,
  file: string
): Promise<void> {
  // What is there is replaced only by an archive that is whole.
  const target = force === true ? besides(file, 'new') : file
  const { observations, media, missing, bytes } = await device.exportArchive(target, {
    query,
    ...(photos !== undefined && { variant: photos }),
    signal,
    onProgress: (at) => {
      const photosSoFar = `${counted(at.media, 'photo')}, ${size(at.bytes)}`
      progress.show(at.observations, `Exporting ${photosSoFar}`)
    }
  })
  if (target !== file) await rename(target, file)
  progress.stop()
  const what = `${counted(observations, 'observation')} and ${counted(media, 'photo or file', 'photos and files')}`
  await out.line(`${what} written to ${file} (${size(bytes)}).`)
  if (missing > 0)
    await out.line(`${count(missing)} are not in it as asked: see missing.csv in it.`)
  await out.document({ file, format: 'zip', observations, media, missing, bytes })
}

function toVariant(text: string): Tier | false {
  if (text === 'original' || text === 'preview' || text === 'thumbnail') return text
  if (text === 'none') return false
  throw new InvalidArgumentError('It must be original, preview, thumbnail or none.')
}

type Format = 'geojson' | 'csv' | 'zip'

function formatOf(file: string, given: string | undefined): Format {
  const name = given ?? extname(file).slice(1).toLowerCase()
  if (name === 'csv') return 'csv'
  if (name === 'zip' && file !== '-') return 'zip'
  if (name === 'geojson' || name === 'json') return 'geojson'
  throw new CommandError(
    name === '' ? 'It is not said in which format.' : `There is no format "${name}".`,
    'Give --format geojson, csv or (into a file) zip, or a file whose name ends so.'
  )
}

function piecesOf(
  { observations }: Device,
  format: 'geojson' | 'csv',
  { bom, ...filter }: Parameters<Device['observations']['toCSV']>[0] & object
): AsyncIterable<string> {
  return format === 'csv'
    ? observations.toCSV({ ...filter, ...(bom !== undefined && { bom }) })
    : observations.toGeoJSON(filter)
}

async function assertMayMake(file: string, { force }: ExportOptions): Promise<void> {
  if (force === true) await assertFolder(dirname(file))
  else await assertFree(file, 'Choose another name, or write over it with --force.')
}

/** A name that is nobody else's, nor another export's. */
function besides(file: string, ending: string): string {
  return `${file}.${randomBytes(4).toString('hex')}.${ending}`
}

/** The file is there when it is whole, and not before. */
async function writeWhole(
  file: string,
  pieces: AsyncIterable<string>,
  options: ExportOptions
): Promise<void> {
  const part = besides(file, 'part')
  const handle = await open(part, 'wx')
  try {
    for await (const piece of pieces) await handle.writeFile(piece)
    await handle.sync()
    await handle.close()
    await assertMayMake(file, options)
    await rename(part, file)
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(part, { force: true })
    throw error
  }
}
