// ① interface — verify: the target is read again, and must be what was written; with 'source' the source is, too. Digests are computed once more by Node, and
// what was packed or encrypted is undone: a device that lied is found, and is not taken again.
import { createHash } from 'node:crypto'
import { read } from '../../operation/file.js'
import type { OpenSource, OpenTarget } from '../ends/end.js'
import { located, transferProblem } from '../errors.js'
import type { Flow } from '../pieces/flow.js'
import { operations, type Stage } from '../registry/index.js'
import type { BegunStage } from '../through/stages.js'
import { transforms } from '../through/stage-works.js'
import { verifyingHash, type Watched } from './watched.js'

export type Verify = 'target' | 'source'

const PIECE_BYTES = 2 ** 20

export interface Verified extends Pick<Flow, 'io' | 'signal' | 'source' | 'target' | 'sourceName' | 'targetName'> {
  /** Bytes that were written, from the beginning of the target's range. */
  readonly written: number
  readonly watched: Watched
  readonly stages: readonly BegunStage[]
  readonly digests: Readonly<Record<string, Buffer>>
}

/** Why these ends cannot be verified; undefined: they can. */
export function whyNotVerified(verify: Verify, source: OpenSource, target: OpenTarget): string | undefined {
  if (target.viewAt === undefined && (target.kind !== 'file' || target.descriptor?.offset === undefined)) return 'the target cannot be read again'
  if (verify === 'source' && source.viewAt === undefined && source.readAt === undefined) return 'the source cannot be read again'
  return undefined
}

/** @throws ERR_TRUEAIO_VERIFY */
export async function verifyAll(verify: Verify, verified: Verified): Promise<void> {
  const { source, sourceName, target, targetName, watched, written } = verified
  const plain = new Plain(verified)
  try {
    const there = verifyingHash()
    for await (const piece of piecesOf(verified, target, written)) {
      there.update(piece)
      await plain.update(piece)
    }
    if (!there.digest().equals(watched.behind())) throw wrong(targetName, 'target', 'it is not what was written')
    await plain.end()
  } finally {
    plain.close()
  }
  if (verify !== 'source') return
  const again = verifyingHash()
  for await (const piece of piecesOf(verified, source, source.size ?? 0)) again.update(piece)
  if (!again.digest().equals(watched.before())) throw wrong(sourceName, 'source', 'it is not what was read')
}

function wrong(name: string, which: 'source' | 'target', what: string): Error {
  return located(transferProblem('ERR_TRUEAIO_VERIFY', `read again, ${what}`), { end: `${which} ${name}`, step: 'verify' })
}

async function* piecesOf({ io, signal, source, target }: Verified, end: OpenSource | OpenTarget, bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (end.viewAt !== undefined) {
    for (let at = 0; at < bytes; at += PIECE_BYTES) yield end.viewAt(at, Math.min(PIECE_BYTES, bytes - at))
    return
  }
  const { fd, offset = 0 } = end.descriptor ?? { fd: -1 }
  const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes))
  for (let at = 0; at < bytes;) {
    const count = await io.submit(read(fd, buffer.subarray(0, Math.min(buffer.length, bytes - at)), offset + at), { signal })
    // A hole at a new target's end is there once its length is set, which comes last. Any other one is shorter than it was: the hashes differ.
    if (count === 0 && !(end === target && target.isFresh && source.facts?.isSparse === true)) return
    const piece = count === 0 ? buffer.fill(0).subarray(0, Math.min(buffer.length, bytes - at)) : buffer.subarray(0, count)
    yield piece
    at += piece.length
  }
}

/** The stages undone, last to first, and the digests of what comes out. */
class Plain {
  readonly #verified: Verified
  readonly #undoing: Stage[] = []
  readonly #before = verifyingHash()
  readonly #hashes: { readonly begun: BegunStage, readonly hash: ReturnType<typeof createHash> }[] = []
  readonly #canUndo: boolean
  #isBegun = false

  constructor(verified: Verified) {
    this.#verified = verified
    const changing = verified.stages.filter(({ work }) => transforms(work))
    this.#canUndo = changing.every(({ work: { operation } }) => UNDONE_BY[operation] !== undefined)
    for (const begun of verified.stages) {
      if (transforms(begun.work)) break
      const algorithm = begun.work.options?.['algorithm']
      if (begun.work.operation === 'hash' && typeof algorithm === 'string') this.#hashes.push({ begun, hash: createHash(algorithm) })
    }
  }

  async update(piece: Uint8Array): Promise<void> {
    if (!this.#canUndo) return
    await this.#begin()
    let pieces: readonly Uint8Array[] = [piece]
    for (const stage of this.#undoing) pieces = await through(stage, pieces)
    this.#take(pieces)
  }

  async #begin(): Promise<void> {
    if (this.#isBegun) return
    this.#isBegun = true
    for (const { work } of [...this.#verified.stages].reverse()) {
      const operation = UNDONE_BY[work.operation]
      if (operation === undefined) continue
      // A level is how it was packed.
      const options = Object.fromEntries(Object.entries(work.options ?? {}).filter(([name]) => name !== 'level'))
      const undo = { operation, options, stream: true }
      const stage = await operations.choose(undo).device.start?.(undo)
      if (stage !== undefined) this.#undoing.push(stage)
    }
  }

  #take(pieces: readonly Uint8Array[]): void {
    for (const bytes of pieces) {
      this.#before.update(bytes)
      for (const { hash } of this.#hashes) hash.update(bytes)
    }
  }

  async end(): Promise<void> {
    if (!this.#canUndo) return
    await this.#begin()
    const { watched, stages, digests } = this.#verified
    const changing = stages.filter(({ work }) => transforms(work))
    try {
      let pieces: readonly Uint8Array[] = []
      for (const stage of this.#undoing) {
        const passed = await through(stage, pieces)
        const { output = [] } = await stage.end()
        pieces = [...passed, ...output]
      }
      this.#take(pieces)
    } catch (error) {
      for (const begun of changing) blame(begun, error as Error)
    }
    if (!this.#before.digest().equals(watched.before())) for (const begun of changing) blame(begun, transferProblem('ERR_TRUEAIO_VERIFY', 'undone, its output is not what went in'))
    for (const { begun, hash } of this.#hashes) {
      if (digests[begun.name]?.equals(hash.digest()) !== true) blame(begun, transferProblem('ERR_TRUEAIO_VERIFY', 'computed again, the digest is another one'))
    }
  }

  close(): void {
    for (const stage of this.#undoing) stage.close()
  }
}

const UNDONE_BY: Readonly<Record<string, string>> = { compress: 'decompress', cipher: 'decipher' }

function blame({ choice, work, name }: BegunStage, error: Error): never {
  const reason = error.message
  operations.failed(choice.device, work, error, { forGood: true })
  throw located(transferProblem('ERR_TRUEAIO_VERIFY', reason), { end: 'transfer', step: name, device: choice.device.name })
}

async function through(stage: Stage, pieces: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const outputs: Uint8Array[] = []
  for (const piece of pieces) outputs.push(...(await stage.update(piece)) ?? [])
  return outputs
}
