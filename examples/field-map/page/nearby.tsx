// Laptops nearby: looking for them is switched on by a person, and everything after goes by itself.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Nearby, PeerView } from '../wire/api'
import { changesText } from './format'
import { useAction, useAnswer, useEvents } from './hooks'
import { OtherConfiguration } from './other-configuration'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { sentence } from './troubles'
import { type Words, useLanguage, useWords } from './words'

export function NearbyCard(): JSX.Element {
  const words = useWords()
  const { trouble, busy, run } = useAction()
  const [told, setTold] = useState<Nearby | null>(null)
  const [address, setAddress] = useState('')
  const { answer } = useAnswer<Nearby>('/api/nearby', ['state'])
  useEvents((type, event) => {
    if (event?.type === 'nearby') setTold(event.nearby)
    if (type === 'state') setTold(null)
  })
  const nearby = told ?? answer
  const ask = (path: string, body?: unknown): void =>
    run(async () => setTold(await post<Nearby>(`/api/nearby/${path}`, body)))
  return (
    <section class='card' aria-labelledby='nearby'>
      <h3 id='nearby'>{words.nearby}</h3>
      <p class='quiet'>{words.nearbyHint}</p>
      {nearby?.on === true ? (
        <>
          <ul class='peers' aria-live='polite'>
            {nearby.peers.map((peer) => (
              <Peer key={peer.address} peer={peer} />
            ))}
            {nearby.peers.length === 0 && <li class='quiet'>{words.nearbyNone}</li>}
          </ul>
          <form
            onSubmit={(event) => {
              event.preventDefault()
              ask('connect', { address })
            }}
          >
            <label>
              {words.nearbyAddress}
              <span class='row'>
                <input
                  name='address'
                  required
                  autoComplete='off'
                  placeholder='192.168.1.23:41234'
                  value={address}
                  onInput={(e) => setAddress(e.currentTarget.value)}
                />
                <button disabled={busy}>{words.connect}</button>
              </span>
            </label>
          </form>
          <p class='quiet'>
            {words.nearbyOwn} <code class='own-address'>{nearby.addresses.join(', ')}</code>
          </p>
          <button type='button' disabled={busy} onClick={() => ask('stop')}>
            {words.nearbyStop}
          </button>
        </>
      ) : (
        <button type='button' disabled={busy} onClick={() => ask('start')}>
          {words.nearbyStart}
        </button>
      )}
      <TroubleBox trouble={trouble} />
    </section>
  )
}

function Peer({ peer }: { readonly peer: PeerView }): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const { address, name, changes, trouble } = peer
  return (
    <li data-state={peer.state}>
      <strong>{name ?? address}</strong> {stateText(peer, words)}
      {changes.map((change) => (
        <span class='change' key={change.device}>
          {words.fromDevice(change.name ?? change.device.slice(0, 8))}: {changesText(change, words)}
        </span>
      ))}
      {trouble !== undefined && <p class='quiet'>{sentence(trouble, language).what}</p>}
      <OtherConfiguration trouble={trouble} />
    </li>
  )
}

function stateText({ state }: PeerView, words: Words): string {
  if (state === 'meeting') return words.meeting
  return state === 'gone' ? words.gone : words.together
}
