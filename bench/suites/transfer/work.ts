// Benchmark suite — what is moved in the suite `transfer`, where it goes, and whether all of it came.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Case, Context } from '../../suite.js'
import { sharedTree } from '../../workload/tree-files.js'

export const COPY = 'file → file, progress on'
export const HASH = 'file → file, sha256 on the way'
export const SEND = 'file → tcp'
export const RECEIVE = 'tcp → file'
export const TREE = 'a tree of files'

const MIB = 2 ** 20

/** The file or tree, and its MiB or entries. */
export function sourceOf({ files }: Context, { work }: Case): { readonly source: string, readonly operations: number } {
  if (work !== TREE) return { source: files.blocks, operations: files.blocksBytes / MIB }
  const source = join(files.directory, 'transfer-tree')
  return { source, operations: sharedTree(source, Math.ceil(files.smallFiles / 2), true) }
}

let last: string | undefined

/** A place where nothing is yet; what this process had at the last one is gone. */
export function newTarget({ files }: Context): string {
  if (last !== undefined) rmSync(last, { recursive: true, force: true })
  last = mkdtempSync(join(files.directory, 'transfer-'))
  return join(last, 'target')
}

/** @throws where it is not the whole file */
export function operationsOf({ files }: Context, bytes: number): void {
  if (bytes !== files.blocksBytes) throw new Error(`${String(bytes)} bytes came, of ${String(files.blocksBytes)}`)
}
