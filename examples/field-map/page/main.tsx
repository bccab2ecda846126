// The page: which of its screens is shown, the header above them, and the word when the server is
// gone.

import './style.css'
import { type JSX, render } from 'preact'
import { useEffect, useErrorBoundary, useState } from 'preact/hooks'
import type { Language, State } from '../wire/api'
import { useAnswer, useEvents, useJob } from './hooks'
import { Observations } from './observations'
import { isHere, listenForever } from './server'
import { Failed, Setup } from './setup'
import { Synchronize } from './synchronize'
import { TroubleBox } from './trouble-box'
import { LANGUAGES, LanguageContext, firstLanguage, keepLanguage, useWords } from './words'

type Screen = 'observations' | 'synchronize'

function Page(): JSX.Element {
  const [language, setLanguage] = useState<Language>(firstLanguage)
  useEffect(() => keepLanguage(language), [language])
  const [error] = useErrorBoundary()
  if (error !== undefined) return <Broken language={language} message={String(error)} />
  return (
    <LanguageContext.Provider value={language}>
      <Screens language={language} choose={setLanguage} />
    </LanguageContext.Provider>
  )
}

/** Rather than a white page. */
function Broken({
  language,
  message
}: {
  readonly language: Language
  readonly message: string
}): JSX.Element {
  const { words } = LANGUAGES[language]
  return (
    <div class='card narrow' role='alert'>
      <p class='trouble'>{words.broken}</p>
      <p class='quiet'>{message}</p>
      <button type='button' class='main' onClick={() => location.reload()}>
        {words.tryAgain}
      </button>
    </div>
  )
}

function Screens({
  language,
  choose
}: {
  readonly language: Language
  readonly choose: (language: Language) => void
}): JSX.Element {
  const words = useWords()
  const [here, setHere] = useState(true)
  const [screen, setScreen] = useState<Screen>(screenInAddress)
  const {
    answer: state,
    trouble,
    again
  } = useAnswer<State>('/api/state', ['state', 'changed', 'job'])
  const { job, clear } = useJob()
  useEvents((type) => {
    if (type === 'connection') setHere(isHere())
  })
  useEffect(() => {
    const changed = (): void => setScreen(screenInAddress())
    window.addEventListener('hashchange', changed)
    return () => window.removeEventListener('hashchange', changed)
  }, [])
  return (
    <>
      <a class='skip' href='#list'>
        {words.skip}
      </a>
      <header>
        <h1>{words.appName}</h1>
        {state?.phase === 'ready' && (
          <nav aria-label={words.appName}>
            {(['observations', 'synchronize'] as const).map((one) => (
              <a href={`#/${one}`} aria-current={screen === one ? 'page' : undefined}>
                {words[one]}
              </a>
            ))}
          </nav>
        )}
        {state?.phase === 'ready' && <span class='device'>{state.status.name}</span>}
        <div class='languages' role='group' aria-label={words.language}>
          {(['en', 'es'] as const).map((one) => (
            <button
              type='button'
              lang={one}
              aria-pressed={language === one}
              onClick={() => choose(one)}
            >
              {LANGUAGES[one].name}
            </button>
          ))}
        </div>
      </header>
      {!here && (
        <div class='gone' role='alert'>
          <strong>{words.serverGone}</strong> {words.serverGoneTodo}
        </div>
      )}
      <main>
        <TroubleBox trouble={trouble} />
        {(state === null || state.phase === 'opening') && <p class='opening'>{words.opening}</p>}
        {state?.phase === 'setup' && <Setup folder={state.folder} done={again} />}
        {state?.phase === 'failed' && <Failed trouble={state.trouble} done={again} />}
        {state?.phase === 'ready' && (
          <>
            {/* Kept while the other screen is shown: where the map was, what was being written. */}
            <div class='screen' hidden={screen !== 'observations'}>
              <Observations {...state} shown={screen === 'observations'} />
            </div>
            {screen === 'synchronize' && <Synchronize {...state} job={job} clearJob={clear} />}
          </>
        )}
      </main>
    </>
  )
}

function screenInAddress(): Screen {
  return location.hash === '#/synchronize' ? 'synchronize' : 'observations'
}

const root = document.getElementById('app')
if (root !== null) render(<Page />, root)
void listenForever()
