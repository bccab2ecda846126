// What goes wrong between two peers, in words for the person who looks at the screen.

import { CairnError } from '../errors.js'

const KEPT = 'What had arrived was kept, and the next connection goes on from there.'

export function peerSilent(peer: string, seconds: number, waitingFor: string): CairnError {
  return new CairnError(
    'PEER_SILENT',
    `Nothing received for ${seconds} s from ${peer}, waiting for ${waitingFor}. ${KEPT}`
  )
}

export function peerClosed(peer: string, waitingFor: string, cause?: unknown): CairnError {
  return new CairnError(
    'PEER_CLOSED',
    `The connection to ${peer} ended while waiting for ${waitingFor}. ${KEPT}`,
    { cause }
  )
}

/** The peer itself said that it ends the conversation, and why. */
export function peerLeft(peer: string, code: string): CairnError {
  return new CairnError('PEER_CLOSED', `${peer} ended the connection: ${code}. ${KEPT}`, {
    found: code
  })
}

export function peerInvalid(peer: string, what: string, cause?: unknown): CairnError {
  return new CairnError(
    'PEER_INVALID',
    `${peer} sent what no sound peer sends: ${what}. Nothing of it was taken, and the connection was ended.`,
    { cause }
  )
}

export function otherProject(): CairnError {
  return new CairnError(
    'PROJECT_MISMATCH',
    'The other device does not know the key of this project. Nothing was told to it, and nothing was changed.'
  )
}

export function ended(message: string): CairnError {
  return new CairnError('CLOSED', message)
}
