// An observation in a line of a list, and as a page of its own.

import type { Device, Observation, ObservationVersion } from '../main.js'
import type { People } from './people.js'
import { describeAttachment } from './photos.js'
import { counted, moment, place, table, value } from './text.js'

/** Place and tags in a line. */
export function summary(version: ObservationVersion): string {
  const { lat, lon, tags } = version
  const where = lat === undefined || lon === undefined ? [] : [place(lat, lon)]
  return [...where, ...words(tags)].join('  ')
}

/** A line of a list, in cells. */
export function row(observation: Observation, short: string, people: People): string[] {
  const { updatedAt, updatedBy, lat, lon, tags, attachments, forks, deleted } = observation
  const marks = [
    ...(deleted ? ['deleted'] : []),
    ...(forks.length > 0 ? [counted(forks.length + 1, 'version')] : []),
    ...(attachments.length > 0 ? [counted(attachments.length, 'attachment')] : [])
  ]
  return [
    short,
    moment(updatedAt),
    people.name(updatedBy),
    lat === undefined || lon === undefined ? 'no place' : place(lat, lon),
    [...(marks.length > 0 ? [`(${marks.join(', ')})`] : []), ...words(tags)].join('  ')
  ]
}

/** Everything of a version, a line each. */
export async function page(
  version: ObservationVersion,
  device: Device,
  people: People
): Promise<string[]> {
  const { lat, lon, tags, metadata, attachments, author, trustedAt } = version
  const by = (device: string, at: string): string => `${moment(at)} on ${people.name(device)}`
  const fields: string[][] = [
    ['Place', lat === undefined || lon === undefined ? 'none' : place(lat, lon)],
    ['Recorded', by(version.createdBy, version.createdAt)]
  ]
  if (version.links.length > 0) fields.push(['Changed', by(version.updatedBy, version.updatedAt)])
  if (trustedAt !== undefined) fields.push(['Known-good time', moment(trustedAt)])
  if (author !== undefined) fields.push(['Author', author])
  for (const [key, tag] of Object.entries(tags)) fields.push([`  ${key}`, value(tag)])
  for (const [key, datum] of Object.entries(metadata ?? {})) {
    fields.push([`  (${key})`, value(datum)])
  }
  for (const attachment of attachments) {
    fields.push(['Attachment', await describeAttachment(device, attachment)])
  }
  if (version.deleted) fields.push(['Deleted', 'yes; cairnlog restore brings it back'])
  return table(fields)
}

function words(tags: ObservationVersion['tags']): string[] {
  return Object.entries(tags).map(([key, tag]) => `${key}=${value(tag)}`.replace(/\s+/g, ' '))
}
