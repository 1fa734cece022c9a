// Benchmark suite — whole trees removed: rm with { recursive: true }, beside `rm -rf`. The last suite that makes files,
// for the reason that fs-tree.ts gives.
import { existsSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../contenders/command-process.js'
import type { DataFiles } from '../../workload/data-files.js'
import { OURS_PROMISES, promiseContenders } from '../../contenders/fs-contenders.js'
import type { CommandContender, Measurement, Suite } from '../../suite.js'
import { Unavailable } from '../../suite.js'
import { makeTree } from '../../workload/tree-files.js'

export const REMOVE = 'rm, recursive'
export const REMOVE_COMMAND = 'rm -rf'
/** Share of the small files' number: each run makes a tree of so many. */
const SHARE = 0.4

function newTree({ directory, smallFiles }: DataFiles): { readonly tree: string; readonly entries: number } {
  const tree = join(mkdtempSync(join(directory, 'remove-')), 'tree')
  return { tree, entries: makeTree(tree, Math.ceil(smallFiles * SHARE), true) }
}

function expectGone(tree: string): void {
  if (existsSync(tree)) throw new Error('the tree is still there')
}

/** The program people would start instead. Its start, about 2 ms, is part of it. */
const command: CommandContender = {
  kind: 'command', name: REMOVE_COMMAND, quick: true,
  async prepare() {
    if (process.platform === 'win32') throw new Unavailable('there is no rm')
    await runCommand('rm', ['--version'])
  },
  async measure({ files }): Promise<Measurement> {
    const { tree, entries } = newTree(files)
    const begin = performance.now()
    await runCommand('rm', ['-rf', tree])
    const seconds = (performance.now() - begin) / 1000
    expectGone(tree)
    return { operations: entries, seconds, cpuMicroseconds: undefined, figures: {} }
  },
}

export const fsRemove: Suite = {
  name: 'fs-remove',
  title: 'The drop-in: whole trees removed',
  unit: 'entries',
  cases: [{ name: REMOVE, work: '', inFlight: 1, bytes: 0, quick: true }],
  contenders: [
    ...promiseContenders(({ rm }, { files }) => {
      let { tree, entries } = { tree: '', entries: 0 }
      return {
        prepare() {
          ({ tree, entries } = newTree(files))
        },
        async run(budget) {
          await rm(tree, { recursive: true })
          expectGone(tree)
          budget.add(entries)
        },
        close() { /* nothing is left */ },
      }
    }),
    command,
  ],
  reference: OURS_PROMISES,
  stride: 1,
  byDefault: false,
}
