// Adding and editing: the category, the fields that the configuration gives it, and the place.

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ConfigurationFile, Detail, Draft, Field, Observation, Photo } from '../wire/api'
import { type Problem, type Values, tagsFrom, valuesOf } from './form-values'
import { fieldOf } from './format'
import { useAction } from './hooks'
import type { Place } from './map-view'
import { addressOf } from './photos'
import { PlaceFields } from './place-fields'
import { post } from './server'
import { takePhoto } from './take-photo'
import { TroubleBox } from './trouble-box'
import { inLanguage, useLanguage, useWords } from './words'

/** Several people may share a laptop: the last one's name is offered again. */
const AUTHOR = 'author'

export interface FormProps {
  /** Null: a new one. */
  readonly observation: Observation | null
  readonly configuration: ConfigurationFile
  readonly place: Place | null
  readonly center: Place | null
  readonly changePlace: (place: Place | null) => void
  readonly saved: (id: string) => void
  readonly cancel: () => void
}

export function Form(props: FormProps): JSX.Element {
  const { observation, configuration, place, center, changePlace, saved, cancel } = props
  const words = useWords()
  const language = useLanguage()
  const { trouble, busy, run } = useAction()
  const [category, setCategory] = useState(String(observation?.tags['type'] ?? ''))
  const [values, setValues] = useState<Values>(() =>
    valuesOf(observation?.tags ?? {}, configuration)
  )
  const [attached, setAttached] = useState<readonly Photo[]>(observation?.attachments ?? [])
  const [author, setAuthor] = useState(() => localStorage.getItem(AUTHOR) ?? '')
  const [placeIsWrong, setPlaceIsWrong] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const first = useRef<HTMLSelectElement>(null)
  useEffect(() => first.current?.focus(), [])

  const known = configuration.categories.find(({ id }) => id === category)
  const fields = (known?.fields ?? Object.keys(values))
    .map((key) => fieldOf(configuration, key))
    .filter((field) => field !== undefined)
  const submit = (event: Event): void => {
    event.preventDefault()
    if (category === '') return setProblem({ key: 'type' })
    if (placeIsWrong) return setProblem({ key: 'place' })
    const tags = tagsFrom(fields, values, { ...observation?.tags, type: category })
    if ('problem' in tags) return setProblem(tags.problem)
    setProblem(null)
    localStorage.setItem(AUTHOR, author.trim())
    const rest = { attachments: attached, ...(author.trim() !== '' && { author: author.trim() }) }
    run(async () => saved(await write(observation, { tags: tags.tags, ...rest }, place)))
  }
  return (
    <form class='observation-form' onSubmit={submit} noValidate aria-labelledby='form-title'>
      <h2 id='form-title'>{observation === null ? words.addTitle : words.editTitle}</h2>
      <label>
        {words.category}
        <select
          ref={first}
          name='type'
          value={category}
          onChange={(e) => setCategory(e.currentTarget.value)}
        >
          <option value=''>{words.chooseOne}</option>
          {configuration.categories.map(({ id, label }) => (
            <option value={id}>{inLanguage(label, language)}</option>
          ))}
          {known === undefined && category !== '' && <option value={category}>{category}</option>}
        </select>
      </label>
      {problem?.key === 'type' && (
        <p class='problem' role='alert'>
          {words.needsCategory}
        </p>
      )}
      {fields.map((field) => (
        <FieldInput
          key={field.key}
          field={field}
          value={values[field.key] ?? ''}
          wrong={problem?.key === field.key}
          change={(value) => setValues({ ...values, [field.key]: value })}
        />
      ))}
      <PlaceFields place={place} center={center} change={changePlace} setWrong={setPlaceIsWrong} />
      {problem?.key === 'place' && (
        <p class='problem' role='alert'>
          {words.wrongPlace}
        </p>
      )}
      <PhotoInput
        attached={attached}
        busy={busy}
        add={(file) => run(async () => setAttached([...attached, await takePhoto(file)]))}
        remove={(photo) => setAttached(attached.filter((one) => one !== photo))}
      />
      <label>
        {words.author}
        <input
          name='author'
          autoComplete='off'
          maxLength={80}
          value={author}
          onInput={(e) => setAuthor(e.currentTarget.value)}
        />
      </label>
      <TroubleBox trouble={trouble} />
      <div class='row actions'>
        <button class='main' disabled={busy}>
          {words.save}
        </button>
        <button type='button' onClick={cancel}>
          {words.cancel}
        </button>
      </div>
    </form>
  )
}

/** Resolves to the id of what was written. */
async function write(
  observation: Observation | null,
  content: Draft,
  place: Place | null
): Promise<string> {
  if (observation === null) {
    const draft: Draft = { ...content, ...place }
    return (await post<Detail>('/api/observations', { draft })).observation.id
  }
  const draft: Draft = { ...content, lat: place?.lat ?? null, lon: place?.lon ?? null }
  await post(`/api/observations/${observation.id}`, { shown: observation, draft })
  return observation.id
}

function FieldInput({
  field,
  value,
  wrong,
  change
}: {
  readonly field: Field
  readonly value: string
  readonly wrong: boolean
  readonly change: (value: string) => void
}): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const { key, type, options = [] } = field
  const label = inLanguage(field.label, language)
  const common = {
    name: key,
    value,
    'aria-invalid': wrong,
    onInput: (e: { currentTarget: { value: string } }) => change(e.currentTarget.value)
  }
  const other = value !== '' && !options.some((option) => option.value === value)
  return (
    <label>
      {label}
      {type === 'long' && <textarea rows={3} {...common} />}
      {type === 'choice' && (
        <select {...common}>
          <option value=''>{words.empty}</option>
          {options.map((option) => (
            <option value={option.value}>{inLanguage(option.label, language)}</option>
          ))}
          {other && <option value={value}>{value}</option>}
        </select>
      )}
      {(type === 'text' || type === 'number') && (
        <input autoComplete='off' inputMode={type === 'number' ? 'decimal' : 'text'} {...common} />
      )}
      {wrong && (
        <span class='problem' role='alert'>
          {words.wrongNumber(label)}
        </span>
      )}
    </label>
  )
}

function PhotoInput({
  attached,
  busy,
  add,
  remove
}: {
  readonly attached: readonly Photo[]
  readonly busy: boolean
  readonly add: (file: File) => void
  readonly remove: (photo: Photo) => void
}): JSX.Element {
  const words = useWords()
  return (
    <div class='photo-input'>
      <label class='button pick'>
        {words.addPhoto}
        <input
          type='file'
          name='photo'
          accept='image/jpeg,image/png,image/webp'
          disabled={busy}
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? []
            if (file !== undefined) add(file)
            currentTarget.value = ''
          }}
        />
      </label>
      {attached.map((photo) => {
        const small = photo.variants.thumbnail ?? photo.variants.preview ?? photo.variants.original
        return (
          <span class='photo-small'>
            {small !== undefined && <img src={addressOf(small)} alt={photo.name ?? words.photo} />}
            <button type='button' class='link' onClick={() => remove(photo)}>
              {words.removePhoto}
            </button>
          </span>
        )
      })}
    </div>
  )
}
