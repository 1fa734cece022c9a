// ① interface — `trueaio copy`: files and trees to another place, as cp -r does.
import type { TransferOptions } from '../../transfer/index.js'
import { UsageError, type Command, type Given } from '../command.js'
import { Mover, type Task } from './mover.js'
import { copyPairs, type Pair } from './places.js'
import { COMMON_OPTIONS, TREE_OPTIONS } from './settings.js'
import { bytesBelow } from './tree-bytes.js'
import { treeWishes, type TreeWishes } from './tree-command.js'
import { directoryOf, joined, lastName, shown } from './words.js'

/** From here on exact progress costs less than a twentieth of the copy. */
const LARGE_FILE_BYTES = 2 ** 20

export const EXIT_CODES = 'Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 23 some of it could not be copied, 24 some had vanished, 124 --timeout has passed, 130 stopped by Ctrl-C.'

/** Beside the target: the journal of a file that can be resumed, or a tree until it is whole. */
export function journalOf(to: string | Buffer): string | Buffer {
  const name = lastName(to)
  const hidden = typeof name === 'string' ? `.${name}.trueaio-resume` : Buffer.concat([Buffer.from('.'), name, Buffer.from('.trueaio-resume')])
  return joined(directoryOf(to), hidden)
}

async function taskOf(pair: Pair, { values }: Given, resumes: boolean, { settings, isVerbose, isDry, isLeftOut, ofAll, ofTrees }: TreeWishes): Promise<Task> {
  const { from, stats, there } = pair
  const isTree = stats.isDirectory()
  const isKept = resumes && isTree && there === undefined
  const to = isKept && !isDry ? journalOf(pair.to) : pair.to
  const shared: TransferOptions = { ...ofAll, preserve: values['preserve'] === true || (resumes && isTree) }
  const names = { from, to, fromText: shown(from), toText: shown(pair.to), isTree, isDry }
  if (!isTree) return { ...names, bytes: stats.size, options: { ...shared, ...resumes ? { resume: journalOf(to) } : {} } }
  const below = Mover.isWatched(settings) ? await bytesBelow(from, isLeftOut) : undefined
  const isExact = below !== undefined && below.bytes >= below.files * LARGE_FILE_BYTES
  return {
    ...names, bytes: below?.bytes,
    ...isKept ? { makeFirst: to, renameTo: pair.to } : {},
    options: {
      ...shared, ...ofTrees,
      ...resumes ? { onlyChanged: true } : {},
      // Without it a tree goes in one trip to one thread.
      ...isVerbose || isDry || settings.isJson || isExact ? { report: () => undefined } : {},
    },
  }
}

export const copy: Command = {
  name: 'copy',
  usage: ['[OPTIONS] FROM TO', '[OPTIONS] FROM… DIRECTORY'],
  text: 'Copies files and trees, as cp -r does: into TO if that is a directory, else as TO. A file appears under its name when it is complete, and so does a new tree. Holes stay holes. Links in a tree are copied as links. What cannot be read is reported, and the rest is copied.',
  options: [
    { name: 'preserve', short: 'p', text: 'keeps modes, times and, for root, owners' },
    { name: 'resume', text: 'continues where a copy ended, and leaves a journal if it ends early again. In a tree, files that are complete are skipped; implies --preserve' },
    { name: 'exclude', value: 'PATTERN', multiple: true, text: "leaves out names such as '*.tmp', directories 'build/', paths '/docs/**/*.md'" },
    ...TREE_OPTIONS,
    ...COMMON_OPTIONS,
  ],
  more: EXIT_CODES,
  async run(given) {
    const wishes = treeWishes(given)
    const resumes = given.values['resume'] === true
    if (resumes && given.values['verify'] === true) throw new UsageError('--resume and --verify exclude each other: a resumed copy is checked piece by piece')
    const tasks: Task[] = []
    for (const pair of await copyPairs(wishes.words)) tasks.push(await taskOf(pair, given, resumes, wishes))
    const total = tasks.every(({ bytes }) => bytes !== undefined) ? tasks.reduce((sum, { bytes = 0 }) => sum + bytes, 0) : undefined
    return new Mover(wishes.settings, { isVerbose: wishes.isVerbose, lines: 'stdout' }, total).run(tasks)
  },
}
