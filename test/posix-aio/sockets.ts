// A pair of connected datagram sockets, made by the system calls themselves: Node has none of the kind. What is written to
// one end stays in its send buffer until the other end is read.
import assert from 'node:assert/strict'
import { closeSync, readSync } from 'node:fs'
import { SYS } from 'trueaio'
import { loadBinding } from '#src/native/load.js'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const F_SETFL = 4
const O_NONBLOCK = 0o4000

function call(name: 'socketpair' | 'getsockopt' | 'fcntl', ...values: readonly (number | NodeJS.ArrayBufferView)[]): number {
  const { binding, reason } = loadBinding()
  assert.ok(binding !== undefined, reason)
  const words = new BigInt64Array(6)
  values.forEach((value, index) => {
    words[index] = BigInt(typeof value === 'number' ? value : binding.address(value))
  })
  const result = binding.systemCall(SYS[name] ?? -1, words)
  assert.ok(result >= 0, `${name}: ${String(result)}`)
  return result
}

export class SocketPair implements Disposable {
  /** Written to; blocks when full. */
  readonly writeEnd: number
  readonly #readEnd: number
  /** Bytes of one datagram of which the send buffer takes two. */
  readonly half: number

  constructor() {
    const ends = new Int32Array(2)
    call('socketpair', AF_UNIX, SOCK_DGRAM, 0, ends)
    const [writeEnd = -1, readEnd = -1] = ends
    const size = new Int32Array(1)
    call('getsockopt', writeEnd, SOL_SOCKET, SO_SNDBUF, size, Int32Array.of(4))
    call('fcntl', readEnd, F_SETFL, O_NONBLOCK)
    this.writeEnd = writeEnd
    this.#readEnd = readEnd
    this.half = (size[0] ?? 0) / 2
  }

  /** Takes out what is there. Returns the first bytes of the datagrams. */
  drain(): number[] {
    const buffer = Buffer.alloc(this.half)
    const seen: number[] = []
    for (;;) {
      try {
        if (readSync(this.#readEnd, buffer) === 0) return seen
        seen.push(buffer[0] ?? -1)
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
        return seen
      }
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.writeEnd)
    closeSync(this.#readEnd)
  }
}
