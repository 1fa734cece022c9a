// Benchmark of peers — the files and trees that tasks work on. What a pass uses up is made before its process starts.
import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { smallFilePath, type DataFiles } from '../workload/data-files.js'
import { countEntries, makeTree, sharedTree } from '../workload/tree-files.js'
import type { Task } from './tasks.js'

const TMPFS = '/dev/shm'
/** Empty files to list, for each small file of the run. */
const LISTED_FOR_EACH = 10
/** Files of a tree to copy or remove, of each small file of the run. */
const TREE_SHARE = 0.5

export interface PassPaths {
  readonly source: string
  readonly target: string
}

export class PeerData {
  readonly #files: DataFiles
  /** On tmpfs, or the run's own directory where there is none. */
  readonly #fast: string
  #trees = 0

  constructor(files: DataFiles) {
    this.#files = files
    this.#fast = fastDirectory(files.directory)
  }

  /** Removes what lies outside of the run's own directory. */
  close(): void {
    if (this.#fast !== this.#files.directory) rmSync(this.#fast, { recursive: true, force: true })
  }

  get smallFiles(): string[] {
    return Array.from({ length: this.#files.smallFiles }, (_, index) => smallFilePath(this.#files, index))
  }

  /** Entries of a task's tree; 0: it has none. */
  entries(task: Task): number {
    if (task.source === 'listed tree') return sharedTree(this.#listed, this.#files.smallFiles * LISTED_FOR_EACH, false)
    return task.source === 'tree' || task.source === 'own tree' ? sharedTree(this.#tree, this.#treeFiles, true) : 0
  }

  /** Fresh paths for one pass. */
  paths(task: Task): PassPaths {
    const place = task.onTmpfs ? this.#fast : this.#files.directory
    const target = task.target === 'new' ? join(mkdtempSync(join(place, 'target-')), 'made') : ''
    switch (task.source) {
      case 'small files': return { source: '', target }
      case 'large file': return { source: this.#large(place), target }
      case 'listed tree': return { source: this.#listed, target }
      case 'tree': return { source: this.#tree, target }
      case 'own tree': {
        const tree = join(this.#fast, `own-${String(this.#trees++)}`)
        makeTree(tree, this.#treeFiles, true)
        return { source: tree, target }
      }
    }
  }

  /** Checks what a pass has left, and removes it. */
  settle(task: Task, { source, target }: PassPaths): void {
    if (task.source === 'own tree' && existsSync(source)) throw new Error(`${source} is still there`)
    if (target === '') return
    if (task.source === 'tree') {
      const [copied, wanted] = [countEntries(target), this.entries(task)]
      if (copied !== wanted) throw new Error(`${String(copied)} entries copied, of ${String(wanted)}`)
    }
    rmSync(join(target, '..'), { recursive: true })
  }

  get #treeFiles(): number {
    return Math.ceil(this.#files.smallFiles * TREE_SHARE)
  }

  get #tree(): string {
    return join(this.#fast, 'tree')
  }

  get #listed(): string {
    return join(this.#files.directory, 'listed')
  }

  #large(place: string): string {
    if (place === this.#files.directory) return this.#files.blocks
    const copy = join(place, 'blocks')
    if (!existsSync(copy)) copyFileSync(this.#files.blocks, copy)
    return copy
  }
}

function fastDirectory(other: string): string {
  try {
    accessSync(TMPFS, constants.W_OK)
    return mkdtempSync(join(TMPFS, '.trueaio-bench-'))
  } catch {
    return other // no tmpfs that we may write to: the figures are those of the run's own file system
  }
}
