// ① interface — what copy and sync begin with: their common options, and what these become.
import type { TransferOptions } from '../../transfer/index.js'
import type { Given } from '../command.js'
import { excluded } from './exclude.js'
import { settingsOf, type Settings } from './settings.js'
import { exactWord } from './words.js'

/** What is asked of each of their transfers. */
export interface TreeWishes {
  readonly settings: Settings
  readonly isVerbose: boolean
  readonly isDry: boolean
  readonly isLeftOut: ReturnType<typeof excluded>
  readonly words: readonly (string | Buffer)[]
  /** Of every transfer, a tree's or a file's. */
  readonly ofAll: TransferOptions
  /** Of a tree's. */
  readonly ofTrees: TransferOptions
}

/** @throws UsageError */
export function treeWishes(given: Given): TreeWishes {
  const { values, lists, positionals } = given
  const settings = settingsOf(given)
  const isDry = values['dry-run'] === true
  const isLeftOut = excluded(lists['exclude'])
  return {
    settings, isDry, isVerbose: values['verbose'] === true || isDry, isLeftOut, words: positionals.map(exactWord),
    ofAll: { ...values['verify'] === true ? { verify: 'target' } : {}, ...values['xattrs'] === true ? { xattrs: true } : {} },
    ofTrees: {
      ...values['hard-links'] === true ? { hardLinks: true } : {},
      ...isLeftOut === undefined ? {} : { filter: ({ path, type }) => !isLeftOut(path, type === 'directory') },
    },
  }
}
