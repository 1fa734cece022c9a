// ① interface — `trueaio sync`: makes a directory the same as another one, and copies only what differs, as rsync -a does.
import type { TransferOptions } from '../../transfer/index.js'
import type { Stats } from 'node:fs'
import type { Command } from '../command.js'
import { EXIT_CODES } from './copy.js'
import { Mover, type Task } from './mover.js'
import { syncPair } from './places.js'
import { COMMON_OPTIONS, TREE_OPTIONS } from './settings.js'
import { treeWishes } from './tree-command.js'
import { shown } from './words.js'

function isUnchanged(stats: Stats, there: Stats | undefined): boolean {
  return there?.isFile() === true && there.size === stats.size && there.mtimeMs === stats.mtimeMs && there.mode === stats.mode
}

export const sync: Command = {
  name: 'sync',
  usage: ['[OPTIONS] FROM TO'],
  text: 'Makes the directory TO the same as the directory FROM, and copies only what differs, as rsync -a FROM/ TO does: files of another size or time, links of another text, other modes and times. Each file is replaced when its copy is complete, so the command may be ended at any point and run again. What cannot be read is reported, and the rest is copied.',
  options: [
    { name: 'delete', text: 'deletes in TO what is not in FROM, and entries of another type' },
    { name: 'checksum', short: 'c', text: 'compares the bytes of files of the same size, whatever their times' },
    { name: 'exclude', value: 'PATTERN', multiple: true, text: "leaves out, and does not delete, names such as '*.tmp', directories 'build/', paths '/docs/**/*.md'" },
    ...TREE_OPTIONS,
    ...COMMON_OPTIONS,
  ],
  more: EXIT_CODES,
  async run(given) {
    const { settings, isDry, isVerbose, words, ofAll, ofTrees } = treeWishes(given)
    const { from, to, stats, there } = await syncPair(words)
    const isTree = stats.isDirectory()
    const comparesBytes = given.values['checksum'] === true
    const options: TransferOptions = {
      ...ofAll, preserve: true,
      ...isTree ? { ...ofTrees, onlyChanged: comparesBytes ? 'contents' : true, delete: given.values['delete'] === true, report: () => undefined } : {},
    }
    const task: Task = {
      from, to, fromText: shown(from), toText: shown(to), isTree, isDry, options, bytes: isTree ? undefined : stats.size,
      ...isTree && there === undefined ? { makeFirst: to } : {},
    }
    const isDone = !isTree && !comparesBytes && ofAll.xattrs !== true && isUnchanged(stats, there)
    return new Mover(settings, { isVerbose, lines: 'stdout' }, undefined).run(isDone ? [] : [task])
  },
}
