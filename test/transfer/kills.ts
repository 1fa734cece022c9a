// Kills transfers at random points and makes them again, until they end: the bytes are equal, and nothing that the journal tells of is read again.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseRecords } from '#src/transfer/resume/records.js'
import { transfer } from 'trueaio/transfer'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const program = fileURLToPath(new URL('./programs/killed.js', import.meta.url))
const PIECE_BYTES = 65536
const WORKERS = 4

/** @param kills how many processes are killed in all @param seed repeats the points */
export async function killAndResume(kills: number, seed: number): Promise<void> {
  const folder = folderOf('transfer-killed')
  const size = 3_000_000 + seed % 1000
  const bytes = bytesOf(size, seed)
  writeFileSync(folder.at('source'), bytes)
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state % below
  }
  for (let round = 0; round < kills; round++) {
    const at = random(size)
    const { signal, status } = spawnSync(process.execPath, [program, folder.at('source'), folder.at('target'), folder.at('journal'), String(at), String(PIECE_BYTES), String(WORKERS)])
    if (signal === null) {
      assert.equal(status, 0)
      assert.ok(readFileSync(folder.at('target')).equals(bytes))
    }
    if (random(3) !== 0 && round + 1 < kills) continue // killed again, where it was
    const records = existsSync(folder.at('journal')) ? parseRecords(readFileSync(folder.at('journal'))) : undefined
    const noted = records?.pieces.reduce((sum, { length }) => sum + length, 0) ?? 0
    // Pieces that are there, and that the journal does not know: at most one of each worker.
    const partial = folder.others('source', 'target', 'journal').map((name) => readFileSync(folder.at(name)))[0] ?? Buffer.alloc(0)
    let there = 0
    for (let piece = 0; piece < size; piece += PIECE_BYTES) {
      const end = Math.min(piece + PIECE_BYTES, size)
      if (partial.length >= end && partial.subarray(piece, end).equals(bytes.subarray(piece, end))) there += end - piece
    }
    const result = await transfer(folder.at('source'), folder.at('target'), { resume: folder.at('journal'), pieces: { size: PIECE_BYTES, inFlight: WORKERS } })
    assert.equal(result.bytes, size, `seed ${String(seed)}`)
    if (noted > 0) {
      assert.ok(result.written <= size - noted, `${String(result.written)} bytes written, ${String(noted)} of ${String(size)} were noted; seed ${String(seed)}`)
      assert.ok(there - noted <= WORKERS * PIECE_BYTES, `${String(there)} bytes there, ${String(noted)} noted; seed ${String(seed)}`)
    }
    assert.ok(readFileSync(folder.at('target')).equals(bytes), `seed ${String(seed)}`)
    assertClean(folder, 'source', 'target')
    writeFileSync(folder.at('target'), 'old')
  }
  folder.remove()
}
