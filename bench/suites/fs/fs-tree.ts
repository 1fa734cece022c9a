// Benchmark suite — whole trees listed and copied: readdir and cp with { recursive: true }, beside `cp -r`. One operation is
// one entry of the tree, so that the rates compare with those of single files. Nothing is removed before the end of the
// run: an ext4 was seen to pass over inodes freed in the last minutes, one by one, when it makes a file (`recently_deleted`
// in its profile), which took 25 µs of a create to 660. So fs-remove runs last.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../contenders/command-process.js'
import type { DataFiles } from '../../workload/data-files.js'
import { OURS_PROMISES, promiseContenders, type PromisesModule } from '../../contenders/fs-contenders.js'
import type { CommandContender, Context, Measurement, Suite, Workload } from '../../suite.js'
import { Unavailable } from '../../suite.js'
import { countEntries, sharedTree } from '../../workload/tree-files.js'

export const READ = 'readdir, recursive'
export const COPY = 'cp, recursive'
export const COPY_COMMAND = 'cp -r'
/** Empty files to list, for each small file of the run. */
const LISTED_FOR_EACH = 10

function expect(what: string, entries: number, wanted: number): void {
  if (entries !== wanted) throw new Error(`${what}: ${String(entries)} entries, of ${String(wanted)}`)
}

/** Half as many files as there are small files: every run leaves a copy of them. */
function treeToCopy({ directory, smallFiles }: DataFiles): { readonly tree: string; readonly entries: number; readonly newCopy: () => string } {
  const tree = join(directory, 'to-copy')
  const entries = sharedTree(tree, Math.ceil(smallFiles / 2), true)
  return { tree, entries, newCopy: () => join(mkdtempSync(join(directory, 'copy-')), 'tree') }
}

/** Lists the same tree as often as time allows. */
function listing({ readdir }: PromisesModule, { files }: Context): Workload {
  const tree = join(files.directory, 'to-list')
  const entries = sharedTree(tree, files.smallFiles * LISTED_FOR_EACH, false)
  return {
    async run(budget) {
      while (budget.take()) {
        expect(READ, (await readdir(tree, { recursive: true })).length, entries)
        budget.add(entries - 1)
      }
    },
    close() { /* the run's directory is removed as a whole */ },
  }
}

/** Copies a tree once a run, to where nothing is. */
function copying({ cp }: PromisesModule, { files }: Context): Workload {
  const { tree, entries, newCopy } = treeToCopy(files)
  let copy = ''
  return {
    prepare() {
      copy = newCopy()
    },
    async run(budget) {
      await cp(tree, copy, { recursive: true })
      budget.add(entries)
    },
    close: () => expect(COPY, countEntries(copy), entries),
  }
}

/** The program people would start instead. Its start, about 2 ms, is part of it. */
const command: CommandContender = {
  kind: 'command', name: COPY_COMMAND, quick: true,
  takesPart: ({ work }) => work === COPY,
  async prepare() {
    if (process.platform === 'win32') throw new Unavailable('there is no cp')
    await runCommand('cp', ['--version'])
  },
  async measure({ files }): Promise<Measurement> {
    const { tree, entries, newCopy } = treeToCopy(files)
    const copy = newCopy()
    const begin = performance.now()
    await runCommand('cp', ['-r', tree, copy])
    const seconds = (performance.now() - begin) / 1000
    expect(COPY_COMMAND, countEntries(copy), entries)
    return { operations: entries, seconds, cpuMicroseconds: undefined, figures: {} }
  },
}

export const fsTree: Suite = {
  name: 'fs-tree',
  title: 'The drop-in: whole trees listed and copied',
  unit: 'entries',
  cases: [READ, COPY].map((work) => ({ name: work, work, inFlight: 1, bytes: 0, quick: true })),
  contenders: [...promiseContenders((module, context, { work }) => (work === READ ? listing : copying)(module, context)), command],
  reference: OURS_PROMISES,
  stride: 1,
  byDefault: false,
}
