// ④ driver — simulated: what goes wrong, with which operation: chosen ones first, then by chance at given rates.
import { Opcode, opcodeByName, opcodeName } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { invalidArgValue } from '../../operation/arguments.js'
import { errnoNumber } from './inode.js'
import type { Random } from './random.js'

/**
 * A fault of chosen operations. `opcode` and `path` select operations: all that match, or some of them by `at` or
 * `rate`. `error`, `short`, `hang` or `delay` is the fault; `delay` may be combined with any other.
 */
export interface Fault {
  /** Names as errors carry them in `syscall`: 'read', 'write', 'open', 'fsync' … Default: any. */
  readonly opcode?: string | readonly string[]
  /** The operation's path, as it was given. Default: any. */
  readonly path?: string
  /** The n-th matching operation, counted from 1 in order of start, or several such. */
  readonly at?: number | readonly number[]
  /** The probability, 0 to 1. */
  readonly rate?: number
  /** It fails with this code, and changes nothing: 'EIO', 'ENOSPC' … A close frees its descriptor all the same. */
  readonly error?: string
  /** A read or write that moves so many bytes at most, 1 or more. */
  readonly short?: number
  /** It does not end until it is cancelled. */
  readonly hang?: boolean
  /** Virtual milliseconds that it takes longer. */
  readonly delay?: number
}

/** What was decided for one operation. */
export interface Fate {
  /** A negative errno; 0: it is let happen. */
  errno: number
  bytesMax: number
  hangs: boolean
  delay: number
}

const TRANSFERS: readonly Opcode[] = [Opcode.READ, Opcode.WRITE, Opcode.READV, Opcode.WRITEV]
/** What may be short. */
const SHORT: readonly Opcode[] = [...TRANSFERS, Opcode.SEND, Opcode.SENDMSG, Opcode.RECV, Opcode.RECV_PIECE]
const SPACE: readonly Opcode[] = [Opcode.WRITE, Opcode.WRITEV, Opcode.OPEN, Opcode.MKDIR, Opcode.SYMLINK, Opcode.LINK, Opcode.RENAME, Opcode.FALLOCATE, Opcode.FSYNC, Opcode.FDATASYNC, Opcode.COPY_FILE_RANGE]

/** Where errors that befall only some operations occur, when they come by chance. Others may befall any. */
const PLAUSIBLE: Readonly<Record<string, readonly Opcode[]>> = {
  ENOSPC: SPACE, EDQUOT: SPACE, EFBIG: [Opcode.WRITE, Opcode.WRITEV, Opcode.FTRUNCATE, Opcode.TRUNCATE, Opcode.FALLOCATE],
  EMFILE: [Opcode.OPEN, Opcode.SOCKET, Opcode.ACCEPT], ENFILE: [Opcode.OPEN, Opcode.SOCKET, Opcode.ACCEPT], EAGAIN: TRANSFERS,
  EINTR: [...TRANSFERS, Opcode.OPEN, Opcode.FSYNC, Opcode.FDATASYNC, Opcode.FALLOCATE],
}

interface Rule {
  readonly fault: Fault
  readonly opcodes: ReadonlySet<Opcode> | undefined
  readonly at: ReadonlySet<number> | undefined
  matched: number
}

export class Faults {
  readonly #rules: Rule[] = []
  readonly #rates: readonly (readonly [code: string, rate: number])[]
  readonly #shortRate: number
  readonly #random: Random

  /** @throws ERR_INVALID_ARG_VALUE: an opcode or an error code that does not exist */
  constructor(faults: readonly Fault[], rates: Readonly<Record<string, number>>, shortRate: number, random: Random) {
    for (const fault of faults) this.add(fault)
    for (const code of Object.keys(rates)) checkCode(code)
    this.#rates = Object.entries(rates)
    this.#shortRate = shortRate
    this.#random = random
  }

  add(fault: Fault): void {
    if (fault.error !== undefined) checkCode(fault.error)
    this.#rules.push({ fault, opcodes: opcodesOf(fault), at: numbersOf(fault), matched: 0 })
  }

  /** Decides once for each operation, when it starts. */
  decide(operation: Operation): Fate {
    const fate: Fate = { errno: 0, bytesMax: Infinity, hangs: false, delay: 0 }
    if (operation.opcode === Opcode.ROW) return fate // its steps have their own
    for (const rule of this.#rules) if (this.#befalls(rule, operation)) applyFault(rule.fault, fate)
    const { opcode } = operation
    // A close that fails by chance would look like a leak in every test; nops and timers never fail.
    if (opcode === Opcode.CLOSE || opcode === Opcode.NOP || opcode === Opcode.TIMER) return fate
    for (const [code, rate] of this.#rates) {
      if (PLAUSIBLE[code]?.includes(opcode) ?? true) {
        if (this.#random.chance(rate) && fate.errno === 0) fate.errno = errnoNumber(code)
      }
    }
    if (operation.length > 1 && SHORT.includes(opcode) && this.#random.chance(this.#shortRate)) {
      fate.bytesMax = Math.min(fate.bytesMax, this.#random.integer(1, operation.length - 1))
    }
    return fate
  }

  #befalls(rule: Rule, operation: Operation): boolean {
    const { fault, opcodes, at } = rule
    if (opcodes !== undefined && !opcodes.has(operation.opcode)) return false
    if (fault.path !== undefined && fault.path !== textOf(operation.detail?.path)) return false
    rule.matched++
    if (at !== undefined) return at.has(rule.matched)
    return fault.rate === undefined || this.#random.chance(fault.rate)
  }
}

function checkCode(code: string): void {
  if (code !== 'EIO' && errnoNumber(code) === errnoNumber('EIO')) throw invalidArgValue('error', code, 'must be the code of a system error')
}

function applyFault(fault: Fault, fate: Fate): void {
  if (fault.error !== undefined) fate.errno = errnoNumber(fault.error)
  if (fault.short !== undefined) fate.bytesMax = Math.min(fate.bytesMax, fault.short)
  if (fault.hang === true) fate.hangs = true
  fate.delay += fault.delay ?? 0
}

function textOf(path: string | Uint8Array | undefined): string | undefined {
  return path === undefined || typeof path === 'string' ? path : Buffer.from(path).toString()
}

/** Opcodes by name. @throws ERR_INVALID_ARG_VALUE */
export function opcodesByName(names: readonly string[], argument: string): Opcode[] {
  return names.map((name) => {
    const opcode = opcodeByName(name)
    if (opcode === undefined) throw invalidArgValue(argument, name, `must be the name of an operation, like '${opcodeName(Opcode.READ)}' or '${opcodeName(Opcode.WRITE)}'`)
    return opcode
  })
}

function opcodesOf({ opcode }: Fault): ReadonlySet<Opcode> | undefined {
  if (opcode === undefined) return undefined
  return new Set(opcodesByName(typeof opcode === 'string' ? [opcode] : opcode, 'faults.opcode'))
}

function numbersOf({ at }: Fault): ReadonlySet<number> | undefined {
  if (at === undefined) return undefined
  return new Set(typeof at === 'number' ? [at] : at)
}
