// The page's texts in the reader's language: chosen in the header, kept for the next time.

import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Language, Text } from '../wire/api'
import { en } from './words-en'
import { es } from './words-es'

export type Phase = 'salvage' | 'compare' | 'receive' | 'send' | 'index' | 'media' | 'done'

export interface Words {
  readonly appName: string
  readonly observations: string
  readonly synchronize: string
  readonly language: string
  readonly skip: string
  readonly opening: string
  readonly cancel: string
  readonly close: string
  readonly back: string
  readonly details: string
  readonly serverGone: string
  readonly serverGoneTodo: string
  readonly welcome: string
  readonly welcomeText: string
  readonly laptopName: string
  readonly laptopNameHint: string
  readonly newProject: string
  readonly newProjectHint: string
  readonly joinProject: string
  readonly joinProjectHint: string
  readonly inviteText: string
  readonly passphrase: string
  readonly start: string
  readonly folder: string
  readonly goOnAsNew: string
  readonly tryAgain: string
  readonly filters: string
  readonly search: string
  readonly category: string
  readonly allCategories: string
  readonly laptop: string
  readonly allLaptops: string
  readonly from: string
  readonly to: string
  readonly show: string
  readonly showPresent: string
  readonly showForked: string
  readonly showNowhere: string
  readonly showDeleted: string
  readonly onlyMap: string
  readonly clearFilters: string
  readonly moreFilters: string
  readonly count: (n: number) => string
  readonly reading: string
  readonly nothingFound: string
  readonly nothingYet: string
  readonly earlier: string
  readonly later: string
  readonly add: string
  readonly unnamed: string
  readonly forkedBadge: string
  readonly deletedBadge: string
  readonly noPlaceBadge: string
  readonly thisLaptop: string
  readonly map: string
  readonly clusterOf: (n: number) => string
  readonly wholeWorld: string
  readonly edit: string
  readonly delete: string
  readonly deleteSure: string
  readonly restore: string
  readonly isDeleted: string
  readonly place: string
  readonly noPlace: string
  readonly recordedBy: string
  readonly history: string
  readonly didCreate: string
  readonly didEdit: string
  readonly didDelete: string
  readonly didRestore: string
  readonly didMerge: string
  readonly doubtfulDate: string
  readonly photo: string
  readonly photoMissing: string
  readonly photoDamaged: string
  readonly photoAt: (name: string) => string
  readonly addPhoto: string
  readonly removePhoto: string
  readonly forkTitle: string
  readonly forkText: string
  readonly shownNow: string
  readonly otherVersion: string
  readonly decision: string
  readonly chooseThis: string
  readonly keepBoth: string
  readonly empty: string
  readonly addTitle: string
  readonly editTitle: string
  readonly latitude: string
  readonly longitude: string
  readonly placeHint: string
  readonly useMiddle: string
  readonly noPlaceButton: string
  readonly author: string
  readonly save: string
  readonly chooseOne: string
  readonly needsCategory: string
  readonly wrongPlace: string
  readonly wrongNumber: (label: string) => string
  readonly withFile: string
  readonly withFileHint: string
  readonly path: string
  readonly syncFrom: string
  readonly createFile: string
  readonly drop: string
  readonly dropChoose: string
  readonly dropHint: string
  readonly saveUpdated: string
  readonly imagesToTake: string
  readonly imagesAll: string
  readonly imagesSmall: string
  readonly imagesNone: string
  readonly verify: string
  readonly repaired: string
  readonly salvage: string
  readonly salvageHint: string
  readonly salvageInto: string
  readonly salvaging: (target: string) => string
  readonly saved: (entries: number, images: number) => string
  readonly savedAll: string
  readonly savedLost: (entries: number, images: number) => string
  readonly changeTo: (name: string) => string
  readonly changeHint: string
  readonly syncThis: string
  readonly onlyHere: (n: number) => string
  readonly lastFile: (path: string, when: string) => string
  readonly lastFileNever: string
  readonly nearby: string
  readonly nearbyHint: string
  readonly nearbyStart: string
  readonly nearbyStop: string
  readonly nearbyNone: string
  readonly nearbyAddress: string
  readonly nearbyOwn: string
  readonly connect: string
  readonly broken: string
  readonly meeting: string
  readonly together: string
  readonly gone: string
  readonly inviteOther: string
  readonly inviteHint: string
  readonly makeInvite: string
  readonly project: string
  readonly configuration: string
  readonly phases: Readonly<Record<Phase, string>>
  readonly failed: (target: string) => string
  readonly creating: (target: string) => string
  readonly syncing: (target: string) => string
  readonly data: string
  readonly images: string
  readonly ofTotal: (done: number, total: number) => string
  readonly none: string
  readonly stop: string
  readonly created: (target: string) => string
  readonly synced: (target: string) => string
  readonly stopped: string
  readonly fromDevice: (name: string) => string
  readonly newOnes: (n: number) => string
  readonly edited: (n: number) => string
  readonly deleted: (n: number) => string
  readonly restored: (n: number) => string
  readonly nothingNew: string
  readonly sent: (n: number) => string
  readonly photosMoved: (received: number, sent: number) => string
  readonly leftOut: (n: number) => string
  readonly refused: string
  readonly damaged: string
  /** Whether what this laptop has of the rest has been written now. */
  readonly cutOff: (written: boolean) => string
  readonly readOnlyFile: string
  readonly oneWayFile: string
  readonly whatToDo: string
}

export const LANGUAGES: Readonly<
  Record<Language, { readonly name: string; readonly words: Words }>
> = {
  en: { name: 'English', words: en },
  es: { name: 'Español', words: es }
}

const KEPT = 'language'

export function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT)
  if (kept === 'en' || kept === 'es') return kept
  return navigator.language.startsWith('es') ? 'es' : 'en'
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(KEPT, language)
  document.documentElement.lang = language
  document.title = LANGUAGES[language].words.appName
}

export const LanguageContext = createContext<Language>('en')

export function useLanguage(): Language {
  return useContext(LanguageContext)
}

export function useWords(): Words {
  return LANGUAGES[useLanguage()].words
}

export function inLanguage(text: Text | undefined, language: Language): string {
  return text?.[language] ?? ''
}
