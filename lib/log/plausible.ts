// Whether a wall-clock date can be right. Nothing is ordered or refused by it; it is shown.

/** Before this, nobody recorded anything with a library that did not exist. */
const EARLIEST = Date.UTC(2020, 0, 1)

/** A clock may be a day ahead: time zones set wrong, midnight crossed. */
const MAX_AHEAD_MILLISECONDS = 26 * 60 * 60 * 1000

/** `now` is this device's own belief; one that cannot be right says nothing of who is ahead. */
export function isPlausible(milliseconds: number, now: number): boolean {
  if (milliseconds < EARLIEST) return false
  return now < EARLIEST || milliseconds <= now + MAX_AHEAD_MILLISECONDS
}

/** ISO 8601; some laptops live in years that a date cannot hold, and those stay milliseconds. */
export function dateText(milliseconds: number): string {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString()
}
