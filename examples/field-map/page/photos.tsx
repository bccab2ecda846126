// Photos of an observation. One that is not here is said to be missing, with who has it, and its
// place is kept.

import type { JSX } from 'preact'
import type { PhotoView, Status, Variant } from '../wire/api'
import { plainDeviceName } from './format'
import { useWords } from './words'

export interface PhotosProps {
  readonly photos: readonly PhotoView[]
  readonly status: Status
}

export function Photos({ photos, status }: PhotosProps): JSX.Element | null {
  const words = useWords()
  if (photos.length === 0) return null
  return (
    <div class='photos'>
      {photos.map(({ name, state, shown, device, heldBy }, i) =>
        shown === undefined ? (
          <p class='photo-missing' data-state={state} key={i}>
            {state === 'damaged' ? words.photoDamaged : words.photoMissing}
            {heldBy !== undefined
              ? ` ${words.photoAt(plainDeviceName(status, heldBy))}`
              : device !== undefined && ` ${words.recordedBy} ${plainDeviceName(status, device)}.`}
          </p>
        ) : (
          <img key={shown.hash} src={addressOf(shown)} alt={name ?? words.photo} />
        )
      )}
    </div>
  )
}

export function addressOf({ hash, size, type }: Variant): string {
  return `/media/${hash}?${new URLSearchParams({ size: String(size), type })}`
}
