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

/** The steps in the order in which they run, as the tables call them. */
export const STEPS = [
  ['recordEach', 'record, one call an observation'],
  ['record', 'record, in bulk'],
  ['create', 'make a sync file'],
  ['receive', 'receive it on an empty device, until all is visible'],
  ['nothing', 'sync with nothing new'],
  ['hundred', 'sync with 100 new on each side, until visible'],
  ['catchUp', 'catch up over a socket, until all is visible'],
  ['rebuild', 'rebuild the view'],
  ['all', 'read every observation'],
  ['get', 'read 1,000 by id'],
  ['box', 'a box of 1 % of the area'],
  ['newest', 'the newest 50'],
  ['merge', 'merge two halves edited apart']
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
