// Benchmark suite — whole trees: readdir, cp and rm with { recursive: true }, beside `cp -r` and `rm -rf`. One operation
// is one entry of the tree, so that the rates compare with those of single files.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../command-process.js'
import type { DataFiles } from '../data-files.js'
import { OURS_PROMISES, promiseContenders, type PromisesModule } from '../fs-contenders.js'
import type { CommandContender, Context, Measurement, Suite, Workload } from '../suite.js'
import { Unavailable } from '../suite.js'
import { countEntries, makeTree } from '../tree-files.js'

export const READ = 'readdir, recursive'
export const COPY = 'cp, recursive'
export const REMOVE = 'rm, recursive'
export const COMMAND = 'cp -r, rm -rf'
/** Empty files to list, for each small file of the run. */
const LISTED_FOR_EACH = 10

function expect(what: string, entries: number, wanted: number): void {
  if (entries !== wanted) throw new Error(`${what}: ${String(entries)} entries, of ${String(wanted)}`)
}

function makeRoot({ directory }: DataFiles): { readonly tree: string; readonly copy: string; readonly close: () => void } {
  const root = mkdtempSync(join(directory, 'trees-'))
  return { tree: join(root, 'tree'), copy: join(root, 'copy'), close: () => rmSync(root, { recursive: true, force: true }) }
}

/** Lists the same tree as often as time allows. */
function listing({ readdir }: PromisesModule, { files }: Context): Workload {
  const { tree, close } = makeRoot(files)
  const entries = makeTree(tree, files.smallFiles * LISTED_FOR_EACH, false)
  return {
    async run(budget) {
      while (budget.take()) {
        expect(READ, (await readdir(tree, { recursive: true })).length, entries)
        budget.add(entries - 1)
      }
    },
    close,
  }
}

/** Copies a tree once a run, to where nothing is. */
function copying({ cp }: PromisesModule, { files }: Context): Workload {
  const { tree, copy, close } = makeRoot(files)
  const entries = makeTree(tree, files.smallFiles, true)
  return {
    prepare: () => rmSync(copy, { recursive: true, force: true }),
    async run(budget) {
      await cp(tree, copy, { recursive: true })
      budget.add(entries)
    },
    close() {
      expect(COPY, countEntries(copy), entries)
      close()
    },
  }
}

/** Removes a tree once a run. */
function removing({ rm }: PromisesModule, { files }: Context): Workload {
  const { tree, close } = makeRoot(files)
  let entries = 0
  return {
    prepare() {
      entries = makeTree(tree, files.smallFiles, true)
    },
    async run(budget) {
      await rm(tree, { recursive: true })
      if (existsSync(tree)) throw new Error('rm left the tree behind')
      budget.add(entries)
    },
    close,
  }
}

/** The programs people would start instead. Their start, about 2 ms, is part of it. */
const command: CommandContender = {
  kind: 'command', name: COMMAND, quick: true,
  takesPart: ({ work }) => work !== READ,
  async prepare() {
    if (process.platform === 'win32') throw new Unavailable('there is no cp or rm')
    await runCommand('cp', ['--version'])
  },
  async measure({ files }, { work }): Promise<Measurement> {
    const { tree, copy, close } = makeRoot(files)
    try {
      const operations = makeTree(tree, files.smallFiles, true)
      const begin = performance.now()
      if (work === COPY) await runCommand('cp', ['-r', tree, copy])
      else await runCommand('rm', ['-rf', tree])
      const seconds = (performance.now() - begin) / 1000
      if (work === COPY) expect('cp -r', countEntries(copy), operations)
      return { operations, seconds, cpuMicroseconds: undefined, figures: {} }
    } finally {
      close()
    }
  },
}

export const fsTree: Suite = {
  name: 'fs-tree',
  title: 'The drop-in: whole trees',
  unit: 'entries',
  cases: [READ, COPY, REMOVE].map((work) => ({ name: work, work, inFlight: 1, bytes: 0, quick: true })),
  contenders: [
    ...promiseContenders((module, context, { work }) => (work === READ ? listing : work === COPY ? copying : removing)(module, context)),
    command,
  ],
  reference: OURS_PROMISES,
  stride: 1,
  byDefault: false,
}
