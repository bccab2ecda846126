// What can be wrong with a sync file, the stick it lies on, or a part of what it brings.

import { type Say, say } from './say'

const short = (id: string | undefined): string => (id ?? '?').slice(0, 8)
const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '' : ` (${Math.ceil(bytes / 1e6)} MB)`

export const FILE_TROUBLES: Readonly<Record<string, Say>> = {
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
        'Take a file that was made with your configuration, or work with the other one.'
      ],
      [
        `El otro lado trabaja con la configuración «${found}», esta computadora con «${expected}». No se cambió nada.`,
        'Use un archivo hecho con su configuración, o trabaje con la otra.'
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
        'Use “Check and repair” on a laptop that has what is missing, or save what is sound into a new file.'
      ],
      [
        'El archivo está dañado: está cortado o su contenido cambió.',
        'Use «Revisar y reparar» en una computadora que tenga lo que falta, o salve lo sano en un archivo nuevo.'
      ]
    ),
  SYNCFILE_UNFINISHED: () =>
    say(
      [
        'A sync of this file, or a copy of it, was cut off.',
        'Sync it again with the laptop that was writing it.'
      ],
      [
        'Una sincronización o una copia de este archivo quedó a medias.',
        'Sincronícelo de nuevo con la computadora que lo estaba escribiendo.'
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
  FEED_TOO_LONG: () =>
    say(
      ['One laptop wrote more than is taken of one laptop.', 'Ask whether its records are sound.'],
      [
        'Una computadora escribió más de lo que se acepta de una.',
        'Pregunte si sus registros están sanos.'
      ]
    )
}
