import test from 'brittle'
import { admitFeed } from '../../lib/log/admission.js'
import { BlockCodec } from '../../lib/log/block.js'
import { Project } from '../../lib/log/project.js'
import { Author } from '../helpers/author.js'
import { OTHER_PROJECT_KEY, PROJECT_KEY } from '../helpers/fixed.js'
import { rejection } from '../helpers/rejection.js'

const project = new Project(PROJECT_KEY)
const stranger = new Project(OTHER_PROJECT_KEY)

async function admit(author: Author, first = author.blocks[0]): Promise<string> {
  return admitFeed(project, author.feed, new BlockCodec(project, author.feed), first).name
}

test('a feed that begins with a hello of this project is admitted under its name', async (t) => {
  t.is(await admit(new Author(1).hello()), 'Author 1')
})

test('a feed that does not is FEED_NOT_ADMITTED, with the feed', async (t) => {
  const feeds: Array<[what: string, author: Author]> = [
    ['nothing', new Author(1)],
    ['an observation', new Author(1).observe()],
    ['a hello encrypted for another project', new Author(1, stranger).hello()],
    ['a hello with the admission of another project', new Author(1).hello(stranger)],
    ['noise', new Author(1).put(new Uint8Array(100))]
  ]
  for (const [what, author] of feeds) {
    const { code, feed } = await rejection(admit(author))
    t.alike({ code, feed }, { code: 'FEED_NOT_ADMITTED', feed: author.feed }, what)
  }
})

test("another feed's hello does not admit this one", async (t) => {
  const error = await rejection(admit(new Author(1), new Author(2).hello().blocks[0]))
  t.is(error.code, 'FEED_NOT_ADMITTED')
})
