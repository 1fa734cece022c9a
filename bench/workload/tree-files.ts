// Benchmark — directory trees for the suite `fs-tree`: made, copied and counted by Node's synchronous functions, outside
// of what is measured.
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { smallFileBytes } from './data-files.js'

/** Files in each directory, and directories in the directory above: a tree of three levels, as packages are. */
const WIDTH = 20

/** Makes a tree of so many files; each has as many bytes as a small file of that number, or none. @returns entries */
export function makeTree(root: string, files: number, filled: boolean): number {
  const content = Buffer.alloc(8192, 'tree ')
  let entries = 0
  let directory = root
  for (let index = 0; index < files; index++) {
    if (index % WIDTH === 0) {
      const number = index / WIDTH
      if (number % WIDTH === 0) entries++
      directory = join(root, String(Math.floor(number / WIDTH)), String(number % WIDTH))
      mkdirSync(directory, { recursive: true })
      entries++
    }
    const path = join(directory, `file-${String(index)}`)
    if (filled) writeFileSync(path, content.subarray(0, smallFileBytes(index)))
    else closeSync(openSync(path, 'w'))
    entries++
  }
  return entries
}

/** Makes the tree unless another contender has already: those that only read one share it. @returns entries */
export function sharedTree(root: string, files: number, filled: boolean): number {
  return existsSync(root) ? countEntries(root) : makeTree(root, files, filled)
}

export function countEntries(root: string): number {
  return readdirSync(root, { recursive: true }).length
}
