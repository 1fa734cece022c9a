// ① interface — the proactor as users make it: the engine's (③) together with the drivers of this package (④), which it
// must not know by itself. And the one of each thread, for those who don't want to see one.
import { takeConfiguration } from './configure.js'
import { iocp } from './driver/iocp/driver.js'
import { ioUring } from './driver/io-uring/driver.js'
import { linuxAio } from './driver/linux-aio/driver.js'
import { nodeDriver } from './driver/node/driver.js'
import { threadPool } from './driver/thread-pool/driver.js'
import type { ProactorOptions as EngineOptions } from './proactor/options.js'
import { Proactor as EngineProactor } from './proactor/proactor.js'
import { Support, type DriverFactory } from './proactor/driver.js'
import { Opcode, OPCODE_COUNT } from './operation/opcode.js'
import { isMainThread } from './native/load.js'
import { invalidArgType, invalidArgValue } from './operation/arguments.js'

const DRIVERS: readonly DriverFactory[] = [ioUring, linuxAio, threadPool, iocp, nodeDriver]
/**
 * Those that are tried on this system, in order, where nobody names any. On Windows `iocp` has to be asked for: it was tested under Wine
 * only, where its reads cost more than Node's (docs/drivers/iocp.md).
 */
const DRIVERS_HERE: readonly DriverFactory[] = process.platform === 'win32' ? [nodeDriver] : [ioUring, linuxAio, threadPool, nodeDriver]

/** The pool for transfers and for many timers, which a ring leaves to it, and for what is asked of sockets and never waits. */
const TRANSFERS: DriverFactory = {
  name: threadPool.name,
  implied: true,
  operations: operationsOf([
    Opcode.READ, Opcode.WRITE, Opcode.READV, Opcode.WRITEV, Opcode.SPLICE, Opcode.TIMER, Opcode.SOCKET, Opcode.SOCKETPAIR, Opcode.BIND, Opcode.LISTEN, Opcode.SHUTDOWN,
    Opcode.GETSOCKOPT, Opcode.SETSOCKOPT, Opcode.GETSOCKNAME, Opcode.GETPEERNAME,
  ]),
  open: (sink, options) => threadPool.open(sink, options),
}

const OPENING: DriverFactory = {
  name: nodeDriver.name, implied: true, operations: operationsOf([Opcode.OPEN, Opcode.CLOSE]), open: (sink, options) => nodeDriver.open(sink, options),
}

function operationsOf(opcodes: readonly Opcode[]): Uint8Array {
  const operations = new Uint8Array(OPCODE_COUNT)
  for (const opcode of opcodes) operations[opcode] = Support.NATIVE
  return operations
}

/** Options of {@link Proactor}. */
export interface ProactorOptions extends EngineOptions {
  /** A driver by name, or several in order: only these are tried. Default: TRUEAIO_DRIVER (names with commas), or all. */
  readonly driver?: string | DriverFactory | readonly (string | DriverFactory)[]
}

function candidates(choice: ProactorOptions['driver']): readonly DriverFactory[] {
  const named = process.env['TRUEAIO_DRIVER'] ?? ''
  const wanted = choice ?? (named === '' ? undefined : named.split(','))
  if (wanted === undefined) return DRIVERS_HERE
  const list = Array.isArray(wanted) ? (wanted as readonly (string | DriverFactory)[]) : [wanted as string | DriverFactory]
  const chosen = list.map((driver) => {
    if (typeof driver !== 'string') return driver
    const known = DRIVERS.find(({ name }) => name === driver.trim())
    if (known === undefined) throw invalidArgValue('driver', driver, `must be one of ${DRIVERS.map(({ name }) => name).join(', ')}`)
    return known
  })
  const last = chosen.at(-1)
  // In a worker it leaves these to Node, which keeps a list of a worker's descriptors.
  if (last === iocp && !isMainThread()) return [...chosen, OPENING]
  // By itself it could not even open a file: what it does not take goes where it goes in the whole ladder.
  if (last === linuxAio) return [...chosen, threadPool]
  // A ring leaves the transfers that it would get wrong to somebody, and the quick calls of sockets; everything else it lacks is lacking, as was asked for.
  return last === ioUring ? [...chosen, TRANSFERS] : chosen
}

const NOTHING = new Uint8Array(OPCODE_COUNT)
const nodesOwn: DriverFactory = { name: nodeDriver.name, operations: NOTHING, isNodes: true, open: (sink, options) => nodeDriver.open(sink, options) }

/** In a worker, with Node's own functions behind drivers whose descriptors are the process's. */
function withNodes(chosen: readonly DriverFactory[]): readonly DriverFactory[] {
  return isMainThread() || !chosen.every((driver) => driver.implied === true || DRIVERS.includes(driver)) ? chosen : [...chosen, nodesOwn]
}

/** One queue of I/O requests, with the drivers of this package. */
export class Proactor extends EngineProactor {
  constructor(options: ProactorOptions = {}) {
    super(withNodes(candidates(options.driver)), options)
  }
}

let ofThisThread: Proactor | undefined
let isGiven = false

/**
 * Replaces this thread's proactor for the drop-in and everything else that uses `defaultProactor()`. On the driver
 * `simulated`, a program on the drop-in meets the faults of your choice. Undefined: a new one is made at the next use.
 * @returns the previous one; the caller closes it or sets it again
 * @throws ERR_INVALID_ARG_TYPE
 */
export function setDefaultProactor(proactor: Proactor | undefined): Proactor | undefined {
  if (proactor !== undefined && !(proactor instanceof EngineProactor)) throw invalidArgType('proactor', 'an instance of Proactor or undefined', proactor)
  const had = ofThisThread
  ofThisThread = proactor
  isGiven = proactor !== undefined
  return had
}

/** For interfaces with a proactor of their own: the one that the program has put in the place of all; undefined: it has not. */
export function givenProactor(): Proactor | undefined {
  return isGiven ? ofThisThread : undefined
}

/**
 * This thread's proactor, made at the first call. It is closed only at the end of its thread, which waits for
 * operations in progress.
 */
export function defaultProactor(): Proactor {
  if (ofThisThread === undefined) {
    ofThisThread = new Proactor(takeConfiguration())
    followThread(ofDefault)
    if (process.env['TRUEAIO_TOP'] === '1' && isMainThread()) void import('./cli/top/server.js').then(({ serveTop }) => serveTop(() => ofThisThread))
  }
  return ofThisThread
}

const ofDefault = (): Proactor | undefined => ofThisThread
const followed = new Set<() => Proactor | undefined>()

/** For what gives a thread a proactor of its own, when it has one: what was begun when the thread ends is finished. */
export function followThread(own: () => Proactor | undefined): void {
  own()?.lastTurn() // a listener of 'beforeExit' may be the first to use it, too late for our own listener
  if (followed.has(own)) return
  if (followed.size === 0) {
    process.on('beforeExit', () => {
      for (const one of followed) one()?.lastTurn()
    })
    process.on('exit', () => {
      for (const one of followed) one()?.finish()
    })
  }
  followed.add(own)
}
