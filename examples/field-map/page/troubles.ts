// Errors as sentences with their remedy. By code, in both languages; a code that is not here shows
// the message that came with it, so nothing is ever swallowed.

import type { Language, Trouble } from '../wire/api'

interface Sentence {
  readonly what: string
  readonly todo: string
}

type Say = (trouble: Trouble) => Readonly<Record<Language, Sentence>>

const short = (id: string | undefined): string => (id ?? '?').slice(0, 8)
const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '' : ` (${Math.ceil(bytes / 1e6)} MB)`

const say = (en: [string, string], es: [string, string]): Readonly<Record<Language, Sentence>> => ({
  en: { what: en[0], todo: en[1] },
  es: { what: es[0], todo: es[1] }
})

const SENTENCES: Readonly<Record<string, Say>> = {
  PROJECT_MISMATCH: ({ expected, found }) =>
    say(
      [
        `This file belongs to another project (${short(found)}; this laptop’s is ${short(expected)}). It was not changed.`,
        'Choose a file of your project. To work in the other project, start with a new folder and its invite.'
      ],
      [
        `Este archivo es de otro proyecto (${short(found)}; el de esta computadora es ${short(expected)}). No se cambió.`,
        'Elija un archivo de su proyecto. Para trabajar en el otro, empiece con otra carpeta y su invitación.'
      ]
    ),
  CONFIGURATION_MISMATCH: ({ expected, found }) =>
    say(
      [
        `The other side works with the configuration “${found}”, this laptop with “${expected}”. Nothing was changed.`,
        'Take a file that was made with your configuration, or start the field map with the other one.'
      ],
      [
        `El otro lado trabaja con la configuración «${found}», esta computadora con «${expected}». No se cambió nada.`,
        'Use un archivo hecho con su configuración, o abra el mapa de campo con la otra.'
      ]
    ),
  NOT_A_SYNCFILE: () =>
    say(
      ['This is not a sync file. It was not changed.', 'Choose a file that ends in .cairn.'],
      [
        'Este no es un archivo de sincronización. No se cambió.',
        'Elija un archivo que termine en .cairn.'
      ]
    ),
  SYNCFILE_VERSION: () =>
    say(
      [
        'This file was written by a newer version. It was not changed.',
        'Update the field map on this laptop.'
      ],
      [
        'Este archivo fue escrito por una versión más nueva. No se cambió.',
        'Actualice el mapa de campo.'
      ]
    ),
  SYNCFILE_DAMAGED: () =>
    say(
      [
        'The file is damaged: it was cut off, or its contents changed.',
        'Use “Check and repair” here and on the other laptop that used it, or create a new file.'
      ],
      [
        'El archivo está dañado: está cortado o su contenido cambió.',
        'Use «Revisar y reparar» aquí y en la otra computadora que lo usó, o cree un archivo nuevo.'
      ]
    ),
  SYNCFILE_EXISTS: () =>
    say(
      [
        'There is a file of this name already. It was not touched.',
        'Sync with it, or choose another name.'
      ],
      ['Ya hay un archivo con ese nombre. No se tocó.', 'Sincronice con él, o elija otro nombre.']
    ),
  SYNCFILE_LOCKED: () =>
    say(
      ['Another program is writing this file.', 'Wait a moment, then sync again.'],
      ['Otro programa está escribiendo este archivo.', 'Espere un momento y sincronice de nuevo.']
    ),
  VOLUME_MISSING: () =>
    say(
      [
        'A part of this file is missing.',
        'Put all parts into one folder and open the first, without a number.'
      ],
      [
        'Falta una parte de este archivo.',
        'Ponga todas las partes en una carpeta y abra la primera, sin número.'
      ]
    ),
  FILE_NOT_THERE: ({ path }) =>
    say(
      [
        path === undefined ? 'The file is not there any more.' : `There is no file ${path}.`,
        'Check the name, and that the stick is plugged in. To make a new one, use “Create a sync file”.'
      ],
      [
        path === undefined ? 'El archivo ya no está.' : `No existe el archivo ${path}.`,
        'Revise el nombre y que la memoria esté conectada. Para hacer uno nuevo, use «Crear un archivo».'
      ]
    ),
  PATH_UNUSABLE: () =>
    say(
      [
        'The file or its folder cannot be used.',
        'Check the path, and that the stick is plugged in and not locked.'
      ],
      [
        'El archivo o su carpeta no se puede usar.',
        'Revise la ruta, y que la memoria esté conectada y sin seguro.'
      ]
    ),
  IO_FAILED: () =>
    say(
      [
        'The stick or the disk stopped answering; perhaps it was pulled out. Nothing is lost here.',
        'Plug it in again and sync again: it goes on where it stopped.'
      ],
      [
        'La memoria o el disco dejó de responder; quizá la sacaron. Aquí no se perdió nada.',
        'Conéctela y sincronice de nuevo: sigue donde quedó.'
      ]
    ),
  NO_SPACE: ({ bytesNeeded }) =>
    say(
      [
        'The stick or the disk is full. The file is as it was; what was received stays.',
        `Free some space${megabytes(bytesNeeded)}, then try again.`
      ],
      [
        'La memoria o el disco está lleno. El archivo quedó como estaba; lo recibido se conserva.',
        `Libere espacio${megabytes(bytesNeeded)} e intente de nuevo.`
      ]
    ),
  BASE_MISSING: () =>
    say(
      [
        'A part continues something that is not here.',
        'Sync with a file or laptop that has the part before it.'
      ],
      [
        'Una parte continúa algo que no está aquí.',
        'Sincronice con un archivo o computadora que tenga la parte anterior.'
      ]
    ),
  FEED_FORKED: () =>
    say(
      [
        'A laptop’s folder was copied or restored, and both went on. Nothing of either is lost.',
        'Use only one of the two folders, and sync that laptop again.'
      ],
      [
        'La carpeta de una computadora fue copiada o restaurada, y ambas siguieron. No se perdió nada.',
        'Use solo una de las dos carpetas y sincronice esa computadora de nuevo.'
      ]
    ),
  FEED_NOT_ADMITTED: () =>
    say(
      [
        'Something in it was not written by a member of the project. It was left out.',
        'Ask where the file comes from.'
      ],
      [
        'Algo no fue escrito por un miembro del proyecto. Se dejó fuera.',
        'Pregunte de dónde viene el archivo.'
      ]
    ),
  FEED_FORGED: () =>
    say(
      [
        'Something in it is not what its author signed. It was left out.',
        'Ask where it comes from; sync with another copy.'
      ],
      [
        'Algo no es lo que su autor firmó. Se dejó fuera.',
        'Pregunte de dónde viene; sincronice con otra copia.'
      ]
    ),
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

export function sentence(trouble: Trouble, language: Language): Sentence {
  const found = SENTENCES[trouble.code]
  return found === undefined ? { what: trouble.message, todo: '' } : found(trouble)[language]
}
