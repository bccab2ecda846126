// What a compared system brings: for each step that it knows a function that gets ready and is then
// timed (measure.ts). Every call runs in a process of its own.

import type { Prepared } from '../measure.js'

export interface Params {
  /** This system's folder for this N; what one step leaves, the next one finds. */
  readonly dir: string
  /** How many observations. */
  readonly count: number
  /** 0, 1, 2: which of the three runs; a step that changes things works in a folder named by it. */
  readonly run: number
}

export type StepFunction = (params: Params) => Promise<Prepared>

/** The steps in the order in which they run: as the tables call them, and what is timed. */
export const STEPS = [
  [
    'recordEach',
    'record, one call an observation',
    'Each call is awaited before the next; flushed to the disk once at the end, where the system can.'
  ],
  [
    'record',
    'record, in bulk',
    'In the largest portions that the system takes; flushed at the end.'
  ],
  [
    'create',
    'make a sync file',
    'From the device that recorded everything, into a file that was not there.'
  ],
  [
    'receive',
    'receive it on an empty device, until all is visible',
    'A new device, the file of the step before. It ends when every observation can be read. Yjs and Automerge read the document that they saved.'
  ],
  ['nothing', 'sync with nothing new', 'Device and file hold the same.'],
  [
    'hundred',
    'sync with 100 new on each side, until visible',
    'The file has 100 that the device lacks, the device 100 that the file lacks.'
  ],
  [
    'catchUp',
    'catch up over a socket, until all is visible',
    'A new device connects to the one that recorded, over TCP on this machine, both in one process. For hypercore it ends when all blocks are there.'
  ],
  [
    'rebuild',
    'rebuild the view',
    'What is derived from the feeds is made anew. SQLite and hyperbee 2 have no feeds: they index rows that are in memory.'
  ],
  [
    'all',
    'read every observation',
    'Each as an object, in a process that has just opened the device.'
  ],
  [
    'get',
    'read 1,000 by id',
    'One after the other, spread over all, in a process that has just listed all ids.'
  ],
  [
    'box',
    'a box of 1 % of the area',
    'Found by place, each as an object, in a process that has just opened the device.'
  ],
  ['newest', 'the newest 50', 'By the time that they were recorded, the newest first.'],
  [
    'merge',
    'merge two halves edited apart',
    'Half of the observations are on both sides; each has then edited a tenth of them and recorded a quarter anew. Ours and autobase meet over TCP on this machine, Yjs and Automerge in memory. It ends when both sides show everything.'
  ]
] as const

export type StepName = (typeof STEPS)[number][0]

/** The steps whose leavings a step starts from. */
export const BASES: Record<StepName, readonly StepName[]> = {
  recordEach: [],
  record: [],
  create: ['record'],
  receive: ['record', 'create'],
  nothing: ['record', 'create', 'receive'],
  hundred: ['record', 'create', 'receive'],
  catchUp: ['record'],
  rebuild: ['record'],
  all: ['record', 'rebuild'],
  get: ['record', 'rebuild'],
  box: ['record', 'rebuild'],
  newest: ['record', 'rebuild'],
  merge: []
}

export type SystemModule = Partial<Record<StepName, StepFunction>>
