// What several parts of the page do: ask the server and show the answer, and ask again when it says
// that something changed.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Job, ServerEvent, Trouble } from '../wire/api'
import { get, onEvent, troubleOf } from './server'

export interface Asked<T> {
  readonly answer: T | null
  readonly trouble: Trouble | null
  readonly again: () => void
}

/** Asks for a path now, when it changes, and at each of the events. The last answer stays meanwhile. */
export function useAnswer<T>(
  path: string | null,
  events: readonly ServerEvent['type'][] = []
): Asked<T> {
  const [answer, setAnswer] = useState<T | null>(null)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const [turn, setTurn] = useState(0)
  const again = (): void => setTurn((n) => n + 1)
  useEvents((type) => {
    if (type !== 'connection' && events.includes(type)) again()
  })
  useEffect(() => {
    if (path === null) return
    const leave = new AbortController()
    get<T>(path, leave.signal).then(
      (value) => {
        setAnswer(value)
        setTrouble(null)
      },
      (error: unknown) => {
        // The banner tells of a server that is gone; what is shown can stay.
        const found = troubleOf(error)
        if (!leave.signal.aborted && found.code !== 'SERVER_GONE') setTrouble(found)
      }
    )
    return () => leave.abort()
  }, [path, turn])
  return { answer, trouble, again }
}

export function useEvents(
  listener: (type: ServerEvent['type'] | 'connection', event: ServerEvent | null) => void
): void {
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => onEvent((e) => latest.current(e.type, e.type === 'connection' ? null : e)), [])
}

/** The exchange that runs or was the last, as the server tells it; null once it has been read. */
export function useJob(): { readonly job: Job | null; readonly clear: () => void } {
  const [told, setTold] = useState<{ job: Job | null } | null>(null)
  // Asked for once, and after the server was gone.
  const { answer } = useAnswer<{ job: Job | null }>('/api/job', ['state'])
  useEvents((type, event) => {
    if (event?.type === 'job') setTold({ job: event.job })
    if (type === 'state') setTold(null)
  })
  const clear = (): void => setTold({ job: null })
  return { job: (told ?? answer)?.job ?? null, clear }
}

/** An action of the user: its trouble is shown where it was started. */
export function useAction(): {
  readonly trouble: Trouble | null
  readonly busy: boolean
  readonly run: (action: () => Promise<void>) => void
  readonly clear: () => void
} {
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const [busy, setBusy] = useState(false)
  return {
    trouble,
    busy,
    clear: () => setTrouble(null),
    run(action) {
      setBusy(true)
      setTrouble(null)
      action()
        .catch((error: unknown) => setTrouble(troubleOf(error)))
        .finally(() => setBusy(false))
    }
  }
}

/** A value that has rested for a moment: while somebody types, nothing is asked. */
export function useRested<T>(value: T, milliseconds: number): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), milliseconds)
    return () => clearTimeout(timer)
  }, [value, milliseconds])
  return rested
}
