// ① interface — whether two files of one size have the same bytes: both are read, up to the first difference.
import { closeKept } from '../../lasting.js'
import { read } from '../../operation/file.js'
import { kept, open } from '../../operation/path.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { PathBytes } from '../ends/path-bytes.js'

const PIECE_BYTES = 2 ** 18

export async function haveSameContents(io: Proactor, left: PathBytes, right: PathBytes, size: number, signal: AbortSignal): Promise<boolean> {
  const [one, other] = await Promise.all([left, right].map((path) => Reader.open(io, path, Math.min(size, PIECE_BYTES))))
  try {
    if (one === undefined || other === undefined) return false
    for (let at = 0; at < size;) {
      signal.throwIfAborted()
      const wanted = Math.min(PIECE_BYTES, size - at)
      const [first, second] = await Promise.all([one.fill(at, wanted), other.fill(at, wanted)])
      if (first.length < wanted || !first.equals(second)) return false
      at += wanted
    }
    return true
  } finally {
    await Promise.all([one?.close(), other?.close()])
  }
}

class Reader {
  readonly #io: Proactor
  readonly #fd: number
  readonly #memory: Buffer

  private constructor(io: Proactor, fd: number, bytes: number) {
    this.#io = io
    this.#fd = fd
    this.#memory = Buffer.allocUnsafe(bytes)
  }

  /** Undefined: it cannot be read, so that nobody knows. */
  static async open(io: Proactor, path: PathBytes, bytes: number): Promise<Reader | undefined> {
    const fd = await io.submit(kept(open(path))).catch(() => undefined)
    return fd === undefined ? undefined : new Reader(io, fd, bytes)
  }

  /** So many bytes, or those up to the end. */
  async fill(offset: number, bytes: number): Promise<Buffer> {
    let got = 0
    while (got < bytes) {
      const count = await this.#io.submit(read(this.#fd, this.#memory.subarray(got, bytes), offset + got))
      if (count === 0) break
      got += count
    }
    return this.#memory.subarray(0, got)
  }

  close(): Promise<unknown> {
    return closeKept(this.#io, this.#fd)
  }
}
