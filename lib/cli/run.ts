// One run of the program: all commands, the arguments, and how it ends.

import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { Commands } from './command.js'
import { addConnecting } from './connecting.js'
import { addExchanging } from './exchanging.js'
import { CommandError, EXIT } from './failures.js'
import { addFiles } from './files.js'
import { Interruption } from './interruption.js'
import { Output } from './output.js'
import { addLooking } from './looking.js'
import { addRecording } from './recording.js'
import { addSettingUp } from './setting-up.js'
import { addTransferring } from './transferring.js'
import { addUpkeep } from './upkeep.js'

const ABOUT =
  'Field data that survives weeks offline: observations, and files that carry them between laptops.'

/** Resolves to the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const interruption = new Interruption()
  const program = new Command('cairnlog')
    .description(ABOUT)
    .version(version(), '-V, --version')
    .commandsGroup('Also:')
    .helpCommand('help [command]', 'Show how a command is used.')
    // Without the word [options], which every one has: so the table fits into a terminal.
    .configureHelp({
      subcommandTerm: (command) =>
        `${command.name()} ${command.usage()}`.replace(/ ?\[options\]/, '')
    })
    .exitOverride()
    // A mistyped argument is said in two lines, like everything else.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', '\nEach command has its own: cairnlog sync --help')
  const commands = new Commands(program, interruption)
  addSettingUp(commands)
  addRecording(commands)
  addLooking(commands)
  addExchanging(commands)
  addFiles(commands)
  addConnecting(commands)
  addTransferring(commands)
  addUpkeep(commands)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return EXIT.done
    const out = new Output(args.includes('--json'), commandOf(program, args), interruption.signal)
    await commands.fail(usage(error, commandOf(program, args)), out)
  }
  return commands.exitCode
}

function usage(error: CommanderError, command: string): CommandError {
  if (error.code === 'commander.help') {
    return new CommandError('A command is missing.', 'See all of them with: cairnlog --help')
  }
  const said = error.message.replace(/^error: /, '').replace(/\n\((.*)\)$/, '. $1')
  const message = `${said.charAt(0).toUpperCase()}${said.slice(1)}`.replace(/(?<![.?!])$/, '.')
  const help = ['cairnlog', command, '--help'].filter((word) => word !== '').join(' ')
  return new CommandError(message, `See how it is used with: ${help}`)
}

/** Empty where it is none that there is. */
function commandOf(program: Command, args: readonly string[]): string {
  const names = program.commands.map((command) => command.name())
  return args.find((arg) => names.includes(arg)) ?? ''
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../../../package.json') as { version: string }
  return manifest.version
}
