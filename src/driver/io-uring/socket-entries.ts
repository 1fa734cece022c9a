// ④ driver — io_uring: sends and receives of one view, which are most of what is asked of sockets, as submission entries. The others are
// written in encode.ts. Works for entries.ts.
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation, type View } from '../../operation/operation.js'
import { MessageFlag } from '../../operation/socket.js'
import type { Submission } from '../../proactor/driver.js'
import { IORING_CQE_F_SOCK_NONEMPTY, IORING_OP, IORING_RECVSEND_POLL_FIRST, Sqe } from '../../ring/layout/io-uring.js'
import type { SubmissionRing } from '../../ring/submission-ring.js'
import { sendsAll } from './encode.js'
import type { RememberedViews } from './views.js'

// As constants of this module, compiled code holds their values.
const { SEND, RECV } = Opcode
const { DESCRIPTOR } = FileKind
const { SEND: RING_SEND, RECV: RING_RECV } = IORING_OP
const { MSG_DONTWAIT, MSG_WAITALL } = MessageFlag
const { FD, ADDR_LOW, ADDR_HIGH, LEN, OP_FLAGS, USER_DATA_LOW, USER_DATA_HIGH, WORDS } = Sqe
const TWO_32 = 4294967296
const POLL_FIRST: number = IORING_RECVSEND_POLL_FIRST << 16

/** Whether it is written here: receives, and sends whose submitter goes on after a short one himself. */
export function isPlain({ detail, fileKind, offset, opcode }: Operation): boolean {
  return fileKind === DESCRIPTOR && (opcode === RECV || (opcode === SEND && offset >= 0 && detail === undefined))
}

export class SocketEntries {
  readonly #submissions: SubmissionRing
  readonly #views: RememberedViews
  readonly #pollsFirst: boolean
  /**
   * By descriptor, 1: its last receive has left nothing behind, so the next one waits first. The kernel then spares a receive that finds
   * nothing. It is a hint: a number that has become another socket's costs that socket a look at its readiness.
   */
  #emptied: Uint8Array = new Uint8Array(1024)

  constructor(submissions: SubmissionRing, views: RememberedViews, setupFlags: number) {
    this.#submissions = submissions
    this.#views = views
    this.#pollsFirst = sendsAll(setupFlags) // both are as old
  }

  /** Writes the next entry. */
  write({ generation, operation, slot }: Submission): void {
    const { file, flags, length, opcode } = operation
    const views = this.#views
    views.remember(slot, generation, operation.buffer as View) // both have one
    const address = views.addresses[slot] as number
    const at = this.#submissions.next()
    const { words } = this.#submissions
    const isSend = opcode === SEND
    const waits = (flags & MSG_DONTWAIT) === 0
    words[at] = isSend ? RING_SEND : waits && file < this.#emptied.length && this.#emptied[file] === 1 ? RING_RECV | POLL_FIRST : RING_RECV
    words[at + FD] = file
    words[at + 2] = 0
    words[at + 3] = 0
    words[at + ADDR_LOW] = address | 0
    words[at + ADDR_HIGH] = (address / TWO_32) | 0
    words[at + LEN] = length
    words[at + OP_FLAGS] = isSend && waits ? flags | MSG_WAITALL : flags
    words[at + USER_DATA_LOW] = slot
    words[at + USER_DATA_HIGH] = generation
    for (let word = at + USER_DATA_HIGH + 1; word < at + WORDS; word++) words[word] = 0
  }

  /** Notes what a receive has left behind. @param flags of its completion */
  received(fd: number, flags: number): void {
    if (!this.#pollsFirst) return
    if (fd >= this.#emptied.length) {
      if ((flags & IORING_CQE_F_SOCK_NONEMPTY) !== 0) return
      const larger = new Uint8Array(Math.max(fd + 1, this.#emptied.length * 2))
      larger.set(this.#emptied)
      this.#emptied = larger
    }
    this.#emptied[fd] = (flags & IORING_CQE_F_SOCK_NONEMPTY) === 0 ? 1 : 0
  }
}
