// What is the same in every test: project keys, configuration, and the time at which it begins.

import b4a from 'b4a'
import type { Configuration } from '../../lib/log/replica.js'

export const PROJECT_KEY: Uint8Array = b4a.alloc(32, 0x11)
export const OTHER_PROJECT_KEY: Uint8Array = b4a.alloc(32, 0x22)
export const CONFIGURATION: Configuration = { name: 'rivers', version: '1.0.0' }

/** 2026-05-01T00:00:00.000Z. */
export const START: number = Date.UTC(2026, 4, 1)

/** A wall clock that moves only when the test moves it: `clock.now += 1000`. */
export interface TestClock {
  now: number
}
