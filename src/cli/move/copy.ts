// ① interface — `trueaio copy`: files and trees to another place, as cp -r does.
import type { TransferOptions } from '../../transfer/index.js'
import { UsageError, type Command, type Given } from '../command.js'
import { excluded } from './exclude.js'
import { Mover, type Task } from './mover.js'
import { copyPairs, type Pair } from './places.js'
import { COMMON_OPTIONS, settingsOf, type Settings } from './settings.js'
import { bytesBelow } from './tree-bytes.js'
import { directoryOf, exactWord, joined, lastName, shown } from './words.js'

/** From here on exact progress costs less than a twentieth of the copy. */
const LARGE_FILE_BYTES = 2 ** 20

export const EXIT_CODES = 'Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 23 some of it could not be copied, 24 some had vanished, 124 --timeout has passed, 130 stopped by Ctrl-C.'

/** Beside the target: the journal of a file that can be resumed, or a tree until it is whole. */
export function journalOf(to: string | Buffer): string | Buffer {
  const name = lastName(to)
  const hidden = typeof name === 'string' ? `.${name}.trueaio-resume` : Buffer.concat([Buffer.from('.'), name, Buffer.from('.trueaio-resume')])
  return joined(directoryOf(to), hidden)
}

/** What is asked of each pair. */
interface Wishes {
  readonly given: Given
  readonly settings: Settings
  readonly isVerbose: boolean
  readonly isDry: boolean
  readonly resumes: boolean
  readonly isLeftOut: ReturnType<typeof excluded>
}

async function taskOf(pair: Pair, { given, settings, isVerbose, isDry, resumes, isLeftOut }: Wishes): Promise<Task> {
  const { from, stats, there } = pair
  const isTree = stats.isDirectory()
  const isKept = resumes && isTree && there === undefined
  const to = isKept && !isDry ? journalOf(pair.to) : pair.to
  const verify = given.values['verify'] === true ? { verify: 'target' as const } : {}
  const preserve = given.values['preserve'] === true || (resumes && isTree)
  const shared: TransferOptions = { preserve, ...verify }
  const names = { from, to, fromText: shown(from), toText: shown(pair.to), isTree, isDry }
  if (!isTree) return { ...names, bytes: stats.size, options: { ...shared, ...resumes ? { resume: journalOf(to) } : {} } }
  const below = Mover.isWatched(settings) ? await bytesBelow(from, isLeftOut) : undefined
  const isExact = below !== undefined && below.bytes >= below.files * LARGE_FILE_BYTES
  return {
    ...names, bytes: below?.bytes,
    ...isKept ? { makeFirst: to, renameTo: pair.to } : {},
    options: {
      ...shared,
      ...resumes ? { onlyChanged: true } : {},
      ...isLeftOut === undefined ? {} : { filter: ({ path, type }) => !isLeftOut(path, type === 'directory') },
      // Without it a tree goes in one trip to one thread.
      ...isVerbose || isDry || settings.isJson || isExact ? { report: () => undefined } : {},
    },
  }
}

export const copy: Command = {
  name: 'copy',
  usage: ['[OPTIONS] FROM TO', '[OPTIONS] FROM… DIRECTORY'],
  text: 'Copies files and trees, as cp -r does: into TO if that is a directory, else as TO. A file appears under its name when it is whole, and so does a tree that is new. Holes stay holes. Links in a tree are copied as links. What cannot be read is told, and the rest is copied.',
  options: [
    { name: 'preserve', short: 'p', text: 'keeps modes, times and, for root, owners' },
    { name: 'verify', text: 'reads each target again before it counts' },
    { name: 'resume', text: 'goes on where a copy was ended, and leaves a journal if it ends again. Of a tree, files that are there whole are passed over; it implies --preserve' },
    { name: 'exclude', value: 'PATTERN', multiple: true, text: "leaves out names such as '*.tmp', directories 'build/', paths '/docs/**/*.md'" },
    { name: 'dry-run', short: 'n', text: 'changes nothing, and tells what would be done' },
    { name: 'verbose', short: 'v', text: 'a line for each entry' },
    ...COMMON_OPTIONS,
  ],
  more: EXIT_CODES,
  async run(given) {
    const settings = settingsOf(given)
    const isDry = given.values['dry-run'] === true
    const isVerbose = given.values['verbose'] === true || isDry
    const resumes = given.values['resume'] === true
    if (resumes && given.values['verify'] === true) throw new UsageError('--resume and --verify exclude each other: what is resumed is checked piece by piece')
    const isLeftOut = excluded(given.lists['exclude'])
    const pairs = await copyPairs(given.positionals.map(exactWord))
    const wishes: Wishes = { given, settings, isVerbose, isDry, resumes, isLeftOut }
    const tasks: Task[] = []
    for (const pair of pairs) tasks.push(await taskOf(pair, wishes))
    const total = tasks.every(({ bytes }) => bytes !== undefined) ? tasks.reduce((sum, { bytes = 0 }) => sum + bytes, 0) : undefined
    return new Mover(settings, { isVerbose, lines: 'stdout' }, total).run(tasks)
  },
}
