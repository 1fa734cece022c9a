// ① interface — Linux AIO: the control block a caller fills, the event it gets, and the request in between.
import type { Entry } from '../proactor/in-flight.js'
import { IOCB_FLAG_IOPRIO, IOCB_FLAG_RESFD } from '../ring/layout/linux-aio.js'

type View = NodeJS.ArrayBufferView

/**
 * A control block: struct iocb of linux/aio_abi.h, with a view as its pointer. Any object with these fields is
 * accepted. It is read inside `io_submit` and may be changed and submitted again at once, also while its first request
 * is in flight; the memory of `aio_buf` is lent until the request's event.
 */
export interface Iocb<Data = unknown> {
  /** IOCB_CMD_*. */
  aio_lio_opcode: number
  /** The descriptor. */
  aio_fildes: number
  /** PREAD and PWRITE: the view. PREADV and PWRITEV: at most 1024 views. POLL: the events of poll(2). Otherwise absent or 0. */
  aio_buf?: View | readonly View[] | number | undefined
  /** Bytes to transfer; of PREADV and PWRITEV how many views to use. Default: all. */
  aio_nbytes?: number | undefined
  /** Byte offset in the file, 0 to 2^53 - 1; ignored where there are no positions (pipe, socket). Default: 0. */
  aio_offset?: number | undefined
  /** Returned unchanged in the event. Default: undefined. */
  aio_data?: Data | undefined
  /** Written by `io_submit`: the request's number in its context, for `io_wait`. */
  aio_key?: number | undefined
  /** RWF_*. Default: 0. */
  aio_rw_flags?: number | undefined
  /** I/O priority as ioprio_set(2) has it (class << 13 | level), with IOCB_FLAG_IOPRIO. Default: 0. */
  aio_reqprio?: number | undefined
  /** IOCB_FLAG_RESFD, IOCB_FLAG_IOPRIO. Default: 0. */
  aio_flags?: number | undefined
  /** With IOCB_FLAG_RESFD: an eventfd(2) that is incremented by 1 when the event is there. */
  aio_resfd?: number | undefined
}

/** A completion: struct io_event. */
export class IoEvent<Data = unknown> {
  /** `aio_data` as it was when submitted. */
  readonly data: Data
  /** The control block itself. */
  readonly obj: Iocb
  /** The result: ≥ 0 (bytes, or of a poll its events), or a negative errno. */
  readonly res: number
  /** 0. */
  readonly res2 = 0
  /** The request's number, as `io_submit` wrote it to `aio_key`. */
  readonly key: number

  /** @internal */
  constructor(data: Data, obj: Iocb, res: number, key: number) {
    this.data = data
    this.obj = obj
    this.res = res
    this.key = key
  }
}

/** What a control block holds, each field read once: it may be changed, or have getters, between one look and the next. */
export class Fields {
  opcode: unknown = 0
  fildes = -1
  buf: Iocb['aio_buf'] = undefined
  nbytes: unknown = undefined
  offset = 0
  rwFlags = 0
  reqprio = 0
  flags = 0
  data: unknown = undefined
  resfd: unknown = undefined

  read(iocb: Iocb): void {
    this.opcode = iocb.aio_lio_opcode
    this.fildes = iocb.aio_fildes
    this.buf = iocb.aio_buf
    this.nbytes = iocb.aio_nbytes
    this.offset = iocb.aio_offset ?? 0
    this.rwFlags = iocb.aio_rw_flags ?? 0
    this.flags = iocb.aio_flags ?? 0
    this.data = iocb.aio_data
    this.resfd = (this.flags & IOCB_FLAG_RESFD) === 0 ? undefined : iocb.aio_resfd
    this.reqprio = (this.flags & IOCB_FLAG_IOPRIO) === 0 ? 0 : (iocb.aio_reqprio ?? 0)
  }
}

const NO_IOCB: Iocb = { aio_lio_opcode: -1, aio_fildes: -1 }

/** One in flight. A context uses them again and again, as many as it was set up for at most. */
export class Request {
  iocb: Iocb = NO_IOCB
  readonly fields: Fields = new Fields()
  key = 0
  /** Can be stopped: a poll, or a transfer on something that may be silent for ever. */
  stoppable = false
  stopped = false
  /** A duplicate of the eventfd to count in; -1: none. */
  eventfd = -1
  /** While the engine has it. */
  entry: Entry | undefined = undefined
  /** Its position among those in flight; -1: not in flight. */
  position = -1

  /** Lets go of what is the caller's. */
  clear(): void {
    this.iocb = NO_IOCB
    this.fields.buf = undefined
    this.fields.data = undefined
    this.entry = undefined
  }
}
