// Why ours is not first at a step: what profiles of these very steps have shown. The document gives
// a reason only where another system was first.

import type { StepName } from './system.js'

export const REASONS: Partial<Record<StepName, string>> = {}
