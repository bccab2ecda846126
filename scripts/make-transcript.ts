// Plays the field story with the real program (two laptops, one stick, one wrong stick, one cut
// stick) and prints what was typed and what was answered. With --write it goes into the README.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { argv, env, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const program = join(root, 'build/lib/cli/main.js')
const README = join(root, 'README.md')
/** What stands between these lines of the README is the transcript. */
const BEGIN = '<!-- made by scripts/make-transcript.ts -->\n```\n'
const END = '```\n<!-- end of what it made -->\n'
const STICK = '/media/usb'

/** The transcript as it is in the README. */
export async function written(): Promise<string> {
  const text = await readFile(README, 'utf8')
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END))
}

/** Without what differs from run to run: times, ids, and the blanks that depend on their length. */
export function lasting(transcript: string): string {
  return transcript
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME')
    .replace(/\b[a-z0-9]{52}\b/g, 'ID')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f-]*)?(?![0-9a-z])/g, 'ID')
    .replace(/\b[\d.]+ (?:B|KB|bytes)\b/g, 'SIZE')
    .replace(/ {2,}/g, '  ')
}

/** Plays the story in a temporary folder. */
export async function play(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairnlog-story-'))
  const story = new Story(folder)
  try {
    await tell(story)
    return story.text
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function tell(story: Story): Promise<void> {
  const file = `${STICK}/territory.cairn`
  await story.on('laptop-1', "init --name 'Laptop 1'")
  await story.on('laptop-1', `invite ${STICK}/invite.txt`)
  await story.on('laptop-2', `init --name 'Laptop 2' --invite ${STICK}/invite.txt`)

  story.say('Each records for itself, out of reach of the other.')
  await story.on('laptop-1', 'add --at -1.05,-77.6 --tag type=river --tag name=Aguarico')
  await story.on('laptop-1', 'add --at -1.07,-77.58 --tag type=house')
  await story.on('laptop-2', "add --tag type=story --tag 'told by=Rosa'")

  story.say('One stick goes round.')
  await story.on('laptop-1', `create ${file}`)
  await story.on('laptop-2', `sync ${file}`)
  await story.on('laptop-1', `sync ${file}`)
  await story.on('laptop-1', 'list')

  story.say('Both edit the same river before they meet again. Neither edit is lost.')
  const river = await story.id('type=river')
  await story.on('laptop-1', `edit ${river} --tag depth=shallow`)
  await story.on('laptop-2', `edit ${river} --tag depth=deep`)
  await story.on('laptop-1', `sync ${file}`)
  await story.on('laptop-2', `sync ${file}`)
  await story.on('laptop-2', 'list --forked')
  await story.on('laptop-2', `edit ${river} --tag 'depth=deep at the bend' --merge`)
  await story.on('laptop-2', `sync ${file}`)

  story.say('A wrong stick, from other people. Nothing is changed on either side.')
  await story.aside('elsewhere', 'init --name Elsewhere')
  await story.aside('elsewhere', `create ${STICK}/other.cairn`)
  await story.on('laptop-1', `sync ${STICK}/other.cairn`)

  story.say('A stick that was pulled out while it was copied to: what had arrived of it is whole.')
  const { size } = await stat(story.real(file))
  await truncate(story.real(file), size - 1000)
  await story.on('laptop-1', `verify ${file}`)
  await story.on('laptop-1', `sync ${file}`)
  await story.on('laptop-2', `sync ${file}`)
  await story.on('laptop-1', `sync ${file}`)
  await story.on('laptop-1', 'status')
}

class Story {
  private readonly lines: string[] = []

  constructor(private readonly folder: string) {}

  get text(): string {
    return `${this.lines.join('\n').trim()}\n`
  }

  say(sentence: string): void {
    this.lines.push('', `# ${sentence}`)
  }

  /** A command that is shown, with what it answers. */
  async on(laptop: string, line: string): Promise<void> {
    const { said, code } = await this.run(laptop, line)
    this.lines.push(`${laptop}$ cairnlog ${line}`)
    if (said !== '') this.lines.push(said.trimEnd())
    if (code !== 0) this.lines.push(`(exit code ${code})`)
  }

  /** A command that happens out of sight. */
  async aside(laptop: string, line: string): Promise<void> {
    const { code, said } = await this.run(laptop, line)
    if (code !== 0) throw new Error(said)
  }

  /** The id of the one observation with this tag, as short as the list shows it. */
  async id(tag: string): Promise<string> {
    const { said } = await this.run('laptop-1', `list --tag ${tag}`)
    return said.split(' ')[0] ?? ''
  }

  /** Where a path of the story lies on this machine. */
  real(path: string): string {
    return path.replaceAll(STICK, join(this.folder, 'usb'))
  }

  private async run(laptop: string, line: string): Promise<{ said: string; code: number }> {
    const cwd = join(this.folder, laptop)
    await mkdir(cwd, { recursive: true })
    await mkdir(join(this.folder, 'usb'), { recursive: true })
    const words = (this.real(line).match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) =>
      word.replaceAll("'", '')
    )
    const secrets = {
      CAIRNLOG_PASSPHRASE: 'three random words',
      CAIRNLOG_INVITE_PASSPHRASE: 'three random words'
    }
    const options = { cwd, env: { PATH: env['PATH'], TZ: 'UTC', ...secrets } }
    return new Promise((resolve) => {
      execFile(execPath, [program, ...words], options, (error, stdout, stderr) => {
        const said = (stdout + stderr)
          .replaceAll(join(this.folder, 'usb'), STICK)
          .replaceAll(this.folder, '/home/ana')
        resolve({ said, code: error === null ? 0 : Number(error.code ?? 1) })
      })
    })
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const transcript = await play()
  if (argv.includes('--write')) {
    const text = await readFile(README, 'utf8')
    const [before, after] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)]
    await writeFile(README, text.slice(0, before) + transcript + text.slice(after))
  } else console.log(transcript)
}
