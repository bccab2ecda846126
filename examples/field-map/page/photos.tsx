// Photos of an observation, the smallest that will do; one that has not arrived is said to be
// missing, and its place is kept.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Photo, Variant } from '../wire/api'
import { useWords } from './words'

export function Photos({
  attachments
}: {
  readonly attachments: readonly Photo[]
}): JSX.Element | null {
  if (attachments.length === 0) return null
  return (
    <div class='photos'>
      {attachments.map((photo, i) => (
        <Picture key={i} photo={photo} />
      ))}
    </div>
  )
}

function Picture({ photo }: { readonly photo: Photo }): JSX.Element {
  const words = useWords()
  const { preview, original, thumbnail } = photo.variants
  const variants = [preview, original, thumbnail].filter((one) => one !== undefined)
  // The next one is tried where one is not here.
  const [missing, setMissing] = useState(0)
  const variant = variants[missing]
  const name = photo.name ?? words.photo
  if (variant === undefined) return <p class='photo-missing'>{words.photoMissing}</p>
  return <img src={addressOf(variant)} alt={name} onError={() => setMissing(missing + 1)} />
}

export function addressOf({ hash, size, type }: Variant): string {
  return `/media/${hash}?${new URLSearchParams({ size: String(size), type })}`
}
