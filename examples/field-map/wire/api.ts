// What the page and its server say to each other. Plain data, so that both sides compile against
// the same words; nothing here is code.

export type Language = 'en' | 'es'
/** A text in every language of the page. */
export type Text = Readonly<Record<Language, string>>

export interface Field {
  readonly key: string
  readonly label: Text
  readonly type: 'text' | 'long' | 'number' | 'choice'
  readonly options?: readonly { readonly value: string; readonly label: Text }[]
}

export interface Category {
  /** The value of the tag `type`. */
  readonly id: string
  readonly label: Text
  readonly color: string
  /** Keys of the fields that its form shows. */
  readonly fields: readonly string[]
}

/** configurations/*.json */
export interface ConfigurationFile {
  readonly name: string
  readonly version: string
  readonly categories: readonly Category[]
  readonly fields: readonly Field[]
  /** Keys of the tags that name an observation, the first one that is there. */
  readonly title: readonly string[]
}

/** Something that went wrong, as facts; the page writes the sentence. */
export interface Trouble {
  /** A code of the library, or one of the app's own (server/trouble.ts). */
  readonly code: string
  readonly message: string
  readonly path?: string
  readonly expected?: string
  readonly found?: string
  readonly bytesNeeded?: number
}

export interface DeviceInfo {
  readonly id: string
  readonly name?: string
}

export interface Status {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly devices: readonly DeviceInfo[]
  readonly observations: number
  readonly deleted: number
  readonly forked: number
  readonly withoutPlace: number
  /** Entries made here that no other device is known to hold. */
  readonly onlyHere: number
  readonly writtenTo: readonly { readonly path: string; readonly writtenAt: string }[]
  readonly unknownEntries: number
  readonly readOnly: boolean
}

/** What the page shows before anything else. */
export type State =
  | { readonly phase: 'setup'; readonly folder: string }
  | { readonly phase: 'opening' }
  | { readonly phase: 'failed'; readonly trouble: Trouble }
  | { readonly phase: 'ready'; readonly status: Status; readonly configuration: ConfigurationFile }

export interface Setup {
  readonly name: string
  /** Absent: a new project. */
  readonly invite?: string
  readonly passphrase?: string
}

/** West, south, east, north. West of east crosses the antimeridian. */
export type Box = readonly [number, number, number, number]

export interface Filters {
  readonly category?: string
  readonly text?: string
  readonly device?: string
  /** Days, YYYY-MM-DD, both included. */
  readonly from?: string
  readonly to?: string
  readonly show?: 'present' | 'deleted' | 'forked' | 'nowhere'
}

export interface MapPoint {
  readonly id: string
  readonly lat: number
  readonly lon: number
  readonly category: string
  readonly title: string
  readonly forked: boolean
  readonly deleted: boolean
}

export interface MapCluster {
  readonly lat: number
  readonly lon: number
  readonly count: number
  readonly forked: boolean
  /** The category that most of them have. */
  readonly category: string
  /** Where they all lie. */
  readonly box: Box
}

export interface MapAnswer {
  readonly points: readonly MapPoint[]
  readonly clusters: readonly MapCluster[]
}

export interface ListRow {
  readonly id: string
  readonly title: string
  readonly category: string
  readonly device: string
  readonly updatedAt: string
  readonly located: boolean
  readonly lat?: number
  readonly lon?: number
  readonly forked: boolean
  readonly deleted: boolean
}

export interface ListAnswer {
  readonly rows: readonly ListRow[]
  readonly total: number
  /** False while the observations are still being read after the start. */
  readonly complete: boolean
}

export type TagValue = string | number | boolean | null | readonly (string | number | boolean)[]
export type Tags = Readonly<Record<string, TagValue>>

export interface Variant {
  readonly hash: string
  readonly size: number
  readonly type: string
}
export interface Photo {
  readonly name?: string
  readonly variants: {
    readonly original?: Variant
    readonly preview?: Variant
    readonly thumbnail?: Variant
  }
}

export interface Version {
  readonly id: string
  readonly versionId: string
  readonly links: readonly string[]
  readonly createdAt: string
  readonly updatedAt: string
  readonly createdBy: string
  readonly updatedBy: string
  readonly author?: string
  readonly lat?: number
  readonly lon?: number
  readonly tags: Tags
  readonly attachments: readonly Photo[]
  readonly deleted: boolean
}
export interface Observation extends Version {
  readonly forks: readonly Version[]
}
/** A photo that an observation lists, and whether it is here. */
export interface PhotoView {
  readonly name?: string
  readonly state: 'here' | 'missing' | 'damaged'
  /** The variant to show. */
  readonly shown?: Variant
  /** The device that recorded it. */
  readonly device?: string
  /** A device that has said it holds it. */
  readonly heldBy?: string
}

/** Which images a sync takes along. */
export type ImageChoice = 'all' | 'small' | 'none'

export interface Detail {
  readonly observation: Observation
  /** One for each of its attachments. */
  readonly photos: readonly PhotoView[]
  readonly history: readonly Version[]
}

export interface Draft {
  readonly lat?: number | null
  readonly lon?: number | null
  readonly tags?: Tags
  readonly attachments?: readonly Photo[]
  readonly author?: string
}

export interface Counter {
  readonly done: number
  readonly total: number
}

export type JobKind = 'create' | 'sync' | 'upload' | 'salvage' | 'peer'

/** What the entries of one laptop did to the observations here. */
export interface Changes {
  readonly device: string
  readonly name?: string
  readonly created: number
  readonly edited: number
  readonly deleted: number
  readonly restored: number
}

export interface JobReport {
  readonly received: { readonly entries: number; readonly media: number }
  readonly sent: { readonly entries: number; readonly media: number }
  readonly changes: readonly Changes[]
  readonly refused: readonly {
    readonly code: string
    readonly device: string
    readonly message: string
  }[]
  /** Images that did not move. */
  readonly leftOut: readonly { readonly why: string; readonly count: number }[]
  readonly problems: readonly { readonly code: string; readonly message: string }[]
  /** Of a damaged file: what a new one took over, and what is known to be lost. */
  readonly saved?: Saved
  readonly readOnly: boolean
  readonly oneWay: boolean
}

export interface Saved {
  /** Entries; what lies between them is counted too, so these are a few more than people wrote. */
  readonly entries: Counts
  readonly images: Counts
}

export interface Counts {
  readonly held: number
  readonly lost: number
}

/** One exchange with a file or a laptop, while it runs and after. */
export interface Job {
  readonly id: string
  readonly kind: JobKind
  /** The file, or the name of the other laptop. */
  readonly target: string
  readonly state: 'running' | 'done' | 'failed' | 'stopped'
  readonly phase: string
  /** The whole file was checked, and mended where this laptop had what was damaged. */
  readonly verified: boolean
  /** Entries; while a damaged file is read, its bytes. */
  readonly data: Counter
  readonly images: Counter
  readonly report?: JobReport
  readonly trouble?: Trouble
}

export interface PeerView {
  readonly address: string
  readonly name?: string
  readonly state: 'meeting' | 'together' | 'gone'
  /** What it brought when the two met. */
  readonly changes: readonly Changes[]
  readonly trouble?: Trouble
}

export interface Nearby {
  /** Off until somebody asks for it: only then does this computer listen to others. */
  readonly on: boolean
  readonly port?: number
  readonly addresses: readonly string[]
  /** Whether looking around by itself works here, or an address has to be typed. */
  readonly finding: boolean
  readonly peers: readonly PeerView[]
}

/** What the server tells without being asked, one JSON text per event. */
export type ServerEvent =
  | { readonly type: 'job'; readonly job: Job | null }
  | { readonly type: 'changed' }
  | { readonly type: 'state' }
  | { readonly type: 'nearby'; readonly nearby: Nearby }
