// A photo that is being added: the browser makes the two smaller variants, and all three go to the
// server, which names each by its content.

import type { Photo, Variant } from '../wire/api'
import { send } from './server'

/** Pixels of the longer side. */
const PREVIEW = 1200
const THUMBNAIL = 240

export async function takePhoto(file: File): Promise<Photo> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  try {
    const [preview, thumbnail] = await Promise.all([
      smaller(picture, PREVIEW),
      smaller(picture, THUMBNAIL)
    ])
    // The original as it is: nobody's camera is second-guessed.
    const variants = {
      original: await put(file),
      preview: await put(preview),
      thumbnail: await put(thumbnail)
    }
    return { name: file.name, variants }
  } finally {
    picture.close()
  }
}

async function smaller(picture: ImageBitmap, longest: number): Promise<Blob> {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('This browser draws no pictures.')
  context.drawImage(picture, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) => {
    const done = (blob: Blob | null): void =>
      blob === null ? reject(new Error('The picture could not be made smaller.')) : resolve(blob)
    canvas.toBlob(done, 'image/jpeg', 0.82)
  })
}

function put(content: Blob): Promise<Variant> {
  return send('POST', '/api/photos', content)
}
