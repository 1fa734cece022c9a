// ① interface — posix-aio: the control block. What is asked for stands in its public fields; what became of it is kept
// inside the block as well, where only this module reaches it, so there is no queue of ended requests beside it.
import { invalidArgType } from '../operation/arguments.js'
import type { View } from '../operation/operation.js'
import { byteLengthOf } from '../operation/view.js'
import { LIO_NOP, SIGEV_NONE } from './constants.js'
import { Request } from './request.js'
import type { sigevent } from './sigevent.js'

export type { sigevent } from './sigevent.js'

/** The fields of a control block, as its constructor takes them. */
export interface aiocbFields {
  /** Descriptor number. Default: -1, which is none. */
  readonly aio_fildes?: number
  /**
   * The memory to read into or write from; lent from the submission until the request has ended. Default: null, which
   * is valid for 0 bytes.
   */
  readonly aio_buf?: View | null
  /** Bytes, 0 to the length of `aio_buf`. Default: that length. */
  readonly aio_nbytes?: number
  /** Byte offset in the file, 0 to 2^53 - 1. Files that cannot seek and writes with O_APPEND ignore it. Default: 0. */
  readonly aio_offset?: number
  /** By how much the priority is lowered, 0 to AIO_PRIO_DELTA_MAX. Default: 0. */
  readonly aio_reqprio?: number
  /** How its completion is notified. Default: not at all (`SIGEV_NONE`). */
  readonly aio_sigevent?: sigevent
  /** For `lio_listio`. Default: `LIO_NOP`. */
  readonly aio_lio_opcode?: number
}

const NO_EVENT: sigevent = { sigev_notify: SIGEV_NONE }

/** The request of a control block. @throws ERR_INVALID_ARG_TYPE */
export let requestOf: (block: aiocb) => Request

/**
 * Asynchronous I/O control block, `struct aiocb`.
 *
 * Do not change the block or its buffer while its request is outstanding. Afterwards it may be used again, whether
 * `aio_return` was called or not.
 * @see POSIX.1-2017, <aio.h>
 */
export class aiocb {
  /** The descriptor. */
  aio_fildes: number
  /** The bytes to read into or to write. */
  aio_buf: View | null
  /** How many bytes to transfer. */
  aio_nbytes: number
  /** Where in the file. Ignored where the descriptor cannot seek, or appends. */
  aio_offset: number
  /** By how much its priority is lowered, 0 to AIO_PRIO_DELTA_MAX. */
  aio_reqprio: number
  /** How its completion is notified. */
  aio_sigevent: sigevent
  /** What `lio_listio` does with it: LIO_READ, LIO_WRITE or LIO_NOP. */
  aio_lio_opcode: number
  readonly #request = new Request()

  static {
    requestOf = (block: unknown) => {
      if (typeof block !== 'object' || block === null || !(#request in block)) throw invalidArgType('aiocbp', 'an instance of aiocb', block)
      return block.#request
    }
  }

  constructor(fields: aiocbFields = {}) {
    this.aio_fildes = fields.aio_fildes ?? -1
    this.aio_buf = fields.aio_buf ?? null
    this.aio_nbytes = fields.aio_nbytes ?? (ArrayBuffer.isView(this.aio_buf) ? byteLengthOf(this.aio_buf) : 0)
    this.aio_offset = fields.aio_offset ?? 0
    this.aio_reqprio = fields.aio_reqprio ?? 0
    this.aio_sigevent = fields.aio_sigevent ?? NO_EVENT
    this.aio_lio_opcode = fields.aio_lio_opcode ?? LIO_NOP
  }
}
