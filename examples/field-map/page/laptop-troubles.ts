// What can be wrong with this laptop, another one, an observation, or the app itself.

import { type Say, say } from './say'

export const LAPTOP_TROUBLES: Readonly<Record<string, Say>> = {
  DEVICE_LOCKED: () =>
    say(
      ['This folder is open in another program.', 'Close the other field map, then try again.'],
      [
        'Esta carpeta está abierta en otro programa.',
        'Cierre el otro mapa de campo e intente de nuevo.'
      ]
    ),
  DEVICE_COPIED: () =>
    say(
      [
        'This folder was copied or moved. Two laptops must not write as one.',
        'Use the original folder. If it is gone, go on as a new laptop: everything here is kept.'
      ],
      [
        'Esta carpeta fue copiada o movida. Dos computadoras no deben escribir como una.',
        'Use la carpeta original. Si ya no existe, siga como computadora nueva: todo lo de aquí se conserva.'
      ]
    ),
  DEVICE_HANDED_OVER: () =>
    say(
      [
        'This folder was given up: another laptop carries on for it.',
        'Record on the one that carries on, or start with a new folder. This one can still be synced.'
      ],
      [
        'Esta carpeta se dejó: otra computadora sigue en su lugar.',
        'Registre en la que sigue, o empiece con otra carpeta. Esta todavía se puede sincronizar.'
      ]
    ),
  DEVICE_ROLLED_BACK: () =>
    say(
      [
        'This folder is older than it was: it was restored from a backup.',
        'Go on as a new laptop, then sync: what is missing comes back.'
      ],
      [
        'Esta carpeta es más vieja que antes: fue restaurada de un respaldo.',
        'Siga como computadora nueva y sincronice: lo que falta vuelve.'
      ]
    ),
  DEVICE_DAMAGED: () =>
    say(
      [
        'This laptop’s store cannot be read.',
        'Keep the folder. Start with a new one and sync it with a file.'
      ],
      [
        'No se puede leer el almacén de esta computadora.',
        'Guarde la carpeta. Empiece con una nueva y sincronice.'
      ]
    ),
  DEVICE_READ_ONLY: () =>
    say(
      ['The folder of this laptop cannot be written.', 'Make it writable and start again.'],
      [
        'No se puede escribir en la carpeta de esta computadora.',
        'Dele permiso de escritura y empiece de nuevo.'
      ]
    ),
  INVITE_REFUSED: () =>
    say(
      ['The invite is not whole, or the passphrase does not open it.', 'Check both and try again.'],
      [
        'La invitación no está completa, o la frase secreta no la abre.',
        'Revise ambas e intente de nuevo.'
      ]
    ),
  BLOCK_TOO_LARGE: () =>
    say(
      ['This is too long for one observation.', 'Shorten the text.'],
      ['Es demasiado largo para una observación.', 'Acorte el texto.']
    ),
  OBSERVATION_NOT_FOUND: () =>
    say(
      ['This observation is not on this laptop.', 'Sync first.'],
      ['Esta observación no está en esta computadora.', 'Sincronice primero.']
    ),
  PEER_CLOSED: () =>
    say(
      ['The connection broke off. Nothing is lost.', 'Connect again; it goes on where it stopped.'],
      ['La conexión se cortó. No se perdió nada.', 'Conecte de nuevo; sigue donde quedó.']
    ),
  PEER_INVALID: () =>
    say(
      ['The other side sent something that is not sound. It was left out.', 'Find out what it is.'],
      ['El otro lado envió algo que no está sano. Se dejó fuera.', 'Averigüe qué es.']
    ),
  PEER_SILENT: () =>
    say(
      ['The other laptop does not answer.', 'Check that it is on and near, then connect again.'],
      ['La otra computadora no responde.', 'Revise que esté encendida y cerca, y conecte de nuevo.']
    ),
  MEDIA_MISSING: () =>
    say(
      ['This photo has not arrived yet.', 'Sync with the laptop that took it.'],
      ['Esta foto todavía no ha llegado.', 'Sincronice con la computadora que la tomó.']
    ),
  MEDIA_DAMAGED: () =>
    say(
      ['This photo is damaged on this laptop.', 'Sync with another copy: it heals.'],
      ['Esta foto está dañada en esta computadora.', 'Sincronice con otra copia: se repara.']
    ),
  MEDIA_EMPTY: () =>
    say(['This photo is empty.', 'Choose another one.'], ['Esta foto está vacía.', 'Elija otra.']),
  MEDIA_FORGED: () =>
    say(
      ['A photo is not what its author recorded. It was left out.', 'Sync with another copy.'],
      ['Una foto no es la que su autor registró. Se dejó fuera.', 'Sincronice con otra copia.']
    ),
  BUSY: () =>
    say(
      ['Another sync is running.', 'Wait for it, or stop it.'],
      ['Otra sincronización está en curso.', 'Espere, o deténgala.']
    ),
  SERVER_GONE: () =>
    say(
      [
        'The field map has stopped, so this was not done.',
        'Start it again on this computer, then try again.'
      ],
      [
        'El mapa de campo se detuvo, así que no se hizo.',
        'Ábralo de nuevo en esta computadora e intente otra vez.'
      ]
    )
}
