// What tests of transfers share: a folder of their own, bytes that can be told apart, and a look at what was left behind.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Folder {
  readonly path: string
  at(name: string): string
  /** Names in it that are not expected. */
  others(...expected: readonly string[]): string[]
  remove(): void
}

export function folderOf(name: string): Folder {
  const path = mkdtempSync(join(tmpdir(), `trueaio-${name}-`))
  return {
    path,
    at: (file) => join(path, file),
    others: (...expected) => readdirSync(path).filter((file) => !expected.includes(file)),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Bytes of which no two pieces are alike. */
export function bytesOf(length: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed * 2654435761 >>> 0 || 1
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return Buffer.from(words.buffer, 0, length)
}

/** Descriptors of this process that lead below a folder, or are deleted there. */
export function openBelow(path: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(path) ? [target] : []
    } catch {
      return [] // the one that the listing itself had
    }
  })
}

/** Nothing of a transfer is left in its folder but these files. */
export function assertClean(folder: Folder, ...expected: readonly string[]): void {
  assert.deepEqual(folder.others(...expected), [])
  assert.deepEqual(openBelow(folder.path), [])
}
