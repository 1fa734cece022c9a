// ④ driver — linux-aio: whether this kernel gives us a context, of how many requests, and what it carries out. A refusal
// names the likely cause and what to change.
import { readFileSync } from 'node:fs'
import type { Binding, NativeAio } from '../../native/binding.js'
import { OPCODE_COUNT, Opcode } from '../../operation/opcode.js'
import { Errno, errorCode, isTransient } from '../../operation/system-error.js'
import { Support, type Refusal } from '../../proactor/driver.js'
import { AIO_CONTROL_BYTES, AioControl } from '../../ring/layout/linux-aio.js'
import { storeForSystemCall } from '../../ring/ordering.js'
import { COMMAND } from './encode.js'

/**
 * Requests in one context at most. The system's are counted (fs.aio-max-nr, 65536 by default) and shared with databases
 * that can do without nothing else; a device's queue is no longer than this.
 */
const REQUESTS_MAX = 1024
const REQUESTS_LEAST = 64

export interface Context {
  readonly native: NativeAio
  readonly capacity: number
}

/** A context for as many requests as are wanted and available, or why there is none. */
export function setUpContext(binding: Binding, wanted: number, onReadable: () => void): Context | Refusal {
  if (binding.aioCreate === undefined) return { refused: `its system calls are Linux's; this is ${process.platform}` }
  let capacity = Math.min(wanted, REQUESTS_MAX)
  for (;;) {
    let native: NativeAio | number
    try {
      native = binding.aioCreate(capacity, onReadable)
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error), isTransient: true }
    }
    if (typeof native !== 'number') return tried(native) ?? { native, capacity }
    // Less may be left: half as many will do, down to what still fills a device's queue.
    if (native !== Errno.EAGAIN || capacity <= REQUESTS_LEAST) return { refused: refusal(native, capacity), isTransient: isTransient(native) }
    capacity = Math.max(REQUESTS_LEAST, capacity >> 1)
  }
}

/** Tries the calls that a context needs, for nothing: filters forbid them one by one. Undefined: all are answered. */
function tried(native: NativeAio): Refusal | undefined {
  const control = new Int32Array(native.shared, 0, AIO_CONTROL_BYTES >> 2)
  storeForSystemCall(control, AioControl.COUNT, 0)
  native.submit()
  const answers = [
    ['io_submit', control[AioControl.ANSWER] as number, 0],
    ['io_getevents', native.getEvents(0, 0), 0],
    ['io_cancel', native.cancel(0), Errno.EINVAL],
  ] as const
  const refused = answers.find(([, answer, right]) => answer !== right)
  if (refused === undefined) return undefined
  native.close()
  const [call, errno] = refused
  return { refused: `${call}: ${errorCode(errno)}: the context was set up, but a seccomp filter or a security module forbids using it`, isTransient: isTransient(errno) }
}

function refusal(errno: number, capacity: number): string {
  switch (errno) {
    case Errno.EAGAIN:
      return `io_setup: EAGAIN: the system's asynchronous requests are given out (fs.aio-nr ${systemFigure('aio-nr')} of fs.aio-max-nr ${systemFigure('aio-max-nr')}, ${String(capacity)} wanted): raise it with \`sysctl fs.aio-max-nr\``
    case Errno.ENOSYS:
      return 'io_setup: ENOSYS: this kernel is built without CONFIG_AIO, or a sandbox hides it'
    case Errno.EPERM:
      return 'io_setup: EPERM: forbidden by a seccomp filter or a security module'
    case Errno.ENOMEM:
      return 'io_setup: ENOMEM: no memory for the completion ring'
    case Errno.ENOTSUP:
      return 'io_setup: the completion ring has an unknown layout (fs/aio.c, struct aio_ring)'
    default:
      return `io_setup: ${errorCode(errno)}`
  }
}

function systemFigure(name: string): string {
  try {
    return readFileSync(`/proc/sys/fs/${name}`, 'latin1').trim()
  } catch (error) {
    return `(not readable: ${errorCode((error as NodeJS.ErrnoException).errno ?? Errno.EIO)})`
  }
}

/** What it carries out at most; of these, the driver's `takes` says which. */
export const OPERATIONS: Uint8Array = new Uint8Array(OPCODE_COUNT)
for (const opcode of Object.values(Opcode)) if (COMMAND[opcode] !== undefined) OPERATIONS[opcode] = Support.NATIVE
