// Syncing with a file: one on this computer or a stick, by its path, or one dropped on the page.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ImageChoice, Job } from '../wire/api'
import { useAction, useAnswer } from './hooks'
import { post, send } from './server'
import { TroubleBox } from './trouble-box'
import { useWords } from './words'

export function FileSync({ running }: { readonly running: boolean }): JSX.Element {
  const words = useWords()
  const { trouble, busy, run } = useAction()
  const [path, setPath] = useState('')
  const [images, setImages] = useState<ImageChoice>('all')
  const [over, setOver] = useState(false)
  const { answer } = useAnswer<{ paths: readonly string[] }>('/api/files', ['state'])
  const off = running || busy
  const start = (what: 'sync' | 'create') => (event: Event) => {
    event.preventDefault()
    run(async () => void (await post<Job>(`/api/files/${what}`, { path, images })))
  }
  const take = (file: File | undefined): void => {
    if (file === undefined || off) return
    run(async () => {
      await send<Job>(
        'PUT',
        `/api/upload?${new URLSearchParams({ name: file.name, images })}`,
        file
      )
    })
  }
  return (
    <section class='card' aria-labelledby='with-file'>
      <h3 id='with-file'>{words.withFile}</h3>
      <p class='quiet'>{words.withFileHint}</p>
      <form onSubmit={start('sync')}>
        <label>
          {words.path}
          <input
            name='path'
            list='paths'
            required
            spellcheck={false}
            autoComplete='off'
            placeholder='/media/usb/territory.cairn'
            value={path}
            onInput={(e) => setPath(e.currentTarget.value)}
          />
        </label>
        <datalist id='paths'>
          {answer?.paths.map((one) => (
            <option value={one} />
          ))}
        </datalist>
        <div class='row'>
          <button class='main' disabled={off}>
            {words.syncFrom}
          </button>
          <button type='button' disabled={off || path.trim() === ''} onClick={start('create')}>
            {words.createFile}
          </button>
          <select
            name='images'
            class='images'
            aria-label={words.imagesToTake}
            value={images}
            onChange={(e) => setImages(e.currentTarget.value as ImageChoice)}
          >
            <option value='all'>{words.imagesAll}</option>
            <option value='small'>{words.imagesSmall}</option>
            <option value='none'>{words.imagesNone}</option>
          </select>
        </div>
      </form>
      <div
        class={over ? 'drop over' : 'drop'}
        onDragOver={(e) => {
          e.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(e) => {
          e.preventDefault()
          setOver(false)
          take(e.dataTransfer?.files[0])
        }}
      >
        <span>
          {words.drop},{' '}
          <label class='pick'>
            {words.dropChoose}
            <input
              type='file'
              name='dropped'
              accept='.cairn'
              disabled={off}
              onChange={({ currentTarget }) => {
                take(currentTarget.files?.[0])
                currentTarget.value = ''
              }}
            />
          </label>
        </span>
        <small>{words.dropHint}</small>
      </div>
      <TroubleBox trouble={trouble} />
    </section>
  )
}
